/**
 * A whole manager on a simulated machine, asked by its own systemctl:
 *
 *   const system = new SimSystem({ '/etc/systemd/system/a.service': '[Service]\nExecStart=/bin/a\n' });
 *   const { status, out, err } = await system.systemctl('start a');
 */
import { basename } from 'node:path';
import type { CliContext } from '../../src/cli/common/context.ts';
import { openTransient, systemdRun } from '../../src/cli/run/run.ts';
import { systemctl } from '../../src/cli/systemctl/systemctl.ts';
import { verbs } from '../../src/cli/systemctl/verbs.ts';
import { Journal } from '../../src/journal/journal.ts';
import { defaultConfig } from '../../src/journal/storage/config.ts';
import { Manager } from '../../src/manager/manager.ts';
import type { Objective } from '../../src/manager/objective.ts';
import type { Program } from '../../src/program/program.ts';
import { lazily } from '../../src/program/verbs.ts';
import { createLoader } from '../../src/unitfile/load/loader.ts';
import { type Answer, answerCall, type Caller, callOn } from './program.ts';
import { SimHost, type SimOptions } from './sim-host.ts';

export type { Answer, Caller } from './program.ts';

/** Targets that every unit is tied to by default. */
const baseTargets = ['basic', 'sysinit', 'shutdown', 'sockets', 'timers', 'paths', 'multi-user', 'umount'];

/** No virtual time passes while a file is loaded. */
const everythingLoaded = lazily(() =>
  Promise.all([
    openTransient(),
    ...verbs.flatMap(([, rows]) => rows.map((row) => ('load' in row ? row.load() : undefined))),
  ]),
);

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
    const { answer, context } = callOn(this, 'systemctl', line, caller);
    return this.#drive(systemctl, context, answer);
  }

  /** The same of systemd-run. */
  async run(line: string | readonly string[], caller: Caller = {}): Promise<Answer> {
    const { answer, context } = callOn(this, 'systemd-run', line, caller);
    return this.#drive(systemdRun, context, answer);
  }

  async #drive(program: Program<CliContext>, context: CliContext, answer: Answer): Promise<Answer> {
    await everythingLoaded();
    let done = false;
    const ended = answerCall(program, context).finally(() => {
      done = true;
    });
    for (let turn = 0; !done && turn < 10_000; turn++) {
      await Promise.resolve();
      if (done) break;
      this.host.settle();
      await Promise.resolve();
      if (!done && turn % 10 === 9) this.host.advance(Math.max(1, this.host.untilNext ?? 1));
    }
    answer.status = await ended;
    this.host.settle();
    return answer;
  }

  /** Lets every process that is spawned end with a status. */
  everyProcessExits(status: number): void {
    this.host.onSpawn = (process) => process.exit(status);
  }
}
