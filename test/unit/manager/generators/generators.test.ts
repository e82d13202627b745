/** systemd.generator(7): what runs, with which arguments, and what becomes of it. */

import { describe, expect, it } from 'vitest';
import { runEnvironmentGenerators } from '../../../../src/manager/generators/environment.ts';
import { runGenerators } from '../../../../src/manager/generators/run.ts';
import { lookupPaths } from '../../../../src/unitfile/files/load-path.ts';
import type { ExitWatcher } from '../../../../src/units/unit.ts';
import { SimHost } from '../../../support/sim/host.ts';
import type { SimProcess } from '../../../support/sim/processes.ts';

function world(files: Record<string, string>) {
  const host = new SimHost({ pid: 1 });
  for (const [path, text] of Object.entries(files)) host.files.put(path, text, 0o755);
  const log: string[] = [];
  const watchers = new Map<number, ExitWatcher>();
  host.onExit = (exit) => watchers.get(exit.pid)?.processExited(exit);
  const support = {
    host,
    scope: 'system' as const,
    environment: { ofProcess: () => ['LANG=C.UTF-8', 'PATH=/bin'] },
    exits: { watch: (pid: number, watcher: ExitWatcher) => void watchers.set(pid, watcher) },
    log: (_level: number, message: string) => void log.push(message),
  };
  const until = async <T>(onSpawn: (process: SimProcess) => void, work: () => Promise<T>): Promise<T> => {
    host.onSpawn = onSpawn;
    let done = false;
    const running = work().finally(() => {
      done = true;
    });
    for (let turn = 0; !done && turn < 100; turn++) {
      host.settle();
      await Promise.resolve();
      if (!done && turn > 20) host.advance(10_000);
    }
    return running;
  };
  const run = (onSpawn: (process: SimProcess) => void) =>
    until(onSpawn, () => runGenerators(support, lookupPaths({ scope: 'system' })));
  const runForEnvironment = (onSpawn: (process: SimProcess) => void, base: string[]) =>
    until(onSpawn, () => runEnvironmentGenerators(support, base));
  return { host, log, run, runForEnvironment };
}

const usr = '/usr/lib/systemd/system-generators';

describe('generators', () => {
  it('get three directories, and those of the machine are left out', async () => {
    const { host, run } = world({ [`${usr}/pg-generator`]: '#!', [`${usr}/systemd-fstab-generator`]: '#!' });
    await run((process) => {
      host.files.put(`${process.request?.argv[1]}/made.service`, '[Service]\n');
      process.exit(0);
    });
    expect(host.spawned.map(({ request }) => request?.argv)).toEqual([
      [`${usr}/pg-generator`, '/run/systemd/generator', '/run/systemd/generator.early', '/run/systemd/generator.late'],
    ]);
    expect(host.spawned[0]?.env('SYSTEMD_SCOPE')).toBe('system');
    expect(host.files.readdir('/run/systemd').sort()).toEqual(['generator']);
  });

  it('are hidden by masks and by programs of the same name in /etc, not by files that are no programs', async () => {
    const etc = '/etc/systemd/system-generators';
    const { host, run } = world({
      [`${usr}/a`]: '#!',
      [`${usr}/b`]: '#!',
      [`${usr}/c`]: '#!',
      [`${etc}/a`]: '#!',
      [`${etc}/b`]: '',
      [`${etc}/c`]: '#!',
    });
    host.files.chmod(`${etc}/c`, 0o644);
    await run((process) => process.exit(0));
    expect(host.spawned.map(({ request }) => request?.path)).toEqual([`${etc}/a`, `${usr}/c`]);
  });

  it('that fail or hang are told, the others count', async () => {
    const { host, run, log } = world({ [`${usr}/fails`]: '#!', [`${usr}/hangs`]: '#!', [`${usr}/works`]: '#!' });
    await run((process) => {
      if (process.request?.path.endsWith('fails')) process.exit(3);
      if (process.request?.path.endsWith('works')) {
        host.files.put('/run/systemd/generator.late/w.service', '');
        process.exit(0);
      }
    });
    expect(log.sort()).toEqual([
      `${usr}/fails failed with exit status 3.`,
      `${usr}/hangs terminated by signal KILL.`,
      `${usr}/hangs timed out, killing it.`,
    ]);
    expect(host.files.tryStat('/run/systemd/generator.late/w.service')).toBeDefined();
  });

  it('make units of init scripts that have none', async () => {
    const { host, run } = world({
      '/etc/init.d/old': '#!/bin/sh\n',
      '/etc/init.d/new': '#!/bin/sh\n',
      '/usr/lib/systemd/system/new.service': '[Service]\n',
    });
    host.files.mkdirs('/etc/rc2.d');
    host.files.symlink('../init.d/old', '/etc/rc2.d/S01old');
    await run((process) => process.exit(0));
    const late = '/run/systemd/generator.late';
    expect(host.files.readdir(late).sort()).toEqual(['multi-user.target.wants', 'old.service']);
    expect(host.files.readlink(`${late}/multi-user.target.wants/old.service`)).toBe('../old.service');
  });

  it('start /etc/rc.local where it is a program', async () => {
    const { host, run } = world({ '/etc/rc.local': '#!/bin/sh\n', '/usr/lib/systemd/system/rc-local.service': '' });
    await run((process) => process.exit(0));
    expect(host.files.readlink('/run/systemd/generator/multi-user.target.wants/rc-local.service')).toBe(
      '/usr/lib/systemd/system/rc-local.service',
    );
  });
});

describe('environment generators', () => {
  it('run one after the other, each with what those before it have set; wrong names are told', async () => {
    const at = '/usr/lib/systemd/system-environment-generators';
    const { host, log, runForEnvironment } = world({ [`${at}/20-b`]: '#!', [`${at}/10-a`]: '#!' });
    const print = (process: SimProcess, text: string): void => {
      const stdout = process.request?.stdout;
      if (stdout?.kind === 'fd') host.streams.get(stdout.fd)?.write(Buffer.from(text));
      process.exit(0);
    };
    const block = await runForEnvironment(
      (process) => {
        if (process.request?.path.endsWith('10-a')) print(process, 'FOO=new\nQUOTED="x y $HOME"\n');
        else print(process, `SEEN=${process.env('FOO')}\n1bad=2\n`);
      },
      ['FOO=old', 'LANG=C.UTF-8'],
    );
    expect(block).toEqual(['FOO=new', 'LANG=C.UTF-8', 'QUOTED=x y $HOME', 'SEEN=new']);
    expect(log).toEqual(['Invalid variable assignment "1bad=...", ignoring.']);
  });
});
