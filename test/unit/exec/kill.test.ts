/** Signals to the processes of a unit: which ones, to whom, in which order, and what is said of them. */
import { describe, expect, it } from 'vitest';
import { killOnRequest, killUnitProcesses, type UnitPids, warnLeftovers } from '../../../src/exec/kill.ts';
import { atOnce } from '../../../src/exec/slices.ts';
import { ProcessTracker } from '../../../src/exec/tracker.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SimProcess } from '../../../src/simulation/machine/processes.ts';
import { SystemError } from '../../../src/sys/host.ts';
import type { KillSettings } from '../../../src/unitfile/directives/kill.ts';
import type { Release } from '../../../src/voice/release.ts';
import { world } from '../../support/world.ts';

const names: Record<number, string> = {
  1: 'HUP',
  6: 'ABRT',
  9: 'KILL',
  10: 'USR1',
  15: 'TERM',
  18: 'CONT',
  3: 'QUIT',
  2: 'INT',
};

/** A unit a.service of a main process, a control process and two more, of which nobody reacts to signals. */
function crowd(lines = '', release?: Release) {
  const text = `[Service]\nExecStart=/bin/true\n${lines}\n`;
  const kill = world({ units: { 'a.service': text } }).load('a.service').kill as KillSettings;
  const host = new SimHost(release === undefined ? {} : { release });
  const tracker = new ProcessTracker(host);
  const said: string[] = [];
  const target = {
    id: 'a.service',
    manager: { host, tracker },
    log: (level: number, message: string): void => void said.push(`${level} ${message}`),
  };
  const make = (comm: string): SimProcess => {
    const process = host.addProcess(host.self, undefined);
    process.comm = comm;
    process.setsid();
    tracker.spawned(process.pid, 'a.service');
    for (let signal = 1; signal < 65; signal++) process.ignores.add(signal);
    return process;
  };
  const main = make('main');
  const control = make('control');
  const others = [make('one'), make('two')] as const;
  const pids: UnitPids = { mainPid: main.pid, controlPid: control.pid };
  const comm = (pid: number): string =>
    host.table.get(pid)?.comm ?? [main, control, ...others].find((p) => p.pid === pid)!.comm;
  /** `main TERM`, in order. */
  const sent = (): string[] => host.kills.map(({ pid, signal }) => `${comm(pid)} ${names[signal] ?? signal}`);
  return { host, tracker, target, kill, said, main, control, others, pids, sent };
}

describe('a unit that goes down', () => {
  const both = (who: string, signal: string): string[] => [`${who} ${signal}`, `${who} CONT`];

  it.each([
    ['', 'terminate', 'TERM'],
    ['', 'restart', 'TERM'],
    ['', 'watchdog', 'ABRT'],
    ['KillSignal=SIGINT', 'terminate', 'INT'],
    ['KillSignal=SIGINT', 'restart', 'INT'],
    ['RestartKillSignal=SIGQUIT', 'terminate', 'TERM'],
    ['RestartKillSignal=SIGQUIT', 'restart', 'QUIT'],
    ['WatchdogSignal=SIGUSR1', 'watchdog', 'USR1'],
    ['FinalKillSignal=SIGQUIT', 'kill', 'QUIT'],
  ] as const)('%j, to %s: SIG%s to all, each followed by SIGCONT', (lines, operation, signal) => {
    const { target, kill, pids, sent } = crowd(lines);
    expect(killUnitProcesses(target, kill, operation, pids)).toBe(true);
    expect(sent()).toEqual(['main', 'control', 'one', 'two'].flatMap((who) => both(who, signal)));
  });

  it.each([
    ['KillSignal=SIGKILL', 'KILL'],
    ['KillSignal=SIGCONT', 'CONT'],
  ])('%s needs no SIGCONT', (line, signal) => {
    const { target, kill, pids, sent } = crowd(line);
    killUnitProcesses(target, kill, 'terminate', pids);
    expect(sent()).toEqual(['main', 'control', 'one', 'two'].map((who) => `${who} ${signal}`));
  });

  it.each([
    ['control-group', 'terminate', ['main', 'control', 'one', 'two']],
    ['control-group', 'kill', ['main', 'control', 'one', 'two']],
    ['mixed', 'terminate', ['main', 'control']],
    ['mixed', 'watchdog', ['main', 'control']],
    ['mixed', 'kill', ['main', 'control', 'one', 'two']],
    ['process', 'terminate', ['main', 'control']],
    ['process', 'kill', ['main', 'control']],
    ['none', 'terminate', []],
    ['none', 'kill', []],
  ] as const)('KillMode=%s, to %s, reaches %j', (mode, operation, whom) => {
    const { target, kill, pids, sent } = crowd(`KillMode=${mode}`);
    expect(killUnitProcesses(target, kill, operation, pids)).toBe(whom.length > 0);
    expect([...new Set(sent().map((line) => line.split(' ')[0]))]).toEqual(whom);
  });

  it('SendSIGHUP= adds SIGHUP when it is asked to end, not where that is the signal already', () => {
    const hangups = (lines: string, operation: 'terminate' | 'restart' | 'kill'): string[] => {
      const { target, kill, pids, sent } = crowd(`SendSIGHUP=yes\n${lines}`);
      killUnitProcesses(target, kill, operation, pids);
      return sent().filter((line) => line.endsWith(' HUP'));
    };
    const all = ['main HUP', 'control HUP', 'one HUP', 'two HUP'];
    expect(hangups('', 'terminate')).toEqual(all);
    expect(hangups('KillMode=process', 'terminate')).toEqual(all.slice(0, 2));
    expect(hangups('KillSignal=SIGHUP', 'terminate')).toEqual(all);
    expect(hangups('', 'restart')).toEqual([]);
    expect(hangups('', 'kill')).toEqual([]);
    const { target, kill, pids, sent } = crowd('');
    killUnitProcesses(target, kill, 'terminate', pids);
    expect(sent().join()).not.toContain('HUP');
  });

  it.each([
    ['its main process', {}, true],
    ['a main process of somebody else’s', { mainPidAlien: true }, false],
  ])('waits for %s: %s', (_, facts, waits) => {
    const { target, kill, main, sent } = crowd('KillMode=process');
    expect(killUnitProcesses(target, kill, 'terminate', { mainPid: main.pid, ...facts })).toBe(waits);
    expect(sent()).toEqual(both('main', 'TERM'));
  });

  it('waits for a control process whoever the main one is, and for nobody where there is none', () => {
    const { target, kill, main, control } = crowd('KillMode=process');
    const alien = { mainPid: main.pid, controlPid: control.pid, mainPidAlien: true };
    expect(killUnitProcesses(target, kill, 'terminate', alien)).toBe(true);
    expect(killUnitProcesses(target, kill, 'terminate', {})).toBe(false);
    expect(killUnitProcesses(target, kill, 'terminate', { mainPid: 0, controlPid: 0 })).toBe(false);
  });

  it('sees what is forked while signals go out, and does not go on for ever', () => {
    const { host, target, kill, pids, sent, others } = crowd();
    const send = host.kill.bind(host);
    let born = 0;
    host.kill = (pid, signal, startTime) => {
      if (signal === 15 && born < 3) {
        born++;
        const child = others[0].fork();
        child.comm = `child${born}`;
      }
      return send(pid, signal, startTime);
    };
    killUnitProcesses(target, kill, 'terminate', pids);
    expect(
      sent()
        .filter((line) => line.startsWith('child') && line.endsWith('TERM'))
        .sort(),
    ).toEqual(['child1 TERM', 'child2 TERM', 'child3 TERM']);
    born = Number.NEGATIVE_INFINITY;
    host.kills.splice(0);
    killUnitProcesses(target, kill, 'terminate', pids);
    expect(host.kills.length).toBeLessThan(1000);
  });

  it.each([
    ['terminate', []],
    ['restart', []],
    ['kill', ['KILL', 'main', 'control', 'one', 'two']],
    ['watchdog', ['ABRT', 'main', 'control', 'one', 'two']],
  ] as const)('to %s says who is killed: %j', (operation, [signal, ...whom]) => {
    const { target, kill, pids, said, main, control, others } = crowd();
    killUnitProcesses(target, kill, operation, pids);
    const pidOf = (comm: string): number => [main, control, ...others].find((p) => p.comm === comm)!.pid;
    expect(said).toEqual(whom.map((comm) => `5 Killing process ${pidOf(comm)} (${comm}) with signal SIG${signal}.`));
  });

  it('says nothing of a child that has not become its program yet', () => {
    const { target, kill, pids, said, main } = crowd('KillMode=process');
    main.comm = '(main)';
    killUnitProcesses(target, kill, 'kill', { mainPid: pids.mainPid! });
    expect(said).toEqual([]);
  });

  it('goes on where a signal may not be sent, and says so', () => {
    const { host, target, kill, pids, said, main, others, sent } = crowd();
    const send = host.kill.bind(host);
    host.kill = (pid, signal, startTime) => {
      if (pid === main.pid || pid === others[0].pid) throw new SystemError('EPERM', 1, 'kill');
      return send(pid, signal, startTime);
    };
    expect(killUnitProcesses(target, kill, 'terminate', pids)).toBe(true);
    expect(sent()).toEqual([...both('control', 'TERM'), ...both('two', 'TERM')]);
    expect(said).toEqual([
      expect.stringMatching(new RegExp(`^4 Failed to kill main process ${main.pid} \\(main\\), ignoring: `)),
      expect.stringMatching(/^4 Failed to kill control group, ignoring: /),
    ]);
  });

  it('does not wait where nobody could be reached', () => {
    const { host, target, kill } = crowd();
    host.kill = () => {
      throw new SystemError('EPERM', 1, 'kill');
    };
    expect(killUnitProcesses(target, kill, 'terminate', {})).toBe(false);
    host.kill = () => false;
    expect(killUnitProcesses(target, kill, 'terminate', {})).toBe(false);
  });
});

describe('what is left over', () => {
  it('is told of when the unit starts and when it has stopped, but for what has not become its program yet', () => {
    const { target, said, others, main, control } = crowd();
    others[1].comm = '(two)';
    const whom = [main, control, others[0]];
    expect(warnLeftovers(target, 'stop')).toBe(3);
    expect(said).toEqual(
      whom.map(({ pid, comm }) => `6 Unit process ${pid} (${comm}) remains running after unit stopped.`),
    );
    said.splice(0);
    expect(warnLeftovers(target, 'start')).toBe(3);
    expect(said).toEqual(
      whom.map(
        ({ pid, comm }) =>
          `4 Found left-over process ${pid} (${comm}) in control group while starting unit. Ignoring.\n` +
          'This usually indicates unclean termination of a previous run, or service implementation deficiencies.',
      ),
    );
  });

  it('is told of in two messages from 257 on', () => {
    const { target, said, main } = crowd('', 257);
    warnLeftovers(target, 'start');
    expect(said.slice(0, 2)).toEqual([
      `4 Found left-over process ${main.pid} (${main.comm}) in control group while starting unit. Ignoring.`,
      '4 This usually indicates unclean termination of a previous run, or service implementation deficiencies.',
    ]);
  });
});

describe('a signal that a client asks for', () => {
  const bus = 'org.freedesktop.systemd1.NoSuchProcess';
  function asked(
    whom: Parameters<typeof killOnRequest>[2],
    facts: { main?: number; control?: number; value?: number; none?: boolean } = {},
  ) {
    const made = crowd();
    const pids = {
      mainPid: 'main' in facts ? facts.main : made.main.pid,
      controlPid: 'control' in facts ? facts.control : made.control.pid,
    };
    if (facts.none) for (const { pid } of [made.main, made.control, ...made.others]) made.host.table.delete(pid);
    const queued: unknown[] = [];
    const sigqueue = made.host.sigqueue.bind(made.host);
    made.host.sigqueue = (pid, signal, value) => {
      queued.push(value);
      return sigqueue(pid, signal, value);
    };
    let error: unknown;
    try {
      atOnce(killOnRequest(made.target, 'Service', whom, 10, pids, facts.value));
    } catch (caught) {
      const { busName, message } = caught as Error & { busName: string };
      error = `${busName}: ${message}`;
    }
    return { sent: made.sent(), error, said: made.said, queued, made };
  }

  it.each([
    ['main', ['main USR1']],
    ['main-fail', ['main USR1']],
    ['control', ['control USR1']],
    ['control-fail', ['control USR1']],
    ['all', ['control USR1', 'main USR1', 'one USR1', 'two USR1']],
    ['all-fail', ['control USR1', 'main USR1', 'one USR1', 'two USR1']],
  ] as const)('for %s reaches %j', (whom, sent) => {
    const seen = asked(whom);
    expect(seen).toMatchObject({ sent, error: undefined, queued: [] });
  });

  it('is told of, one line for each process', () => {
    const { said, made } = asked('all');
    const [one, two] = made.others;
    expect(said).toEqual([
      `6 Sent signal SIGUSR1 to control process ${made.control.pid} (control) on client request.`,
      `6 Sent signal SIGUSR1 to main process ${made.main.pid} (main) on client request.`,
      `6 Sending signal SIGUSR1 to process ${one.pid} (one) on client request.`,
      `6 Sending signal SIGUSR1 to process ${two.pid} (two) on client request.`,
    ]);
  });

  it('may carry a value', () => {
    expect(asked('main', { value: 7 })).toMatchObject({ sent: ['main USR1'], queued: [7] });
    expect(asked('main', { value: 0 }).queued).toEqual([0]);
  });

  it.each([
    ['main', { main: undefined }, 'Service units have no main processes'],
    ['control', { control: undefined }, 'Service units have no control processes'],
    ['main', { main: 0 }, 'No main process to kill'],
    ['main-fail', { main: 0 }, 'No main process to kill'],
    ['control', { control: 0 }, 'No control process to kill'],
    ['all-fail', { main: 0, control: 0, none: true }, 'No matching processes to kill'],
  ] as const)('for %s with %j: %s', (whom, facts, message) => {
    expect(asked(whom, { ...facts }).error).toBe(`${bus}: ${message}`);
  });

  it('for all of a unit without processes reaches nobody, which is no harm', () => {
    expect(asked('all', { main: 0, control: 0, none: true })).toMatchObject({ sent: [], error: undefined });
    expect(asked('all', { main: undefined, control: undefined }).sent).toHaveLength(4);
  });

  it('that cannot be sent is said to the client, the others get it', () => {
    const { host, target, others, main, said, sent } = crowd();
    const send = host.kill.bind(host);
    host.kill = (pid, signal, startTime) => {
      if (pid === others[0].pid) throw new SystemError('EPERM', 1, 'kill');
      return pid !== main.pid && send(pid, signal, startTime);
    };
    const pids = { mainPid: main.pid, controlPid: 0 };
    const about = `signal SIGUSR1 to main process ${main.pid} (main)`;
    expect(() => atOnce(killOnRequest(target, 'Service', 'all', 10, pids))).toThrow(`Failed to send ${about}: ESRCH`);
    expect(sent()).toEqual(['control USR1', 'two USR1']);
    expect(said).toContain(`4 Failed to send ${about} on client request: ESRCH`);
    expect(said).toContain(
      `4 Failed to send signal SIGUSR1 to auxiliary process ${others[0].pid} (one) on client request: EPERM`,
    );
  });

  it('to a process that has just gone is nobody’s loss', () => {
    const { host, target, others, sent } = crowd();
    const send = host.kill.bind(host);
    host.kill = (pid, signal, startTime) => pid !== others[0].pid && send(pid, signal, startTime);
    atOnce(killOnRequest(target, 'Service', 'all', 10, { mainPid: 0, controlPid: 0 }));
    expect(sent()).toEqual(['main USR1', 'control USR1', 'two USR1']);
  });
});
