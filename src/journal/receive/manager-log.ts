/** What the manager itself has to say: entries that look like those of systemd as PID 1. */
import type { Host } from '../../sys/host.ts';
import type { LogLevel } from '../../text/log-level.ts';
import { type Field, type SharedFields, SharedFieldsCache } from '../entry/entry.ts';
import type { Intake } from './intake.ts';
import { unitFields } from './senders.ts';

/** One message of the manager's own. */
export interface LogMessage {
  message: string;
  priority: LogLevel;
  /** The unit that it is about: `journalctl -u` shows it there. */
  unit?: string;
  /** One of `messageIds`. */
  messageId?: string;
  /** SYSLOG_IDENTIFIER; default 'systemd'. */
  identifier?: string;
  /** A child of the manager that says it, before it has become the unit's program; default the manager itself. */
  process?: { pid: number; comm: string };
  fields?: Readonly<Record<string, string>>;
}

const ownUnit = { unit: 'init.scope', slice: '-.slice', cgroup: '/init.scope' };

export class ManagerLog {
  readonly #host: Host;
  readonly #user: boolean;
  readonly #intake: Intake;
  readonly #origins = new SharedFieldsCache();

  constructor(host: Host, scope: 'system' | 'user', intake: Intake) {
    this.#host = host;
    this.#user = scope === 'user';
    this.#intake = intake;
  }

  log(message: LogMessage): void {
    const own: Field[] = [];
    if (message.messageId !== undefined) own.push(['MESSAGE_ID', message.messageId]);
    let invocation = '';
    for (const [name, value] of Object.entries(message.fields ?? {})) {
      if (name === 'INVOCATION_ID' || name === 'USER_INVOCATION_ID') invocation = value;
      else own.push([name, value]);
    }
    own.push(['MESSAGE', message.message]);
    this.#intake.add(this.#origin(message, invocation), own, message.priority);
  }

  #origin({ priority, identifier = 'systemd', unit = '', process }: LogMessage, invocation: string): SharedFields {
    const key = `${priority}|${identifier}|${unit}|${invocation}|${process?.pid ?? ''}`;
    return this.#origins.get(key, () => {
      const user = this.#user;
      const list: Field[] = [
        ['SYSLOG_FACILITY', '3'],
        ['PRIORITY', `${priority}`],
        ['SYSLOG_IDENTIFIER', identifier],
        ['_TRANSPORT', 'journal'],
        ['_PID', process !== undefined ? `${process.pid}` : user ? `${this.#host.pid}` : '1'],
        ['_UID', `${this.#host.uid}`],
        ['_GID', `${this.#host.gid}`],
        ['_COMM', process?.comm ?? 'systemd'],
        ...(user ? [] : unitFields(process === undefined ? ownUnit : { unit }, false)),
      ];
      const about: Field[] = [];
      if (invocation !== '') about.push([user ? 'USER_INVOCATION_ID' : 'INVOCATION_ID', invocation]);
      if (unit !== '') about.push([user ? 'USER_UNIT' : 'UNIT', unit]);
      return this.#intake.shared(list, about);
    });
  }
}
