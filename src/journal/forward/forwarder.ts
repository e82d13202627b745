/**
 * Where entries go beside the store: to the manager's console, which `docker logs` shows (console.ts), and to a syslog daemon
 * that listens (syslog.ts).
 */
import type { Host } from '../../sys/host.ts';
import type { EntryTimes, Field, SharedFields } from '../entry/entry.ts';
import type { JournalConfig } from '../storage/config.ts';
import { type ConsoleMode, consoleLine } from './console.ts';
import { SyslogForwarder } from './syslog.ts';

export class Forwarder {
  readonly #host: Host;
  readonly #mode: ConsoleMode;
  readonly #config: JournalConfig;
  /** undefined where there is to be none. */
  readonly #syslog: SyslogForwarder | undefined;

  /** `missed`: how many messages a syslog daemon was too slow for. */
  constructor(
    host: Host,
    options: { console: ConsoleMode; config: JournalConfig; scope: 'system' | 'user' },
    missed: (count: number) => void,
  ) {
    this.#host = host;
    this.#mode = options.console;
    this.#config = options.config;
    const wanted = options.config.forwardToSyslog && options.scope === 'system';
    this.#syslog = wanted ? new SyslogForwarder(host, missed) : undefined;
  }

  /** Whether entries have to be looked at one by one. `toConsole`: StandardOutput=journal+console. */
  wants(toConsole: boolean): boolean {
    return (
      toConsole ||
      (this.#mode !== 'status' && this.#mode !== 'none') ||
      this.#config.forwardToConsole ||
      this.#syslog?.present === true
    );
  }

  forward(shared: SharedFields, own: readonly Field[], level: number, toConsole: boolean, times: EntryTimes): void {
    const { forwardToConsole, maxLevelConsole, maxLevelSyslog } = this.#config;
    const always = toConsole || (forwardToConsole && level <= maxLevelConsole);
    const text = consoleLine(always && this.#mode !== 'json' ? 'always' : this.#mode, shared, own, times);
    if (text !== '') this.#host.console(text);
    if (level <= maxLevelSyslog && this.#syslog?.present === true) this.#syslog.send(shared, own, level);
  }
}
