import { describe, expect, it } from 'vitest';
import { exits, type World, world } from '../../support/world.ts';

const path = '/etc/systemd/system.conf.d/x.conf';

/** A manager with these lines of [Manager]. */
function systemWith(lines: string): World {
  return world({
    files: {
      [path]: `[Manager]\n${lines}\n`,
      '/etc/systemd/system/a.service': '[Unit]\nDescription=A service\n[Service]\nType=oneshot\nExecStart=/bin/a\n',
    },
  }).boot();
}

async function environment(system: World): Promise<string[]> {
  return (await system.systemctl('show-environment')).out.trimEnd().split('\n');
}

describe('system.conf', () => {
  it('gives services variables, below those that people set; a reload takes what it says then', async () => {
    const system = systemWith('DefaultEnvironment=FOO=bar LANG=de_DE.UTF-8\nManagerEnvironment=OWN=1');
    expect(await environment(system)).toEqual(['FOO=bar', 'LANG=de_DE.UTF-8', 'PATH=/usr/bin:/bin']);
    expect(system.manager.environment.ofProcess()).toContain('OWN=1');
    await system.systemctl('set-environment FOO=mine NEW=1');
    await system.systemctl('unset-environment PATH');
    expect(await environment(system)).toEqual(['FOO=mine', 'LANG=de_DE.UTF-8', 'PATH=/usr/bin:/bin', 'NEW=1']);
    system.host.files.put(path, '[Manager]\nDefaultEnvironment=OTHER=1\n');
    expect((await system.systemctl('daemon-reload')).status).toBe(0);
    expect(await environment(system)).toEqual(['LANG=C.UTF-8', 'OTHER=1', 'PATH=/usr/bin:/bin', 'FOO=mine', 'NEW=1']);
    await system.systemctl('unset-environment FOO NEW');
    expect(await environment(system)).toEqual(['LANG=C.UTF-8', 'OTHER=1', 'PATH=/usr/bin:/bin']);
  });

  it('sets the log level, unless it was set by hand', async () => {
    const system = systemWith('LogLevel=warning');
    const level = async () => (await system.systemctl('log-level')).out;
    expect(await level()).toBe('warning\n');
    system.host.files.put(path, '[Manager]\nLogLevel=debug\n');
    await system.systemctl('daemon-reload');
    expect(await level()).toBe('debug\n');
    await system.systemctl('log-level notice');
    await system.systemctl('daemon-reload');
    expect(await level()).toBe('notice\n');
  });

  it.each([
    ['name', 'Starting a.service...'],
    ['description', 'Starting A service...'],
    ['combined', 'Starting a.service - A service...'],
  ])('names units in messages: StatusUnitFormat=%s', async (format, message) => {
    const system = systemWith(`StatusUnitFormat=${format}`);
    system.host.onSpawn = exits(0);
    await system.systemctl('start a');
    expect((await system.systemctl('status a')).out).toContain(`systemd[1]: ${message}\n`);
  });

  it('limits reloads', async () => {
    const system = systemWith('ReloadLimitIntervalSec=10s\nReloadLimitBurst=2');
    const reload = () => system.systemctl('daemon-reload');
    expect([(await reload()).status, (await reload()).status]).toEqual([0, 0]);
    expect(await reload()).toMatchObject({
      status: 1,
      err: 'Reload daemon failed: Reload() request rejected due to rate limit.\n',
    });
    system.host.advance(10_000);
    expect((await reload()).status).toBe(0);
  });
});
