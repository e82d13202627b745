/** systemd.generator(7): what runs, with which arguments, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import { runGenerators } from '../../../src/manager/generators.ts';
import { lookupPaths } from '../../../src/unitfile/load-path.ts';
import type { ExitWatcher } from '../../../src/units/manager.ts';
import { SimHost, type SimProcess } from '../../support/sim-host.ts';

function world(files: Record<string, string>) {
  const host = new SimHost({ pid: 1 });
  for (const [path, text] of Object.entries(files)) host.files.put(path, text, 0o755);
  const log: string[] = [];
  const watchers = new Map<number, ExitWatcher>();
  host.onExit = (exit) => watchers.get(exit.pid)?.processExited(exit);
  const support = {
    host,
    scope: 'system' as const,
    watchProcess: (pid: number, watcher: ExitWatcher) => void watchers.set(pid, watcher),
    log: (_level: number, message: string) => void log.push(message),
  };
  const run = async (onSpawn: (process: SimProcess) => void) => {
    host.onSpawn = onSpawn;
    let done = false;
    const running = runGenerators(support, lookupPaths({ scope: 'system' })).then(() => {
      done = true;
    });
    for (let turn = 0; !done && turn < 100; turn++) {
      host.settle();
      await Promise.resolve();
      if (!done && turn > 20) host.advance(10_000);
    }
    await running;
  };
  return { host, log, run };
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
