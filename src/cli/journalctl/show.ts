/** Showing entries: the main job of journalctl. */

import type { JournalEntry } from '../../journal/entry/entry.ts';
import { Catalog } from '../../journal/read/catalog.ts';
import { EntryFormatter, type FormatOptions, type Highlight } from '../../journal/read/format.ts';
import type { JournalFilter } from '../../journal/read/match.ts';
import { JournalView } from '../../journal/read/view.ts';
import { styleOf } from '../../program/colors.ts';
import { reasonOf } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { pathJoin } from '../../text/paths.ts';
import { callersZone } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';
import type { JournalctlOptions } from './options.ts';
import { Pace } from './pace.ts';
import { compilePattern } from './pattern.ts';
import type { OpenSource } from './source.ts';

function formatOptions(context: CliContext, options: JournalctlOptions): FormatOptions {
  const style = styleOf(context);
  const catalog = options.catalog ? new Catalog(context.host.files, options.root ?? '') : undefined;
  return {
    mode: options.output,
    zone: callersZone(context),
    utc: options.utc,
    all: options.all,
    full: options.full,
    noHostname: options.noHostname,
    truncateNewline: options.truncateNewline,
    isoOffset: context.host.voice.journal.isoOffset,
    sequenceNumbers: context.host.voice.journal.sequenceNumbers,
    color: style.colored,
    columns: style.columns,
    utf8: style.utf8,
    ...(options.outputFields === undefined ? {} : { outputFields: new Set(options.outputFields) }),
    ...(catalog === undefined ? {} : { explain: (entry) => catalog.explain(entry) }),
  };
}

/** The exit status. */
export async function showEntries(
  context: CliContext,
  source: OpenSource,
  options: JournalctlOptions,
  filter: JournalFilter,
): Promise<number> {
  const pattern = compilePattern(options);
  if (pattern !== undefined && 'error' in pattern) {
    context.err(`${pattern.error}\n`);
    return 1;
  }
  const view = new JournalView(source, filter);
  try {
    return await new Show(context, source, options, view, pattern).run();
  } finally {
    view.close();
  }
}

/** Modes that leave out what --exclude-identifier names; such entries count as shown all the same. */
const oneLineModes = /^(?:short|with-unit)/;

class Show {
  readonly #context: CliContext;
  readonly #source: OpenSource;
  readonly #options: JournalctlOptions;
  readonly #view: JournalView;
  readonly #pattern: RegExp | undefined;
  readonly #excluded: ReadonlySet<string>;
  readonly #formatter: EntryFormatter;
  readonly #pace: Pace;
  readonly #bold: readonly [string, string];
  /** undefined: all. */
  #lines: number | undefined;
  #shown = 0;
  #previousBoot: string | undefined;
  #previousShared: unknown;

  constructor(
    context: CliContext,
    source: OpenSource,
    options: JournalctlOptions,
    view: JournalView,
    pattern: RegExp | undefined,
  ) {
    this.#context = context;
    this.#source = source;
    this.#options = options;
    this.#view = view;
    this.#pattern = pattern;
    this.#excluded = new Set(options.excludedIdentifiers);
    this.#formatter = new EntryFormatter(formatOptions(context, options));
    this.#pace = new Pace(context);
    const { colored, colors } = styleOf(context);
    this.#bold = colored ? [colors.highlight, colors.normal] : ['', ''];
    const { lines } = options;
    this.#lines = lines === 'all' || context.continuation !== undefined ? undefined : lines;
  }

  get #direction(): 'forward' | 'backward' {
    return this.#options.reverse ? 'backward' : 'forward';
  }

  async run(): Promise<number> {
    const { follow, quiet } = this.#options;
    const news = new News();
    // Watched from the start, so that nothing falls between the last entry shown and the first one waited for.
    const watch = follow ? this.#source.watch(() => news.arrived()) : undefined;
    const stopWaiting = (): void => news.arrived();
    this.#context.signal.addEventListener('abort', stopWaiting);
    try {
      const positioned = await this.#seek();
      if (positioned === 'bad-cursor') {
        this.#context.err('Failed to seek to cursor: Invalid argument\n');
        return 1;
      }
      let current = positioned;
      let waited = false;
      for (;;) {
        await this.#showAll(current, waited);
        current = false;
        if (!follow || this.#pace.over) break;
        this.#pace.flush();
        this.#mayGoOn();
        await news.wait();
        // Many may follow, and all hear of the same entry.
        await this.#context.turn();
        waited = true;
      }
      if (!follow && this.#shown === 0 && !quiet) this.#pace.print('-- No entries --\n');
      const cursorFailed = this.#saveCursor();
      this.#pace.flush();
      return cursorFailed || (this.#pattern !== undefined && this.#shown === 0) ? 1 : 0;
    } finally {
      watch?.close();
      this.#context.signal.removeEventListener('abort', stopWaiting);
    }
  }

  /** A new program of the manager goes on behind what was shown, or behind what there was. */
  #mayGoOn(): void {
    const { callerProcess, manager } = this.#context;
    if (callerProcess === undefined || manager === undefined) return;
    callerProcess.goesOn = () => {
      const last = new JournalView(this.#source);
      last.seekTail();
      last.previous();
      const after = this.#view.entry?.cursor ?? last.entry?.cursor;
      last.close();
      return { kind: 'call', facts: after };
    };
  }

  /** To the first entry; true where the view is on it already. */
  async #seek(): Promise<boolean | 'bad-cursor'> {
    const { since, until, reverse } = this.#options;
    const view = this.#view;
    const cursor = this.#cursor();
    if (cursor !== undefined) return this.#seekCursor(cursor.text, cursor.after);
    if (since !== undefined && !reverse) view.seekTime(since);
    else if (until !== undefined && reverse) view.seekTime(until);
    else if (reverse) view.seekTail();
    else if (this.#lines !== undefined && !this.#options.oldest) {
      view.seekTail();
      return (await this.#pace.skip(view, this.#lines, 'backward')) > 0;
    } else view.seekHead();
    return this.#pace.step(view, this.#direction);
  }

  #isExcluded(entry: JournalEntry): boolean {
    if (this.#excluded.size === 0 || !oneLineModes.test(this.#options.output)) return false;
    const identifier = entry.text('SYSLOG_IDENTIFIER');
    return identifier !== undefined && this.#excluded.has(identifier);
  }

  #cursor(): { text: string; after: boolean } | undefined {
    const { continuation } = this.#context;
    if (typeof continuation?.facts === 'string') return { text: continuation.facts, after: true };
    const { cursor, afterCursor, cursorFile } = this.#options;
    if (cursorFile !== undefined) {
      try {
        const text = this.#context.host.files.readText(this.#path(cursorFile), 4096).split('\n')[0]!.trim();
        if (text !== '') return { text, after: true };
      } catch (error) {
        if (!(error instanceof SystemError) || error.code !== 'ENOENT') {
          const reason = error instanceof SystemError ? reasonOf(error) : String(error);
          this.#context.err(`Failed to read cursor file ${cursorFile}: ${reason}\n`);
        }
      }
    }
    if (cursor !== undefined) return { text: cursor, after: false };
    return afterCursor === undefined ? undefined : { text: afterCursor, after: true };
  }

  #path(path: string): string {
    return path.startsWith('/') ? path : pathJoin(this.#context.cwd, path);
  }

  async #seekCursor(text: string, after: boolean): Promise<boolean | 'bad-cursor'> {
    const view = this.#view;
    if (!view.seekCursor(text, this.#direction)) return 'bad-cursor';
    let found = await this.#pace.step(view, this.#direction);
    // The entry itself may be gone: then what was found is the one after it.
    if (found && after && sameEntry(view.entry!.cursor, text)) found = await this.#pace.step(view, this.#direction);
    if (!found && after && !this.#options.follow) this.#lines = 0;
    return found;
  }

  /** From here to the end, or until there are enough. `onEntry`: the view is on an entry that was not shown yet. */
  async #showAll(onEntry: boolean, waited: boolean): Promise<void> {
    const { since, until, reverse, follow, merge, quiet } = this.#options;
    let current = onEntry;
    while (this.#lines === undefined || this.#shown < this.#lines || (follow && waited)) {
      if (!current && !(await this.#pace.step(this.#view, this.#direction))) return;
      current = false;
      const entry = this.#view.entry!;
      if (until !== undefined && !reverse && entry.realtimeUsec > until) return;
      if (since !== undefined && reverse && entry.realtimeUsec < since) return;
      if (!merge && !quiet) {
        const bootId = entry.shared === this.#previousShared ? this.#previousBoot! : entry.bootId;
        this.#previousShared = entry.shared;
        if (this.#previousBoot !== undefined && bootId !== this.#previousBoot)
          this.#pace.print(`${this.#bold[0]}-- Boot ${bootId} --${this.#bold[1]}\n`);
        this.#previousBoot = bootId;
      }
      const highlight = this.#matchOf(entry.text('MESSAGE'));
      if (highlight !== false) {
        if (!this.#isExcluded(entry)) this.#pace.print(this.#formatter.format(entry, highlight));
        this.#shown++;
      }
      if (this.#pace.due) await this.#pace.rest();
      if (this.#pace.over) return;
    }
  }

  /** Where the pattern matches; false where there is one and it does not. */
  #matchOf(message: string | undefined): Highlight | undefined | false {
    if (this.#pattern === undefined) return undefined;
    const match = message === undefined ? null : this.#pattern.exec(message);
    return match === null ? false : [match.index, match.index + match[0].length];
  }

  /** True where the cursor could not be written. */
  #saveCursor(): boolean {
    const { showCursor, cursorFile } = this.#options;
    const cursor = this.#view.entry?.cursor;
    if (cursor === undefined) return false;
    if (showCursor) this.#pace.print(`-- cursor: ${cursor}\n`);
    if (cursorFile === undefined) return false;
    try {
      this.#context.host.files.writeAtomic(this.#path(cursorFile), `${cursor}\n`);
      return false;
    } catch (error) {
      this.#pace.flush();
      if (!(error instanceof SystemError)) throw error;
      this.#context.err(`Failed to write new cursor to ${cursorFile}: ${reasonOf(error)}\n`);
      return true;
    }
  }
}

function sameEntry(a: string, b: string): boolean {
  const key = (text: string): string | undefined =>
    /s=[0-9a-f]+;i=[0-9a-f]+/.exec(text)?.[0] ?? /t=[0-9a-f]+/.exec(text)?.[0];
  return key(a) === key(b);
}

/** Wakes up whoever waits for new entries; news that nobody waits for are kept. */
class News {
  #pending = false;
  #wake: (() => void) | undefined;

  arrived(): void {
    this.#pending = true;
    this.#wake?.();
  }

  async wait(): Promise<void> {
    if (!this.#pending) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    this.#pending = false;
  }
}
