/** ForwardToSyslog= of journald.conf(5): rsyslog and its kin listen at a socket of their own, and get what is logged, too. */
import { type Host, SystemError, type Timer } from '../../sys/host.ts';
import { type Field, type FieldValue, fieldText, type SharedFields, valueBytes } from '../entry/entry.ts';

const socketPath = '/run/systemd/journal/syslog';
/**
 * The socket is looked for at most so often: a daemon that has just begun to listen misses what is logged until then. What
 * did not fit into it is said so long after. Milliseconds.
 */
const checkMs = 20;
const missedMs = 30_000;

export class SyslogForwarder {
  readonly #host: Host;
  readonly #missed: (count: number) => void;
  #present = false;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #missedCount = 0;
  #timer: Timer | undefined;

  /** `missed` is told, once for many, how many messages the daemon was too slow for. */
  constructor(host: Host, missed: (count: number) => void) {
    this.#host = host;
    this.#missed = missed;
  }

  /** Whether a daemon listens. */
  get present(): boolean {
    const now = this.#host.monotonic();
    if (now - this.#checkedMs >= checkMs) {
      this.#checkedMs = now;
      this.#present = this.#host.files.tryStat(socketPath)?.type === 'socket';
    }
    return this.#present;
  }

  send(shared: SharedFields, own: readonly Field[], level: number): void {
    const message = own.find(([name]) => name === 'MESSAGE')?.[1];
    if (message === undefined) return;
    try {
      this.#host.sendDatagram(socketPath, this.#datagram(shared, own, level, message));
    } catch (error) {
      if (error instanceof SystemError && error.code !== 'EAGAIN') this.#present = false;
      else this.#miss();
    }
  }

  /** RFC 3164, as syslog(3) writes it. */
  #datagram(shared: SharedFields, own: readonly Field[], level: number, message: FieldValue): Buffer {
    const find = (name: string): string | undefined => fieldText(name, shared, own);
    const facility = Number(find('SYSLOG_FACILITY') ?? 1) || 1;
    const date = new Date(this.#host.now());
    const time = `${date.toUTCString().slice(8, 11)} ${`${date.getUTCDate()}`.padStart(2)} ${date.toISOString().slice(11, 19)}`;
    const identifier = find('SYSLOG_IDENTIFIER') ?? find('_COMM') ?? 'unknown';
    const pid = find('_PID') ?? find('SYSLOG_PID');
    const head = `<${facility * 8 + level}>${time} ${identifier}${pid === undefined ? '' : `[${pid}]`}: `;
    return Buffer.concat([Buffer.from(head), valueBytes(message)]);
  }

  #miss(): void {
    this.#missedCount++;
    this.#timer ??= this.#host.after(missedMs, () => {
      const count = this.#missedCount;
      this.#missedCount = 0;
      this.#timer = undefined;
      this.#missed(count);
    });
  }
}
