import { describe, expect, it } from 'vitest';
import { accessOf, placeInManager } from '../../../src/main/access.ts';

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

function placeOf(command: string, privileged: boolean, program = 'systemctl', offline = false) {
  const [verb, ...args] = command === '' ? [] : command.split(' ');
  return placeInManager({ program, verb, offline }, accessOf(program, verb, args), privileged);
}

describe('a caller who is not root and not the manager’s user', () => {
  it.each(refusals)('is refused %s as on a real system', (command, text, status) => {
    const [verb, ...args] = command.split(' ');
    const refusal = accessOf('systemctl', verb, args).refusal?.(args);
    expect(placeOf(command, false)).toBe('denied');
    expect(refusal?.text).toBe(text);
    expect(refusal?.status ?? 1).toBe(status);
  });

  it('may ask', () => {
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
      expect(placeOf(command, false)).toBe('here');
  });

  it('reads files with its own rights', () => {
    expect(placeOf('cat a', false)).toBe('local');
    expect(placeOf('-u a', false, 'journalctl')).toBe('local');
  });
});

describe('root', () => {
  it('is answered by the manager', () => {
    for (const [command] of refusals) expect(placeOf(command, true)).toBe('here');
    expect(placeOf('cat a', true)).toBe('here');
  });

  it('works on other roots, and edits, in its own process', () => {
    expect(placeOf('enable a', true, 'systemctl', true)).toBe('local');
    expect(placeOf('edit a', true)).toBe('local');
    expect(placeOf('--create', true, 'systemd-tmpfiles')).toBe('local');
  });
});
