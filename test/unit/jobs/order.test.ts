import { beforeEach, describe, expect, it } from 'vitest';
import { runs, type World, world } from '../../support/world.ts';

const unit = (name: string, text: string): [string, string] => [`/etc/systemd/system/${name}`, text];

let system: World;

beforeEach(() => {
  system = world({
    files: Object.fromEntries([
      unit('held.service', '[Service]\nExecStart=/bin/held\n'),
      unit('needs.service', '[Unit]\nRequisite=held.service\n[Service]\nExecStart=/bin/needs\n'),
      unit('b.service', '[Service]\nExecStart=/bin/b\n'),
      unit('a.service', '[Service]\nExecStart=/bin/a\n'),
      unit('nice.service', '[Service]\nNice=-5\nExecStart=/bin/nice\n'),
      unit('heavy.service', '[Service]\nCPUWeight=500\nExecStart=/bin/heavy\n'),
      unit('all.target', '[Unit]\nWants=b.service nice.service heavy.service a.service\n'),
    ]),
  }).boot();
  system.host.onSpawn = () => {};
});

describe('jobs that may all run at once', () => {
  it('run by weight, by nice level, then by name', async () => {
    const before = system.host.spawned.length;
    await system.systemctl('start all.target');
    expect(system.host.spawned.slice(before).map((p) => p.comm)).toEqual(['heavy', 'nice', 'a', 'b']);
  });

  it('what Requisite= asks for is looked at first where its name comes first', async () => {
    const { status, err } = await system.systemctl('start needs');
    expect(status).toBe(1);
    expect(err).toBe("A dependency job for needs.service failed. See 'journalctl -xe' for details.\n");
  });
});

describe('a barrier', () => {
  it('is answered by closing its descriptor, whoever sends it', () => {
    const fd = system.host.makeFd('barrier');
    system.host.datagram('/run/systemd/notify', 'BARRIER=1', { pid: 4711, uid: 0, gid: 0 }, [fd]);
    system.host.settle();
    expect(system.host.openFds().has(fd)).toBe(false);
  });
});

describe('LogLevelMax=', () => {
  it('holds back what is said about the unit, too', async () => {
    system.host.advance(1000);
    system.host.files.put(...unit('hushed.service', '[Service]\nLogLevelMax=notice\nExecStart=/bin/a\n'));
    await system.systemctl('start hushed a');
    expect((await system.systemctl('status hushed')).out).not.toContain('Started hushed.service.');
    expect((await system.systemctl('status a')).out).toContain('Started a.service.');
  });
});

describe('several units of one command', () => {
  it('come one after the other: what follows from the stop of one is there when the next is stopped', async () => {
    const w = world({
      units: {
        'a.target': '[Unit]\n',
        'b.service': '[Unit]\nUpholds=a.target\n[Service]\nExecStart=/usr/bin/d\n',
      },
      programs: { d: runs },
    }).boot();
    await w.systemctl('start b.service');
    const [a, b] = [w.unit('a.target'), w.unit('b.service')];
    w.host.settle();
    expect([a.activeState, b.activeState]).toEqual(['active', 'active']);
    await w.systemctl('stop a.target b.service');
    expect([a.activeState, b.activeState]).toEqual(['active', 'inactive']);
  });
});
