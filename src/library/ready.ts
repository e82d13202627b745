/** Waiting until something can be used: a way of asking, and one loop for all of them. */
import { resolve } from 'node:path';
import type { UnitLine } from '../cli/machine/states.ts';
import * as host from '../sys/library-host.ts';
import { contains } from '../terms/entries.ts';
import { InvalidOption, type UnitFailed, WaitTimeout } from '../terms/errors.ts';
import { spanMs, spanText } from '../terms/span.ts';
import type { Address, HttpOptions, JournalEntry, JournalQuery, Ready, ReadyOptions, WaitOptions } from './api.ts';
import { fits } from './entries.ts';

/** Between two attempts, milliseconds: at first, at most, and how they grow. */
const firstPauseMs = 10;
const lastPauseMs = 250;
const growth = 1.5;
/** One attempt may take so long. */
const attemptMs = 5_000;
const defaultTimeoutMs = 30_000;

/** What it needs of the machine. */
export interface ReadyMachine {
  readonly environment: Readonly<Record<string, string>>;
  unit(name: string): { readonly name: string; readonly invocationId: string };
  stateOf(name: string): UnitLine | undefined;
  unitFailed(line: UnitLine): Promise<UnitFailed>;
  lastLines(units: readonly string[]): Promise<string[]>;
  journal(query: JournalQuery): Promise<JournalEntry[]>;
  onEntry(name: string, callback: (entry: JournalEntry) => void): () => void;
  until(holds: () => boolean, ms: number, listen: (look: () => void) => () => void): Promise<boolean>;
}

/** Undefined where it is ready, else why not. */
type Attempt = (timeoutMs: number) => Promise<string | undefined>;

export class Readiness implements Ready {
  readonly #machine: ReadyMachine;

  constructor(machine: ReadyMachine) {
    this.#machine = machine;
  }

  http(url: string | URL, options: HttpOptions = {}): Promise<void> {
    const { status, body, headers = {} } = options;
    const address = String(url);
    if (!/^https?:\/\//.test(address))
      throw new InvalidOption(`ready.http: '${address}' is no address; valid are those with http:// and https://`);
    return this.#try(`GET ${address} is answered`, options, async (timeoutMs) => {
      const answer = await host.tryGet(address, headers, timeoutMs);
      if (typeof answer === 'string') return answer;
      const good = status === undefined ? answer.status >= 200 && answer.status < 300 : answer.status === status;
      if (!good) return `status ${answer.status}`;
      return body === undefined || contains(answer.body, body)
        ? undefined
        : `the body is '${answer.body.slice(0, 200)}'`;
    });
  }

  tcp(to: number | Address, options: ReadyOptions = {}): Promise<void> {
    const address = typeof to === 'number' ? { host: '127.0.0.1', port: to } : to;
    const what = `${address.host}:${address.port} takes connections`;
    return this.#try(what, options, (timeoutMs) => host.tryConnect(address, timeoutMs));
  }

  unix(path: string, options: ReadyOptions = {}): Promise<void> {
    return this.#try(`${path} takes connections`, options, (timeoutMs) => host.tryConnect({ path }, timeoutMs));
  }

  file(path: string, options: ReadyOptions = {}): Promise<void> {
    const absolute = resolve(host.workingDirectory(), path);
    return this.#try(`${absolute} is there`, options, () =>
      Promise.resolve(host.files.exists(absolute) ? undefined : 'there is none'),
    );
  }

  command(argv: readonly string[], options: ReadyOptions = {}): Promise<void> {
    const [program, ...args] = argv;
    if (program === undefined) throw new InvalidOption('ready.command: there is no command; valid is a list of words');
    const { environment } = this.#machine;
    return this.#try(`${argv.join(' ')} ends with status 0`, options, async (timeoutMs) => {
      const { status, stdout, stderr } = await host.runCommand({ program, args, environment, timeoutMs });
      return status === 0 ? undefined : `status ${status}: ${(stderr || stdout).trim().slice(-500)}`;
    });
  }

  async log(
    name: string,
    pattern: string | RegExp,
    { timeout = defaultTimeoutMs }: WaitOptions = {},
  ): Promise<JournalEntry> {
    const ms = spanMs(timeout, 'timeout');
    const unit = this.#machine.unit(name);
    const query = { unit: unit.name, grep: pattern };
    let found: JournalEntry | undefined;
    // Heard from before what there is has been asked for, so that nothing falls between.
    const heard: JournalEntry[] = [];
    let look = (): void => {};
    const unlisten = this.#machine.onEntry(unit.name, (entry) => {
      heard.push(entry);
      look();
    });
    try {
      const { invocationId } = unit;
      const isOfThisLife = ({ fields }: JournalEntry): boolean => {
        const life = fields._SYSTEMD_INVOCATION_ID ?? fields.USER_INVOCATION_ID ?? fields.INVOCATION_ID;
        return invocationId === '' || life === undefined || life === invocationId;
      };
      found = (await this.#machine.journal(query)).find(isOfThisLife);
      const holds = (): boolean => {
        found ??= heard.splice(0).find((entry) => fits(entry, query));
        return found !== undefined;
      };
      const listen = (again: () => void): (() => void) => {
        look = again;
        return () => {};
      };
      if (!(await this.#machine.until(holds, ms, listen)))
        throw new WaitTimeout(
          `Waited ${spanText(ms)} until ${unit.name} logs ${String(pattern)}`,
          await this.#machine.lastLines([unit.name]),
        );
    } finally {
      unlisten();
    }
    return found!;
  }

  async #try(what: string, { timeout = defaultTimeoutMs, unit: name }: ReadyOptions, attempt: Attempt): Promise<void> {
    const ms = spanMs(timeout, 'timeout');
    const unit = name === undefined ? undefined : this.#machine.unit(name).name;
    const end = host.monotonic() + ms;
    let pauseMs = firstPauseMs;
    for (;;) {
      const left = end - host.monotonic();
      const reason = await attempt(Math.max(1, Math.min(attemptMs, left)));
      if (reason === undefined) return;
      const line = unit === undefined ? undefined : this.#machine.stateOf(unit);
      if (line?.activeState === 'failed') throw await this.#machine.unitFailed(line);
      if (host.monotonic() + pauseMs > end) {
        const log = unit === undefined ? [] : await this.#machine.lastLines([unit]);
        throw new WaitTimeout(`Waited ${spanText(ms)} until ${what}: ${reason}`, log);
      }
      // The end of the machine is the end of the wait.
      await this.#machine.until(
        () => false,
        pauseMs,
        () => () => {},
      );
      pauseMs = Math.min(lastPauseMs, pauseMs * growth);
    }
  }
}
