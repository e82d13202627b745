/** What units log while something is done to them: `systemctl start --verbose`, `systemd-run --verbose`. */
import { EntryFormatter, type OutputMode } from '../../journal/read/format.ts';
import { unitFilter } from '../../journal/read/match.ts';
import { JournalView } from '../../journal/read/view.ts';
import { mayReadJournal } from '../../journal/storage/readers.ts';
import { styleOf } from '../../program/colors.ts';
import { callersZone } from './clock.ts';
import type { CliContext } from './context.ts';
import type { ManagerView } from './manager-view.ts';

/** Entries of one turn; others wait while they are looked for. */
const entriesPerTurn = 64;

/** Shows what these units log from now on, until `end`, which shows the last of it. */
export class LiveLog {
  readonly #context: CliContext;
  readonly #views: JournalView[];
  readonly #formatter: EntryFormatter;
  readonly #watch: { close(): void };
  #due = false;

  constructor(context: CliContext, manager: ManagerView, units: Iterable<string>, mode: OutputMode = 'short') {
    const { colored, columns, utf8 } = styleOf(context);
    const { journal } = manager;
    this.#context = context;
    this.#formatter = new EntryFormatter({
      mode,
      zone: callersZone(context),
      full: true,
      color: colored,
      columns,
      utf8,
    });
    const readable = mayReadJournal(context.host, context.caller);
    const uid = journal.scope === 'user' ? { uid: context.caller.uid } : undefined;
    this.#views = (readable ? [...units] : []).map((unit) => {
      const filter = unitFilter(unit, uid);
      filter.addConjunction();
      filter.add(`_BOOT_ID=${journal.bootId}`);
      const view = new JournalView(journal, filter);
      // Behind what there is: a step from there finds what comes later.
      view.seekTail();
      view.next();
      return view;
    });
    this.#watch = journal.onAppend(() => this.#soon());
  }

  #soon(): void {
    if (this.#due || this.#views.length === 0) return;
    this.#due = true;
    this.#context.host.defer(() => {
      this.#due = false;
      if (this.#turn()) this.#soon();
    });
  }

  /** Shows some; true where there may be more. */
  #turn(): boolean {
    let text = '';
    let more = false;
    for (const view of this.#views) {
      let left = entriesPerTurn;
      for (; left > 0 && view.next() === true; left--) text += this.#formatter.format(view.entry!);
      more ||= left === 0;
    }
    if (text !== '') this.#context.out(text);
    return more;
  }

  /** No more is shown; what was logged until now is. */
  end(): void {
    this.#watch.close();
    while (this.#turn() && !this.#context.signal.aborted);
    for (const view of this.#views.splice(0)) view.close();
  }
}
