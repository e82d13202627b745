import { beforeEach, describe, expect, it } from 'vitest';
import type { CliContext } from '../../../../src/cli/common/context.ts';
import { halt, poweroff, reboot } from '../../../../src/cli/halt/halt.ts';
import { runlevel } from '../../../../src/cli/halt/runlevel.ts';
import { shutdown } from '../../../../src/cli/halt/shutdown.ts';
import { telinit } from '../../../../src/cli/halt/telinit.ts';
import type { Program } from '../../../../src/program/program.ts';
import { answerCall, callOn } from '../../../../src/simulation/call.ts';
import { SimSystem } from '../../../support/sim-system.ts';

let system: SimSystem;
beforeEach(() => {
  system = new SimSystem({
    '/etc/systemd/system/run.service': '[Service]\nExecStart=/bin/run\n',
    '/usr/lib/systemd/system/rescue.target': '[Unit]\nAllowIsolate=yes\n',
  });
});

const programs: Record<string, Program<CliContext>> = {
  halt,
  poweroff,
  reboot,
  shutdown,
  telinit,
  init: telinit,
  runlevel,
};

async function run(program: string, ...argv: string[]) {
  const { answer, context } = callOn(system, program, argv);
  const status = answerCall(programs[program]!, context);
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve();
    system.host.settle();
  }
  answer.status = await status;
  return answer;
}

const fine = { status: 0, out: '', err: '' };

describe('halt, poweroff, reboot', () => {
  it.each([
    ['halt', [], 'halt'],
    ['poweroff', [], 'poweroff'],
    ['reboot', [], 'reboot'],
    ['halt', ['-p'], 'poweroff'],
    ['reboot', ['-p'], 'reboot'],
    ['poweroff', ['--reboot'], 'reboot'],
  ])('%s %j', async (program, argv, objective) => {
    expect(await run(program, ...argv)).toEqual(fine);
    system.host.advance(200_000);
    expect(system.ended).toEqual([{ objective, exitStatus: 0 }]);
  });

  it('-f ends at once, -w does nothing', async () => {
    expect(await run('halt', '-w')).toEqual(fine);
    expect(system.manager.systemState).toBe('running');
    expect(await run('reboot', '-f')).toEqual({ ...fine, err: 'Rebooting.\n' });
    expect(system.ended).toEqual([{ objective: 'reboot', exitStatus: 0 }]);
  });

  it('takes no arguments', async () => {
    expect(await run('halt', 'x')).toEqual({ status: 1, out: '', err: 'Too many arguments.\n' });
    expect(await run('halt', '--x')).toEqual({ status: 1, out: '', err: "halt: unrecognized option '--x'\n" });
  });
});

describe('shutdown', () => {
  const planned = (word: string, time: string) => ({
    ...fine,
    err: `${word} scheduled for Mon 2024-01-15 ${time} UTC, use 'shutdown -c' to cancel.\n`,
  });

  it('in a minute, in minutes, at a time of day', async () => {
    expect(await run('shutdown')).toEqual(planned('Shutdown', '12:01:00'));
    expect(await run('shutdown', '-r', '+5')).toEqual(planned('Reboot', '12:05:00'));
    expect(await run('shutdown', '--show')).toEqual(planned('Reboot', '12:05:00'));
    expect(await run('shutdown', '13:30')).toEqual(planned('Shutdown', '13:30:00'));
    expect((await run('shutdown', '11:00')).err).toContain('Tue 2024-01-16 11:00:00');
    expect(await run('shutdown', 'soon')).toEqual({
      status: 1,
      out: '',
      err: 'Failed to parse time specification: soon\n',
    });
  });

  it('happens then, unless it was taken back', async () => {
    await run('shutdown', '+5');
    expect(await run('shutdown', '-c')).toEqual(fine);
    expect(await run('shutdown', '--show')).toEqual({ status: 1, out: '', err: 'No scheduled shutdown.\n' });
    await run('shutdown', '-H', '+1');
    system.host.advance(59_000);
    expect(system.manager.systemState).toBe('running');
    system.host.advance(200_000);
    expect(system.ended).toEqual([{ objective: 'halt', exitStatus: 0 }]);
  });

  it('is told to other programs, as logind does', async () => {
    const { files } = system.host;
    const scheduled = (): string | undefined =>
      files.tryStat('/run/systemd/shutdown/scheduled') && files.readText('/run/systemd/shutdown/scheduled');
    await run('shutdown', '-r', '+7', 'say "x"', '\\');
    expect(scheduled()).toBe('USEC=1705320420000000\nWARN_WALL=1\nMODE=reboot\nUID=0\nWALL_MESSAGE=say \\"x\\" \\\\\n');
    expect(files.tryStat('/run/nologin')).toBeUndefined();
    system.host.advance(120_000);
    expect(files.readText('/run/nologin')).toMatch(/^System is going down/);
    await run('shutdown', '--no-wall', '+7');
    expect(scheduled()).toBe('USEC=1705320540000000\nWARN_WALL=0\nMODE=poweroff\nUID=0\n');
    expect(files.tryStat('/run/nologin')).toBeUndefined();
    await run('shutdown', '-c');
    expect(scheduled()).toBeUndefined();
  });

  it('-k does no more than say so', async () => {
    expect(await run('shutdown', '-k', '+1', 'message')).toEqual(planned('Shutdown', '12:01:00'));
    expect(system.host.files.readText('/run/systemd/shutdown/scheduled')).toMatch(/MODE=poweroff\nUID=0\n$/);
    system.host.advance(200_000);
    expect(system.ended).toEqual([]);
    expect((await run('shutdown', '--show')).status).toBe(1);
  });

  it('the last option that says what to do counts', async () => {
    expect(await run('shutdown', '-c', '-h', '+1')).toEqual(planned('Shutdown', '12:01:00'));
    expect(await run('shutdown', '-h', '-c', '+1')).toEqual(fine);
    expect((await run('shutdown', '--show', '-r', '+1')).err).toMatch(/^Reboot/);
    await run('shutdown', '-H', '-h', '+1');
    expect(system.manager.shutdown.schedule.current?.objective).toBe('halt');
  });

  it('now', async () => {
    expect(await run('shutdown', '-h', 'now')).toEqual(fine);
    system.host.advance(200_000);
    expect(system.ended).toEqual([{ objective: 'poweroff', exitStatus: 0 }]);
  });
});

describe('telinit', () => {
  it('knows runlevels and letters', async () => {
    expect(await run('telinit', 'q')).toEqual(fine);
    expect(system.generated).toBe(1);
    expect(await run('init', '1')).toEqual(fine);
    expect(system.manager.units.find('rescue.target')?.activeState).toBe('active');
    await run('telinit', '0');
    system.host.advance(200_000);
    expect(system.ended).toEqual([{ objective: 'poweroff', exitStatus: 0 }]);
  });

  it.each([
    [[], 'telinit: required argument missing.\n'],
    [['9'], "Unknown command '9'.\n"],
    [['10'], 'Expected single character argument.\n'],
    [['1', '2'], 'Too many arguments.\n'],
  ])('%j', async (argv, err) => {
    expect(await run('telinit', ...argv)).toEqual({ status: 1, out: '', err });
  });
});

it('runlevel has no record to read', async () => {
  expect(await run('runlevel')).toEqual({ status: 1, out: 'unknown\n', err: '' });
});
