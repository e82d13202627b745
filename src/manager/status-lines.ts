/** Lines of boot and shutdown on the console: ShowStatus= of systemd-system.conf(5). */
import type { Host } from '../sys/host.ts';

export type StatusMode = 'no' | 'yes' | 'auto' | 'error';

export class StatusLines {
  readonly #host: Pick<Host, 'console' | 'isTty'>;
  readonly #mode: () => StatusMode;
  /** `auto` has seen something go wrong. */
  #isAwake = false;

  constructor(host: Pick<Host, 'console' | 'isTty'>, mode: () => StatusMode) {
    this.#host = host;
    this.#mode = mode;
  }

  get mode(): StatusMode {
    return this.#mode();
  }

  /** `status` is what stands in the brackets, '' for none. */
  show(status: string, text: string): void {
    if (!this.#shows(status)) return;
    this.#host.console(status === '' ? `         ${text}\n` : `[${coloured(status, this.#host.isTty(1))}] ${text}\n`);
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
