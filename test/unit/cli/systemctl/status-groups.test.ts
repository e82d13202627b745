/** What status and show say of the processes of sockets, mounts and slices. */
import { describe, expect, it } from 'vitest';
import type { Release } from '../../../../src/voice/release.ts';
import { exits, runs, type World, world } from '../../../support/world.ts';

const units = {
  's.socket': '[Socket]\nListenStream=/run/s\nExecStartPre=/usr/bin/pre -x\nExecStartPost=-/usr/bin/post\n',
  's.service': '[Service]\nExecStart=/usr/bin/d\n',
  'bare.socket': '[Socket]\nListenStream=/run/bare\nService=s.service\n',
  'few.slice': '[Slice]\nConcurrencySoftMax=5\nConcurrencyHardMax=9\nMemoryMax=100M\nTasksMax=50\n',
  'few-er.slice': '[Slice]\nMemoryHigh=50M\nTasksMax=10\n',
  'in.service': '[Service]\nSlice=few-er.slice\nExecStart=/usr/bin/d\n',
  'out.service': '[Service]\nExecStart=/usr/bin/d\n',
  'free.slice': '[Slice]\nActivatingConcurrencyMax=3\n',
};

const booted = (release: Release): World =>
  world({ release, units, programs: { pre: exits(0), post: exits(3), d: runs } }).boot();

const status = async (w: World, unit: string): Promise<string> =>
  (await w.systemctl(`status -n0 ${unit}`)).out.replace(/(Process: )\d+/g, '$1N').replace(/CPU: .*/, 'CPU: T');

describe('a socket', () => {
  it('says how its commands went, until it begins anew', async () => {
    const w = booted(257);
    await w.systemctl('start s.socket');
    const out = await status(w, 's.socket');
    expect(out).toContain(
      '     Listen: /run/s (Stream)\n' +
        '    Process: N ExecStartPre=/usr/bin/pre -x (code=exited, status=0/SUCCESS)\n' +
        '    Process: N ExecStartPost=/usr/bin/post (code=exited, status=3)\n' +
        '        CPU: T\n' +
        '     CGroup: /system.slice/s.socket\n',
    );
    expect((await w.systemctl('show s.socket -P ExecStartPost')).out).toMatch(/ code=exited ; status=3 \}\n$/);
    expect((await w.call('systemd-analyze', 'dump s.socket')).out).toMatch(/Exit Code: exited\n\s+Exit Status: 3/);
    await w.systemctl('daemon-reload');
    expect(await status(w, 's.socket')).not.toContain('Process:');
  });

  it.each([
    ['s.socket', 257, true],
    ['bare.socket', 257, true],
    ['s.socket', 262, true],
    ['bare.socket', 262, false],
  ] as const)('%s of systemd %i has a control group: %s', async (unit, release, has) => {
    const w = booted(release);
    await w.systemctl(`start ${unit}`);
    expect((await status(w, unit)).includes('CGroup:')).toBe(has);
  });
});

describe('a slice', () => {
  it('says from systemd 258 on how many units of it are up, and how many may be', async () => {
    const w = booted(262);
    await w.systemctl('start in.service free.slice');
    expect(await status(w, 'few.slice')).toMatch(
      / Act\. Units: 2 \(soft limit: 5; hard limit: 9\)\n {8}CPU: T\n {5}CGroup: \/few\.slice\n/,
    );
    expect(await status(w, 'free.slice')).toContain(' Act. Units: 0 (activating limit: 3)\n');
    await w.systemctl('stop free.slice');
    expect(await status(w, 'free.slice')).toContain('(dead)\n Act. Units: 0 (activating limit: 3)\n');
    const before = booted(257);
    await before.systemctl('start in.service');
    expect(await status(before, 'few.slice')).not.toContain('Act. Units');
  });

  it('counts for what its members use of the processors', async () => {
    const w = booted(262);
    expect((await w.systemctl('show few.slice -P CPUUsageNSec')).out).toBe('[not set]\n');
    await w.systemctl('start in.service');
    expect((await w.systemctl('show few.slice -P CPUUsageNSec')).out).toMatch(/^\d+\n$/);
  });

  it('limits what is in it', async () => {
    const w = booted(262);
    await w.systemctl('start in.service out.service');
    const limits = async (unit: string): Promise<string[]> =>
      (
        await w.systemctl(
          `show ${unit} -p MemoryAvailable -p EffectiveMemoryMax -p EffectiveMemoryHigh -p EffectiveTasksMax --value`,
        )
      ).out
        .trim()
        .split('\n');
    expect(await limits('in.service')).toEqual(['52428800', '104857600', '52428800', '10']);
    expect(await limits('few.slice')).toEqual(['104857600', '104857600', String(w.host.memoryTotal()), '50']);
    const all = String(w.host.memoryTotal());
    expect((await limits('out.service')).slice(0, 3)).toEqual([all, all, all]);
    expect((await limits('nosuch.service')).slice(0, 3)).toEqual(['[not set]', 'infinity', 'infinity']);
  });
});

describe('a mount', () => {
  it.each([
    [252, '/bin', '-o remount,size=1m -t tmpfs'],
    [257, '/usr/bin', '-o remount,size=1m -t tmpfs'],
    [262, '/usr/bin', '-t tmpfs -o remount,size=1m'],
  ] as const)('of systemd %i shows what it has run', async (release, folder, remount) => {
    const w = world({
      release,
      units: { 'mnt-a.mount': '[Mount]\nWhat=tmpfs\nWhere=/mnt/a\nType=tmpfs\nOptions=size=1m\n' },
      files: { [`${folder}/mount`]: '', [`${folder}/umount`]: '' },
    }).boot();
    const argv = async (kind: string): Promise<string | undefined> =>
      / argv\[\]=(.*?) ; .* code=exited ; status=0 /.exec((await w.systemctl(`show mnt-a.mount -P ${kind}`)).out)?.[1];
    expect(await argv('ExecMount')).toBeUndefined();
    await w.systemctl('start --no-block mnt-a.mount');
    w.host.settle();
    w.host.mount('/mnt/a');
    w.host.running('mount')!.exit(0);
    w.host.settle();
    expect(await argv('ExecMount')).toBe(`${folder}/mount tmpfs /mnt/a -t tmpfs -o size=1m`);
    await w.systemctl('reload --no-block mnt-a.mount');
    w.host.settle();
    w.host.running('mount')!.exit(0);
    w.host.settle();
    expect(await argv('ExecRemount')).toBe(`${folder}/mount tmpfs /mnt/a ${remount}`);
    if (release > 252)
      expect(await status(w, 'mnt-a.mount')).toContain('        CPU: T\n     CGroup: /system.slice/mnt-a.mount\n');
  });
});
