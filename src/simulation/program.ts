/** A process as its script sees it (`Program`), on the simulated machine's. */
import type { StdioSource } from '../sys/host.ts';
import { InvalidOption } from '../terms/errors.ts';
import { spanMs } from '../terms/span.ts';
import { parseSignal } from '../values/signals.ts';
import type { AfterOptions, DaemonOptions, Program, Script, SimulatedFiles, Span } from './api.ts';
import type { SimulatedBus } from './bus.ts';
import type { SimHost, SimProcess } from './machine/host.ts';

/** What programs share. */
export interface ProgramContext {
  readonly host: SimHost;
  readonly files: SimulatedFiles;
  readonly bus: SimulatedBus;
  /** Milliseconds by which what it does comes later, where the order of things is played with. */
  jitter(): number;
  random(): number;
  /** Somebody who waits is about to go on. */
  woke(): void;
  /** A script has thrown. */
  failed(error: unknown): void;
}

const uncaught = new Set(['KILL', 'STOP']);

/** The number of a signal. Throws InvalidOption. */
export function signalNumber(name: string, what: string): number {
  const signal = parseSignal(name);
  if (signal === undefined) throw new InvalidOption(`${what}: '${name}' is no signal; valid are SIGTERM, SIGRTMIN+3 …`);
  return signal;
}

export class SimulatedProgram implements Program {
  readonly process: SimProcess;
  readonly unit: string;
  readonly isMain: boolean;
  readonly #context: ProgramContext;
  /** Where what it writes goes: what it was spawned with, which its children have as well. */
  readonly #output: Pick<SimProcess, 'request'>;
  #env: Record<string, string> | undefined;

  constructor(
    context: ProgramContext,
    process: SimProcess,
    facts: { unit: string; isMain: boolean; output?: Pick<SimProcess, 'request'> },
  ) {
    this.#context = context;
    this.process = process;
    this.unit = facts.unit;
    this.isMain = facts.isMain;
    this.#output = facts.output ?? process;
    if (facts.output === undefined) this.#truncate();
  }

  get #request(): SimProcess['request'] {
    return this.#output.request;
  }
  get path(): string {
    return this.#request?.path ?? '';
  }
  get argv(): readonly string[] {
    return this.#request?.argv ?? [];
  }
  get args(): readonly string[] {
    return this.argv.slice(1);
  }
  get env(): Readonly<Record<string, string>> {
    this.#env ??= Object.fromEntries(
      (this.#request?.env ?? []).map((variable) => {
        const [name, value] = variable.split(/=(.*)/s) as [string, string];
        // As the child completes them (SpawnRequest).
        return [name, value === '' && ownPid.has(name) ? String(this.pid) : value];
      }),
    );
    return this.#env;
  }
  get pid(): number {
    return this.process.pid;
  }
  get alive(): boolean {
    return this.process.alive;
  }
  get files(): SimulatedFiles {
    return this.#context.files;
  }
  get now(): Date {
    return new Date(this.#context.host.now());
  }

  // ---- what it writes -----------------------------------------------------------------------------------------------

  log(text: string): void {
    this.#write(this.#request?.stdout, text);
  }
  error(text: string): void {
    const { stdout, stderr } = this.#request ?? {};
    this.#write(stderr?.kind === 'dup' ? stdout : stderr, text);
  }
  #write(to: StdioSource | undefined, text: string): void {
    if (!this.alive || to === undefined) return;
    const { host } = this.#context;
    const lines = text.endsWith('\n') ? text : `${text}\n`;
    if (to.kind === 'fd') host.streams.get(to.fd)?.write(Buffer.from(lines));
    else if (to.kind === 'file') {
      host.files.mkdirs(to.path.slice(0, to.path.lastIndexOf('/')) || '/');
      host.files.append(to.path, lines);
    } else if (to.kind === 'tty' || to.kind === 'tty-output') host.console(lines);
  }
  #truncate(): void {
    const { stdout, stderr } = this.#request ?? {};
    for (const to of [stdout, stderr])
      if (to?.kind === 'file' && to.truncate === true) this.#context.files.write(to.path, '');
  }

  // ---- how it ends --------------------------------------------------------------------------------------------------

  #delay(after: Span | undefined, what: string): number {
    return (after === undefined ? 0 : spanMs(after, what)) + this.#context.jitter();
  }
  exit(status = 0, { after }: AfterOptions = {}): void {
    if (!Number.isInteger(status) || status < 0 || status > 255)
      throw new InvalidOption(`exit: ${status} is no exit status; valid are 0 to 255`);
    this.process.exit(status, this.#delay(after, 'exit'));
  }
  crash(signal = 'SIGABRT', { after }: AfterOptions = {}): void {
    this.process.die(signalNumber(signal, 'crash'), this.#delay(after, 'crash'));
  }
  on(signal: string, handler: () => void): void {
    this.process.handlers.set(this.#catchable(signal, 'on'), () => this.#run(handler));
  }
  ignore(...signals: string[]): void {
    for (const signal of signals) this.process.ignores.add(this.#catchable(signal, 'ignore'));
  }
  #catchable(signal: string, what: string): number {
    if (uncaught.has(signal.replace(/^SIG/, ''))) throw new InvalidOption(`${what}: nobody can catch ${signal}`);
    return signalNumber(signal, what);
  }

  // ---- what it does meanwhile ---------------------------------------------------------------------------------------

  notify(text: string, { after }: AfterOptions = {}): void {
    const delay = this.#delay(after, 'notify');
    const { host } = this.#context;
    const socket = this.env.NOTIFY_SOCKET;
    if (socket === undefined) return;
    const send = (): void => {
      if (this.alive) host.datagram(socket, text, { pid: this.pid, uid: this.process.uid, gid: 0 });
    };
    if (delay === 0) send();
    else host.schedule(delay, send);
  }
  ready(options?: AfterOptions): void {
    this.notify('READY=1', options);
  }
  after(span: Span, action: () => void): void {
    this.#context.host.schedule(this.#delay(span, 'after'), () => this.#run(action));
  }
  every(span: Span, action: () => void): void {
    const ms = spanMs(span, 'every');
    if (ms === 0) throw new InvalidOption('every: 0 would never let time pass');
    this.after(ms, () => {
      action();
      this.every(ms, action);
    });
  }
  sleep(span: Span): Promise<void> {
    const delay = this.#delay(span, 'sleep');
    return new Promise((resolve) => {
      this.#context.host.schedule(delay, () => {
        if (!this.alive) return;
        this.#context.woke();
        resolve();
      });
    });
  }
  fork(script?: Script): Program {
    return this.#child(this.process.fork(), script);
  }
  daemonize(script?: Script, { pidFile }: DaemonOptions = {}): Program {
    const daemon = this.process.daemonize();
    if (pidFile !== undefined) this.files.write(pidFile, `${daemon.pid}\n`);
    return this.#child(daemon, script);
  }
  #child(process: SimProcess, script: Script | undefined): Program {
    const { unit } = this;
    const child = new SimulatedProgram(this.#context, process, { unit, isMain: false, output: this.#output });
    if (script !== undefined) child.begin(script);
    return child;
  }
  ownName(name: string): void {
    this.#context.bus.own(name, this.process);
  }
  random(): number {
    return this.#context.random();
  }

  // ---- its script ---------------------------------------------------------------------------------------------------

  begin(script: Script): void {
    this.#run(() => {
      const ended = script(this);
      if (ended === undefined) return;
      this.#context.woke();
      ended.catch((error: unknown) => this.#context.failed(error));
    });
  }
  #run(action: () => void): void {
    if (!this.alive) return;
    try {
      action();
    } catch (error) {
      this.#context.failed(error);
    }
  }
}

/** Variables that a child fills in with its own pid. */
const ownPid = new Set(['LISTEN_PID', 'WATCHDOG_PID', 'SYSTEMD_EXEC_PID']);
