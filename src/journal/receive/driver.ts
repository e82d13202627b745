/** What the journal says of itself (`_TRANSPORT=driver`), in journald's words where it has some: above all what was lost. */
import type { Host } from '../../sys/host.ts';
import { formatBytes } from '../../text/numbers.ts';
import { type Field, SharedFieldsCache, splitFields } from '../entry/entry.ts';
import { messageIds } from '../entry/message-ids.ts';
import type { StorageUsage } from '../storage/storage.ts';
import type { StoreNotice } from '../storage/store.ts';
import type { Intake } from './intake.ts';

type Said = [priority: number, message: string, messageId?: string, fields?: readonly Field[]];

/** Words about what others have sent, milliseconds and number. */
const complaints = { intervalMs: 30_000, burst: 100 };

export class Driver {
  readonly #pid: string;
  readonly #host: Host;
  readonly #intake: Intake;
  readonly #origins = new SharedFieldsCache();

  constructor(host: Host, scope: 'system' | 'user', intake: Intake) {
    this.#pid = scope === 'user' ? `${host.pid}` : '1';
    this.#host = host;
    this.#intake = intake;
  }

  started(): void {
    this.#say(6, 'Journal started', messageIds.journalStarted);
  }

  stopped(): void {
    this.#say(6, 'Journal stopped', messageIds.journalStopped);
  }

  warn(message: string): void {
    this.#complain(4, message);
  }

  refused(): void {
    this.#complain(6, 'Too many stdout streams, refusing connection.');
  }

  /** A limit of rate was reached. */
  suppressed(unit: string, count: number): void {
    this.#say(6, `Suppressed ${count} messages from ${unit}`, messageIds.journalDropped, [
      ['N_DROPPED', `${count}`],
      ['UNIT', unit],
    ]);
  }

  /** A message of more than `limit` bytes came. */
  tooLong(limit: number): void {
    this.#complain(4, `A message of more than ${formatBytes(limit)} was dropped.`, messageIds.journalDropped, [
      ['N_DROPPED', '1'],
    ]);
  }

  syslogMissed(count: number): void {
    this.#say(6, `Forwarding to syslog missed ${count} messages.`, messageIds.forwardSyslogMissed);
  }

  /** What the store has lost, or deleted. */
  notice(notice: StoreNotice): void {
    const dropped: Field[] = [['N_DROPPED', `${notice.entries}`]];
    if (notice.kind === 'lost') {
      const text = `${notice.entries} messages were lost: the journal could not be written (${notice.reason}).`;
      this.#say(4, text, messageIds.journalMissed, dropped);
      return;
    }
    const limit = /^\d+$/.test(notice.limit) ? `limit of ${formatBytes(Number(notice.limit))}` : notice.limit;
    const text = `Deleted the ${notice.entries} oldest messages (${formatBytes(notice.bytes)}) to make room: ${limit}.`;
    this.#say(6, text, messageIds.journalMissed, dropped);
  }

  /** What is used, and what may be. */
  usage({ persistent, directory, used, maxUse }: StorageUsage): void {
    const name = persistent ? 'System Journal' : 'Runtime Journal';
    const [current, limit, left] = [used, maxUse, Math.max(maxUse - used, 0)].map((bytes) => formatBytes(bytes));
    this.#say(6, `${name} (${directory}) is ${current}, max ${limit}, ${left} free.`, messageIds.journalUsage, [
      ['JOURNAL_NAME', name],
      ['JOURNAL_PATH', directory],
      ['CURRENT_USE', `${used}`],
      ['CURRENT_USE_PRETTY', current!],
      ['MAX_USE', `${maxUse}`],
      ['MAX_USE_PRETTY', limit!],
    ]);
  }

  /** What anybody can make the journal say, by what is sent to it: not more often than told here. */
  #complain(...about: Said): void {
    if (this.#intake.admits({ unit: 'systemd-journald.service' }, about[0], complaints)) this.#say(...about);
  }

  #say(...[priority, message, messageId, fields = []]: Said): void {
    const { shared, own } = splitFields(fields);
    const key = [`${priority}`, ...shared.map(([name, value]) => `${name}=${value}`)].join('\n');
    const origin = this.#origins.get(key, () =>
      this.#intake.shared(
        [
          ['SYSLOG_FACILITY', '3'],
          ['PRIORITY', `${priority}`],
          ['SYSLOG_IDENTIFIER', 'systemd-journald'],
          ['_TRANSPORT', 'driver'],
          ['_PID', this.#pid],
          ['_UID', `${this.#host.uid}`],
          ['_GID', `${this.#host.gid}`],
          ['_COMM', 'systemd'],
        ],
        shared,
      ),
    );
    if (messageId !== undefined) own.push(['MESSAGE_ID', messageId]);
    own.push(['MESSAGE', message]);
    this.#intake.add(origin, own, priority);
  }
}
