import { describe, expect, it } from 'vitest';
import { worldOf } from '../../../src/control/places.ts';
import { planOf } from '../../../src/main/init.ts';
import { runManager } from '../../../src/main/manager-process.ts';
import { findSurvivors } from '../../../src/main/record.ts';
import { sweep } from '../../../src/main/sweep.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SimProcess } from '../../../src/simulation/machine/processes.ts';

const home = '/tmp/m';
const generator = '/usr/lib/systemd/user-generators/other';
const files = {
  [`${home}/config/systemd/user/a.service`]: '[Service]\nExecStart=/usr/bin/a\n',
  [`${home}/config/systemd/user/b.service`]: '[Service]\nExecStart=/usr/bin/b\nTimeoutStopSec=20\n',
  [`${home}/config/systemd/user/basic.target`]: '[Unit]\nWants=a.service b.service\n',
  '/usr/bin/a': '#!',
  '/usr/bin/b': '#!',
  [generator]: '#!',
};

/** A manager of its owner's alone, with the pipe by which it hears of the owner's end. */
async function owned(): Promise<{ host: SimHost; die: () => void; of: (comm: string) => SimProcess }> {
  const environment = { XDG_RUNTIME_DIR: `${home}/run`, XDG_CONFIG_HOME: `${home}/config`, HOME: '/home/alice' };
  const host = new SimHost({ pid: 50, init: 'sh', environment, files });
  for (const path of ['/usr/bin/a', '/usr/bin/b', generator]) host.files.chmod(path, 0o755);
  host.files.mkdirs(`${home}/run`, 0o700);
  host.exit = (status) => {
    host.exited = status;
    return undefined as never;
  };
  const { read } = host.pipe();
  const argv = ['--user', `--owned=${home}`, `--parent-fd=${read}`, '--unit=basic.target', '--console=none'];
  const up = runManager(host, planOf(argv, environment, 0, false)!);
  for (let turn = 0; turn < 100; turn++) {
    host.settle();
    await Promise.resolve();
  }
  await up;
  host.settle();
  const of = (comm: string): SimProcess => host.spawned.find((process) => process.comm === comm)!;
  return { host, die: () => host.makeReadable(read), of };
}

async function pass(host: SimHost, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 50) {
    host.advance(50);
    for (let tick = 0; tick < 10; tick++) await Promise.resolve();
  }
}

describe('a manager of its owner’s alone', () => {
  it('says when it takes calls, and runs no generators of the machine', async () => {
    const { host } = await owned();
    expect(host.consoleText).toBe('READY=1\n');
    expect(host.spawned.map(({ comm }) => comm).sort()).toEqual(['a', 'b']);
  });

  it('stops with its owner, and takes its directory away', async () => {
    const { host, die, of } = await owned();
    die();
    await pass(host, 500);
    expect(of('a').received).toEqual([15, 18]);
    expect(host.exited).toBe(0);
    expect(host.files.tryStat(home)).toBeUndefined();
  });

  it('waits a second for what does not stop, not for what the unit asks', async () => {
    const { host, die, of } = await owned();
    of('b').ignores.add(15);
    die();
    await pass(host, 900);
    expect(of('b').alive).toBe(true);
    expect(host.exited).toBeUndefined();
    await pass(host, 300);
    expect(of('b').alive).toBe(false);
    expect(host.exited).toBe(0);
  });
});

describe('a sweep', () => {
  const stride = 2 ** 32;
  const tag = 2 ** 53 - 77 * stride;
  const check = 2 ** 53 - 300 * stride;

  function left(stamp = 'gone') {
    const host = new SimHost({ pid: 60, uid: 1000, init: 'sh', files: { [`${home}/run/pidone/x`]: '' } });
    const record = `${worldOf(host)}\n${tag} ${check} ${stride} a.service\n`;
    host.files.put(`${home}/run/pidone/units`, record);
    host.files.put(`${home}/run/pidone/manager`, stamp);
    const make = (environ: string | undefined): SimProcess => {
      const process = host.addProcess(host.table.get(1)!, undefined);
      Object.assign(process, { tag, check });
      if (environ !== undefined) host.files.put(`/proc/${process.pid}/environ`, environ);
      return process;
    };
    return { host, make };
  }

  it('kills what a manager that was killed has left, also what it forks meanwhile, and removes the directory', async () => {
    const { host, make } = left();
    const [own, silent, another] = [
      make(`A=b\0PIDONE_OWNED=${home}\0`),
      make(undefined),
      make('PIDONE_OWNED=/tmp/n\0'),
    ];
    const over = sweep(host, home);
    const late = make(undefined);
    for (let turn = 0; turn < 20; turn++) {
      host.advance(10);
      await Promise.resolve();
    }
    await over;
    expect([own, silent, late, another].map(({ alive }) => alive)).toEqual([false, false, false, true]);
    expect(findSurvivors(host, { directory: `${home}/run/pidone` })).toEqual([]);
    expect(host.files.tryStat(home)).toBeUndefined();
  });

  it('leaves alone what has a manager', async () => {
    const { host, make } = left();
    const manager = host.addForeign();
    host.files.put(`${home}/run/pidone/manager`, `${manager.pid} ${manager.startTime} ${worldOf(host)}\n`);
    const process = make(undefined);
    await expect(sweep(host, home)).rejects.toThrow(`${home} is in use: its manager is process ${manager.pid}.`);
    expect(process.alive).toBe(true);
    expect(host.files.tryStat(home)).toBeDefined();
  });
});

describe('its arguments', () => {
  it.each(['--owned', '--owned=', '--owned=here', '--owned=/'])('%s is refused', (word) => {
    expect(() => planOf([word], {}, 1000, false)).toThrow(`${word}: not the path of a directory`);
  });
});
