/** Lines of boot and shutdown on the console: ShowStatus= of systemd-system.conf(5). */
import type { Journal } from '../journal/journal.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';

export type StatusMode = 'no' | 'yes' | 'auto' | 'error';

/** On a terminal a line that moves takes the place of the last one. */
const eraseLastLine = '\x1bM\r\x1b[K';
/** No terminal is narrower, and a line that is longer than it could not be taken back. */
const width = 80;

export class StatusLines {
  readonly #host: Pick<Host, 'isTty'>;
  readonly #journal: Pick<Journal, 'show' | 'consoleMode'>;
  readonly #mode: () => StatusMode;
  /** `auto` has seen something go wrong, or take long. */
  #isAwake = false;
  /** The last line is one that moves. */
  #moves = false;

  constructor(host: Pick<Host, 'isTty'>, journal: Pick<Journal, 'show' | 'consoleMode'>, mode: () => StatusMode) {
    this.#host = host;
    this.#journal = journal;
    this.#mode = mode;
  }

  keep(k: Keeper): void {
    this.#isAwake = k.flag('isAwake', this.#isAwake);
    this.#moves = k.flag('moves', this.#moves);
  }

  get mode(): StatusMode {
    return this.#mode();
  }

  /** Lines can move there. */
  get isTerminal(): boolean {
    return this.#journal.consoleMode !== 'json' && this.#host.isTty(1);
  }

  /** `status` is what stands in the brackets, '' for none. */
  show(status: string, text: string): void {
    if (this.#shows(status)) this.#write(status, status === '' ? '' : coloured(status, this.isTerminal), text);
  }

  /** Whether `progress` shows anything: of JSON always, for there the log takes the place of the other lines. */
  get showsProgress(): boolean {
    const { mode } = this;
    return this.#journal.consoleMode === 'json' || mode === 'yes' || mode === 'auto';
  }

  /** Something takes long: a line that moves on a terminal, frame by frame. `name` is made shorter where it is too long. */
  progress(frame: number, before: string, name: string, after: string): void {
    if (!this.showsProgress) return;
    this.#isAwake = true;
    const { isTerminal } = this;
    const room = width - '[******] '.length - before.length - after.length - 1;
    const fitting = isTerminal && name.length > room ? `${name.slice(0, Math.max(room - 1, 1))}…` : name;
    const status = isTerminal ? cylon(frame) : '***   ';
    this.#write(status, status, `${before}${fitting}${after}`);
    this.#moves = isTerminal;
  }

  #write(status: string, shown: string, text: string): void {
    const before = this.#moves ? eraseLastLine : '';
    this.#moves = false;
    const word = status.trim();
    if (this.#journal.consoleMode === 'json')
      this.#journal.show(`${text}\n`, /^[A-Z]/.test(word) ? { STATUS: word } : {});
    else this.#journal.show(`${before}${shown === '' ? '         ' : `[${shown}] `}${text}\n`);
  }

  /** `error` shows what goes wrong, `auto` from then on everything. */
  #shows(status: string): boolean {
    const { mode } = this;
    if (mode === 'yes' || mode === 'no') return mode === 'yes';
    const isWrong = status !== '' && !/^ *(?:OK|SKIP|INFO) *$/.test(status);
    if (isWrong) this.#isAwake = true;
    return isWrong || (mode === 'auto' && this.#isAwake);
  }
}

/** As systemd colours them; all others are red. */
const colours: Readonly<Record<string, string>> = {
  OK: '0;1;32',
  DEPEND: '0;1;38;5;185',
  ASSERT: '0;1;38;5;185',
  UNSUPP: '0;1;38;5;185',
  INFO: '0;1;39',
};

function coloured(status: string, tty: boolean): string {
  return tty ? `\x1b[${colours[status.trim()] ?? '0;1;31'}m${status}\x1b[0m` : status;
}

/** Three stars, the middle one bright, that go to and fro: draw_cylon() of systemd. */
function cylon(frame: number): string {
  const [red, bright, normal, stars] = ['\x1b[0;31m', '\x1b[0;1;31m', '\x1b[0m', 6];
  const at = frame % 14 >= 8 ? 14 - (frame % 14) : frame % 14;
  let out = '';
  if (at > 1) out += `${' '.repeat(at - 2)}${red}*`;
  if (at > 0 && at <= stars) out += `${bright}*`;
  out += normal;
  if (at < stars) out += `${red}*${' '.repeat(Math.max(stars - 1 - at, 0))}${normal}`;
  return out;
}
