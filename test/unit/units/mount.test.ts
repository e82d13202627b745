import { describe, expect, it } from 'vitest';
import { world } from '../../support/world.ts';

const file = { '/etc/systemd/system/mnt-a.mount': '[Mount]\nWhat=tmpfs\nWhere=/mnt/a\nType=tmpfs\n' };

describe('what somebody else mounts and unmounts', () => {
  it('changes the state of a unit', async () => {
    const system = world({ files: file }).boot();
    const state = async (): Promise<string> => (await system.systemctl('is-active mnt-a.mount')).out;
    expect(await state()).toBe('inactive\n');
    system.host.mount('/mnt/a');
    system.host.settle();
    expect(await state()).toBe('active\n');
    system.host.unmount('/mnt/a');
    system.host.settle();
    expect(await state()).toBe('inactive\n');
  });

  it('has no control group until the manager mounts it itself', async () => {
    const system = world({ files: { ...file, '/bin/mount': '' } }).boot();
    const group = async (): Promise<string> => (await system.systemctl('show mnt-a.mount -P ControlGroup')).out;
    system.host.mount('/mnt/a');
    system.host.settle();
    expect(await group()).toBe('\n');
    system.host.unmount('/mnt/a');
    system.host.settle();
    await system.systemctl('start --no-block mnt-a.mount');
    system.host.settle();
    system.host.mount('/mnt/a');
    system.host.running('mount')!.exit(0);
    system.host.settle();
    expect(await group()).toBe('/system.slice/mnt-a.mount\n');
  });

  it('becomes a unit where there is none, unless the kernel or the engine owns the place', async () => {
    const system = world().boot();
    for (const target of ['/srv/data', '/proc', '/run']) system.host.mount(target);
    system.host.settle();
    const { out } = await system.systemctl('show srv-data.mount -p LoadState,SubState,Where,SourcePath');
    expect(out.trim().split('\n').sort()).toEqual([
      'LoadState=loaded',
      'SourcePath=/proc/self/mountinfo',
      'SubState=mounted',
      'Where=/srv/data',
    ]);
    expect((await system.systemctl('list-units --type=mount --plain --no-legend')).out).not.toMatch(/proc|run\./);
    system.host.unmount('/srv/data');
    system.host.settle();
    expect((await system.systemctl('list-units --all --type=mount --plain --no-legend')).out).not.toMatch(/srv/);
  });
});

it('takes its runtime directories along when it goes, as a socket does', async () => {
  const w = world({
    units: {
      'tmp-m.mount': '[Mount]\nWhat=tmpfs\nType=tmpfs\nWhere=/tmp/m\nRuntimeDirectory=ofmount\n',
      's.socket': '[Socket]\nListenStream=/run/s\nRuntimeDirectory=ofsocket\nExecStartPre=/usr/bin/pre\n',
      's.service': '[Service]\nExecStart=/usr/bin/d\n',
    },
    programs: { pre: (p) => p.exit(0) },
  }).boot();
  for (const name of ['ofmount', 'ofsocket']) w.host.files.mkdirs(`/run/${name}`);
  await w.systemctl('start s.socket');
  await w.systemctl('stop s.socket');
  expect([w.look('/run/ofsocket'), w.look('/run/ofmount')]).toEqual(['nothing', 'directory 755 0:0']);
});

describe('where the container may not mount', () => {
  const tmp = '[Unit]\nDefaultDependencies=no\n[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\n';
  const files = {
    '/usr/lib/systemd/system/tmp.mount': tmp,
    '/etc/systemd/system/mnt-a.mount': '[Mount]\nWhat=tmpfs\nWhere=/mnt/a\nType=tmpfs\n',
    '/bin/mount': '',
  };

  it("a tmpfs of the distribution's own is no failure, one that an administrator wants is", async () => {
    const system = world({ files, capabilities: 0n, programs: { mount: (process) => process.exit(32) } }).boot();
    expect(await system.systemctl('start tmp.mount')).toEqual({ status: 0, out: '', err: '' });
    expect((await system.systemctl('is-failed tmp.mount')).out).toBe('inactive\n');
    expect((await system.systemctl('status tmp.mount')).out).toContain('(no CAP_SYS_ADMIN)');
    expect((await system.systemctl('start mnt-a.mount')).status).toBe(1);
  });

  it('is mounted where that is possible, or has been', async () => {
    const able = world({ files }).boot();
    await able.systemctl('start --no-block tmp.mount');
    able.host.settle();
    expect((await able.systemctl('is-active tmp.mount')).out).toBe('activating\n');
    const there = world({ files, capabilities: 0n }).boot();
    there.host.mount('/tmp');
    there.host.settle();
    expect((await there.systemctl('is-active tmp.mount')).out).toBe('active\n');
  });
});
