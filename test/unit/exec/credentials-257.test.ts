/** Credentials as they are from systemd 257 on. */
import { describe, expect, it } from 'vitest';
import { SimSystem } from '../../support/sim-system.ts';

const file = '/etc/systemd/system/a.service';

describe('credentials', () => {
  it.each([
    [252, true, ''],
    [257, false, "Couldn't read inherited credential 'own', skipping: No such file or directory\n"],
    [262, false, "a.service: Couldn't read inherited credential 'own', skipping: No such file or directory\n"],
  ] as const)('in %i', async (release, toldOfStop, line) => {
    const system = new SimSystem(
      {
        [file]:
          '[Service]\nType=oneshot\nRemainAfterExit=yes\nLoadCredential=own\nSetCredential=set:x\n' +
          'ExecStart=/bin/run\nExecStop=/bin/stop\n',
      },
      { release },
    );
    const told = new Map<string, boolean>();
    system.host.onSpawn = (process) => {
      const { path = '', env = [] } = process.request ?? {};
      told.set(
        path,
        env.some((entry) => entry.startsWith('CREDENTIALS_DIRECTORY=')),
      );
      process.exit(0);
    };
    await system.systemctl('start a');
    await system.systemctl('stop a');
    expect([...told]).toEqual([
      ['/bin/run', true],
      ['/bin/stop', toldOfStop],
    ]);
    const { out } = await system.call('journalctl', '-o cat -u a');
    expect(
      out
        .split('\n')
        .filter((text) => text.includes('inherited'))
        .join('\n'),
    ).toBe(line.trimEnd());
  });

  it.each([
    [257, 'Protocol error'],
    [262, 'No such file or directory'],
  ] as const)('that are missing, in %i: %s', async (release, why) => {
    const system = new SimSystem(
      { [file]: '[Service]\nType=oneshot\nLoadCredential=one:/etc/none\nExecStart=/bin/run\n' },
      { release },
    );
    await system.systemctl('start a');
    const { out } = await system.call('journalctl', '-o cat -u a');
    expect(out).toContain(`a.service: Failed to set up credentials: ${why}\n`);
  });
});
