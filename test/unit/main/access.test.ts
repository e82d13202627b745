import { describe, expect, it } from 'vitest';
import { placeInManager, refuse } from '../../../src/main/access.ts';
import { parseCall } from '../../../src/main/programs.ts';
import { callOn } from '../../../src/simulation/call.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

const host = new SimHost();

/** What real systemd 252 says to a user without privileges, call by call. */
const refusals: [string, string, number][] = [
  [
    'start a',
    "Failed to start a.service: Access denied\nSee system logs and 'systemctl status a.service' for details.\n",
    4,
  ],
  [
    'restart a b.socket',
    "Failed to restart a.service: Access denied\nSee system logs and 'systemctl status a.service' for details.\n" +
      "Failed to restart b.socket: Access denied\nSee system logs and 'systemctl status b.socket' for details.\n",
    4,
  ],
  [
    'isolate multi-user.target',
    "Failed to start multi-user.target: Access denied\nSee system logs and 'systemctl status multi-user.target' for details.\n",
    4,
  ],
  [
    'default',
    "Failed to start default.target: Access denied\nSee system logs and 'systemctl status default.target' for details.\n",
    4,
  ],
  ['kill a', 'Failed to kill unit a.service: Access denied\n', 1],
  ['daemon-reload', 'Reload daemon failed: Access denied\n', 1],
  ['enable a', 'Failed to enable unit: Access denied\n', 1],
  ['mask a', 'Failed to mask unit: Access denied\n', 1],
  ['set-default multi-user.target', 'Failed to set default target: Access denied\n', 1],
  ['preset-all', 'Failed to preset all units: Access denied\n', 1],
  ['add-wants multi-user.target a', 'Failed to add dependency: Access denied\n', 1],
  ['reset-failed', 'Failed to execute operation: Access denied\n', 1],
  ['reset-failed a', 'Failed to reset failed state of unit a.service: Access denied\n', 1],
  ['set-property a CPUWeight=10', 'Failed to set unit properties on a.service: Access denied\n', 1],
  ['clean a', 'Failed to add reference to unit a.service: Access denied\n', 1],
  ['log-level debug', 'Failed to set log level of org.freedesktop.systemd1 to debug: Access denied\n', 1],
  ['poweroff', 'Call to PowerOff failed: Access denied\n', 1],
  ['exit 3', 'Failed to set exit code: Access denied\n', 1],
];

async function call(command: string, program = 'systemctl') {
  const { context, answer } = callOn({ host }, program, command);
  const parsed = await parseCall(context);
  if (typeof parsed === 'number') throw new Error(answer.err);
  return { parsed, context, answer };
}

const placeOf = async (command: string, privileged: boolean, program?: string) =>
  placeInManager((await call(command, program)).parsed, privileged);

describe('a caller who is not root and not the manager’s user', () => {
  it.each(refusals)('is refused %s as on a real system', async (command, text, status) => {
    const { parsed, context, answer } = await call(command);
    expect(placeInManager(parsed, false)).toBe('denied');
    expect(refuse(context, parsed)).toBe(status);
    expect(answer).toMatchObject({ out: '', err: text });
  });

  it('may ask', async () => {
    for (const command of [
      '',
      'status a',
      'list-units',
      'is-active a',
      'show',
      'is-enabled a',
      'log-level',
      'get-default',
    ])
      expect(await placeOf(command, false)).toBe('here');
  });

  it('reads files with its own rights', async () => {
    expect(await placeOf('cat a', false)).toBe('local');
    expect(await placeOf('-u a', false, 'journalctl')).toBe('local');
  });

  it('and may read the journal is shown it by the manager, and changes nothing of it', async () => {
    const place = async (command: string) => placeInManager((await call(command, 'journalctl')).parsed, false, 'all');
    for (const command of ['-u a', '-f', '--list-boots', '-F _UID', '-N', '--disk-usage'])
      expect([command, await place(command)]).toEqual([command, 'here']);
    for (const command of ['--rotate', '--flush', '--sync', '--vacuum-size=1', '--relinquish-var', '-D /x'])
      expect([command, await place(command)]).toEqual([command, 'local']);
  });
});

describe('root', () => {
  it('is answered by the manager', async () => {
    for (const [command] of refusals) expect(await placeOf(command, true)).toBe('here');
    expect(await placeOf('cat a', true)).toBe('here');
  });

  it('works on other roots, and edits, in its own process', async () => {
    expect(await placeOf('--root=/x enable a', true)).toBe('local');
    expect(await placeOf('edit a', true)).toBe('local');
    expect(await placeOf('--create', true, 'systemd-tmpfiles')).toBe('local');
    expect(await placeOf('verify a.service', true, 'systemd-analyze')).toBe('local');
    expect(await placeOf('--root /x verify a.service', true, 'systemd-analyze')).toBe('local');
  });
});

describe('systemd-analyze', () => {
  it('sets what systemctl sets, and is refused alike', async () => {
    const { parsed, context, answer } = await call('--user set-log-level debug', 'systemd-analyze');
    expect(placeInManager(parsed, false)).toBe('denied');
    refuse(context, parsed);
    expect(answer.err).toBe('Failed to set log level of org.freedesktop.systemd1 to debug: Access denied\n');
    expect(await placeOf('log-level --user', false, 'systemd-analyze')).toBe('here');
  });
});
