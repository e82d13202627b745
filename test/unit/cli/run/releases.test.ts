import { describe, expect, it } from 'vitest';
import type { Release } from '../../../../src/voice/release.ts';
import { SimSystem } from '../../../support/sim-system.ts';

function systemOf(release: Release): SimSystem {
  const system = new SimSystem({}, { release });
  system.host.files.put('/usr/bin/true', '#!', 0o755);
  return system;
}

const said = async (release: Release, line: string): Promise<string> => (await systemOf(release).run(line)).err;

describe('systemd-run of each release', () => {
  it('puts what --wait says one below the other, in 262', async () => {
    const system = systemOf(262);
    system.host.onSpawn = (process) => void system.host.after(1500, () => process.exit(3));
    const { err, status } = await system.run('--wait --unit=w true');
    expect(status).toBe(3);
    expect(err.split('\n').slice(1)).toEqual([
      '          Finished with result: exit-code',
      'Main processes terminated with: code=exited, status=3/NOTIMPLEMENTED',
      '               Service runtime: 1.500s',
      '             CPU time consumed: 0',
      '',
    ]);
  });

  it('names the invocation with --no-block, too', async () => {
    expect(await said(262, '--no-block --unit=w true')).toMatch(
      /^Running as unit: w\.service; invocation ID: [0-9a-f]{32}\n$/,
    );
  });

  it.each([
    [
      252,
      '--unit=a.socket true',
      'Failed to start transient service unit: Cannot set property ExecStart, or unknown property.\n',
    ],
    [
      262,
      '--unit=a.socket true',
      'Unit name "a.socket" has unit type "socket", but "service" is expected as unit.\n' +
        'Failed to mangle unit name: Invalid argument\n',
    ],
    [257, '--timer-property=AccuracySec=1 true', '--timer-property= has no effect without any other timer options.\n'],
    [
      262,
      '--timer-property=AccuracySec=1 true',
      '--timer-property= set without any timer trigger expression (i.e. On*= setting), refusing.\n',
    ],
    [257, '--scope -r true', '--remain-after-exit and --service-type= are not supported in --scope mode.\n'],
    [
      262,
      '--scope --ignore-failure true',
      '--remain-after-exit, --service-type= and --ignore-failure are not supported in --scope mode.\n',
    ],
    [262, '--scope --no-block true', '--no-block is not supported in --scope mode.\n'],
    [262, '--background=foo true', 'Invalid --background= argument: foo\n'],
    [252, '-p MountFlags=foo true', 'Failed to parse MountFlags=foo: Invalid argument\n'],
    [262, '-p MountFlags=foo true', "Failed to parse MountFlags= value 'foo': Invalid argument\n"],
  ] as const)('%d: %s', async (release, line, text) => {
    expect((await systemOf(release).run(line)) satisfies { err: string }).toMatchObject({ status: 1, err: text });
  });

  it('takes KillMode=none, which only is not to be wished for', async () => {
    const system = systemOf(262);
    expect(await system.run('-q --unit=k -p KillMode=none true')).toMatchObject({ status: 0, err: '' });
    expect(system.manager.units.find('k.service')?.loaded.kill?.KillMode).toBe('none');
  });

  it('says that a name is taken before what the manager would say of a property', async () => {
    const system = systemOf(257);
    await system.run('-q --unit=w true');
    expect((await system.run('--unit=w -p Restart=foo true')).err).toBe(
      'Failed to start transient service unit: Unit w.service was already loaded or has a fragment file.\n',
    );
    expect((await system.run('--unit=w -p MemoryMax=foo true')).err).toBe(
      'Failed to parse MemoryMax=foo: Invalid argument\n',
    );
  });

  it('leaves a timer that waits for the clock alone', async () => {
    const system = systemOf(262);
    await system.run('-q --on-clock-change --unit=c true');
    await system.run('-q --on-timezone-change --unit=z true');
    system.host.advance(1000);
    for (const name of ['c.timer', 'z.timer']) expect(system.manager.units.find(name)?.subState).toBe('waiting');
  });
});
