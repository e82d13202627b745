/**
 * A whole manager on a simulated machine, asked by its own systemctl:
 *
 *   const system = new SimSystem({ '/etc/systemd/system/a.service': '[Service]\nExecStart=/bin/a\n' });
 *   const { status, out, err } = await system.systemctl('start a');
 */
import { basename } from 'node:path';
import type { CliContext } from '../../src/cli/common/context.ts';
import { parseRun } from '../../src/cli/run/options.ts';
import { runTransient } from '../../src/cli/run/run.ts';
import { parseOptions } from '../../src/cli/systemctl/options.ts';
import { runVerb, verbs } from '../../src/cli/systemctl/verbs.ts';
import { Journal } from '../../src/journal/journal.ts';
import { defaultConfig } from '../../src/journal/storage/config.ts';
import { Manager } from '../../src/manager/manager.ts';
import type { Objective } from '../../src/manager/objective.ts';
import { createLoader } from '../../src/unitfile/load/loader.ts';
import { SimHost, type SimOptions } from './sim-host.ts';

export interface Answer {
  status: number;
  out: string;
  err: string;
}

export type Caller = Partial<Pick<CliContext, 'env' | 'terminal' | 'caller' | 'cwd' | 'callerProcess'>>;

/** Targets that every unit is tied to by default. */
const baseTargets = ['basic', 'sysinit', 'shutdown', 'sockets', 'timers', 'paths', 'multi-user', 'umount'];

const pipe = { stdin: false, stdout: false, stderr: false, columns: 0, lines: 0 };

export class SimSystem {
  readonly host: SimHost;
  readonly manager: Manager;
  /** What the manager was told to end in. */
  readonly ended: { objective: Objective; exitStatus: number }[] = [];
  generated = 0;

  constructor(files: Record<string, string> = {}, options: SimOptions = {}) {
    const targets = Object.fromEntries(
      baseTargets.map((name) => [`/usr/lib/systemd/system/${name}.target`, `[Unit]\nDescription=${name} target\n`]),
    );
    const executables = Object.values(files).flatMap((text) => [...text.matchAll(/^Exec\w+=[-@:+!]*(\/\S+)/gm)]);
    this.host = new SimHost({
      pid: 1,
      hostname: 'machine',
      ...options,
      files: { ...targets, ...options.files, ...files },
    });
    for (const [, path] of executables) if (path !== undefined) this.host.files.put(path, '#!', 0o755);
    this.manager = new Manager(this.host, {
      scope: 'system',
      loader: createLoader(this.host, { scope: 'system' }),
      journal: new Journal(this.host, { scope: 'system', config: { ...defaultConfig(), storage: 'volatile' } }),
      directories: {
        runtime: '/run',
        state: '/var/lib',
        cache: '/var/cache',
        logs: '/var/log',
        configuration: '/etc',
      },
      notifySocket: '/run/systemd/notify',
      environment: ['LANG=C.UTF-8', 'PATH=/usr/bin:/bin'],
      showStatus: false,
      unitFile: (name) => ({ state: basename(name).startsWith('e') ? 'enabled' : 'static', preset: 'enabled' }),
      generate: () => {
        this.generated++;
        return Promise.resolve();
      },
      end: (objective, exitStatus) => this.ended.push({ objective, exitStatus }),
    });
    this.manager.notifications.listen();
    this.manager.startup.boot(['multi-user.target']);
    this.host.settle();
  }

  /** Runs a command line (words, or one string that is split at blanks); virtual time passes until it has ended. */
  async systemctl(line: string | readonly string[], caller: Caller = {}): Promise<Answer> {
    const { answer, context } = this.#call('systemctl', line, caller);
    const parsed = parseOptions(context);
    if ('status' in parsed) return { ...parsed };
    // No virtual time passes while a file is loaded.
    await verbs.get(parsed.operands[0] ?? 'list-units')?.load();
    answer.status = await this.#drive(runVerb(context, parsed.options, parsed.operands));
    return answer;
  }

  /** The same of systemd-run. */
  async run(line: string | readonly string[], caller: Caller = {}): Promise<Answer> {
    const { answer, context } = this.#call('systemd-run', line, caller);
    const parsed = parseRun(context);
    if (!('options' in parsed))
      return { status: 'error' in parsed ? 1 : 0, out: '', err: 'error' in parsed ? parsed.error : '' };
    answer.status = await this.#drive(runTransient(context, parsed.options, parsed.warnings));
    return answer;
  }

  #call(program: string, line: string | readonly string[], caller: Caller): { answer: Answer; context: CliContext } {
    const answer: Answer = { status: -1, out: '', err: '' };
    const context: CliContext = {
      host: this.host,
      manager: this.manager,
      program,
      argv: typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line,
      env: {},
      cwd: '/',
      terminal: pipe,
      caller: { pid: 1, uid: 0, gid: 0 },
      out: (text) => {
        answer.out += text;
      },
      err: (text) => {
        answer.err += text;
      },
      drained: () => Promise.resolve(),
      signal: new AbortController().signal,
      ...caller,
    };
    return { answer, context };
  }

  async #drive(work: Promise<number>): Promise<number> {
    let done = false;
    const ended = work.finally(() => {
      done = true;
    });
    for (let turn = 0; !done && turn < 10_000; turn++) {
      await Promise.resolve();
      if (done) break;
      this.host.settle();
      await Promise.resolve();
      if (!done && turn % 10 === 9) this.host.advance(Math.max(1, this.host.untilNext ?? 1));
    }
    const status = await ended;
    this.host.settle();
    return status;
  }

  /** Lets every process that is spawned end with a status. */
  everyProcessExits(status: number): void {
    this.host.onSpawn = (process) => process.exit(status);
  }
}
