/** Each state of a service (service.c of systemd 252): what leads there, and what leads where from there. */
import { describe, expect, it } from 'vitest';
import { allCommands, player, stubborn } from './service-player.ts';

const limits = 'TimeoutStartSec=20\nTimeoutStopSec=10\nTimeoutAbortSec=7\n';

/** ExecCondition= and ExecStartPre= are done. */
const up = ['start', 'control 0', 'control 0'];
/** ExecStartPost= is, too. */
const run = [...up, 'control 0'];
/** ExecStop= is done, and the main process has been asked to end. */
const signalled = [...run, 'stop', 'control 0'];
/** It has, and ExecStopPost= runs. */
const down = [...signalled, 'main 0'];

interface Row {
  name: string;
  settings?: string;
  way: string[];
  active: string;
  /** By what happens then: the states and results that follow, and the signals (but SIGCONT) that are sent. */
  next: Record<string, string>;
  /** How long the state may last, and what is said when that is over. */
  limitMs?: number;
  says?: string;
}

const rows: Row[] = [
  {
    name: 'condition',
    way: ['start'],
    active: 'activating',
    next: {
      stop: 'stop-sigterm success, control 15',
      'control 0': 'start-pre success',
      'control 1': 'stop-post exec-condition',
      'control TERM': 'stop-post signal',
      timeout: 'stop-sigterm timeout, control 15',
    },
    limitMs: 20000,
    says: '4 condition operation timed out. Terminating.',
  },
  {
    name: 'start-pre',
    way: ['start', 'control 0'],
    active: 'activating',
    next: {
      stop: 'stop-sigterm success, control 15',
      'control 0': 'start-post success',
      'control 1': 'stop-post exit-code',
      'control TERM': 'stop-post signal',
      timeout: 'stop-sigterm timeout, control 15',
    },
    limitMs: 20000,
    says: '4 start-pre operation timed out. Terminating.',
  },
  {
    name: 'start, Type=oneshot',
    settings: 'Type=oneshot\n',
    way: [...up],
    active: 'activating',
    next: {
      stop: 'stop-sigterm success, main 15',
      'main 0': 'start-post success',
      'main 1': 'stop-post exit-code',
      'main TERM': 'stop-post signal',
      timeout: 'stop-sigterm timeout, main 15',
    },
    limitMs: 20000,
    says: '4 start operation timed out. Terminating.',
  },
  {
    name: 'start, Type=notify',
    settings: 'Type=notify\n',
    way: [...up],
    active: 'activating',
    next: {
      stop: 'stop-sigterm success, main 15',
      'main 0': 'stop-post protocol',
      'main 1': 'stop-post exit-code',
      'main TERM': 'stop-post protocol',
      timeout: 'stop-sigterm timeout, main 15',
    },
    limitMs: 20000,
    says: '4 start operation timed out. Terminating.',
  },
  {
    name: 'start, Type=notify-reload',
    settings: 'Type=notify-reload\n',
    way: [...up],
    active: 'activating',
    next: {
      stop: 'stop-sigterm success, main 15',
      'main 0': 'stop-post protocol',
      'main 1': 'stop-post exit-code',
      'main TERM': 'stop-post protocol',
      timeout: 'stop-sigterm timeout, main 15',
    },
    limitMs: 20000,
    says: '4 start operation timed out. Terminating.',
  },
  {
    name: 'start, Type=notify and RemainAfterExit=',
    settings: 'Type=notify\nRemainAfterExit=yes\nNotifyAccess=all\n',
    way: [...up],
    active: 'activating',
    next: {
      stop: 'stop-sigterm success, main 15',
      'main 0': 'stop-post protocol',
      'main 1': 'stop-post exit-code',
      'main TERM': 'stop-post protocol',
      timeout: 'stop-sigterm timeout, main 15',
    },
    limitMs: 20000,
    says: '4 start operation timed out. Terminating.',
  },
  {
    name: 'start, Type=notify-reload and RemainAfterExit=',
    settings: 'Type=notify-reload\nRemainAfterExit=yes\nNotifyAccess=all\n',
    way: [...up],
    active: 'activating',
    next: {
      'main 0': 'stop-post protocol',
      'main 1': 'stop-post exit-code',
    },
    limitMs: 20000,
  },
  {
    name: 'start, Type=forking',
    settings: 'Type=forking\n',
    way: [...up],
    active: 'activating',
    next: {
      stop: 'stop-sigterm success, control 15',
      'control 0': 'start-post success',
      'control 1': 'stop-post exit-code',
      'control TERM': 'start-post success',
      timeout: 'stop-sigterm timeout, control 15',
    },
    limitMs: 20000,
    says: '4 start operation timed out. Terminating.',
  },
  {
    name: 'start-post',
    way: [...up],
    active: 'activating',
    next: {
      stop: 'stop-sigterm success, main 15, control 15',
      'main 1': 'start-post exit-code',
      'main TERM': 'start-post success',
      'control 1': 'stop-sigterm exit-code, main 15',
      'control TERM': 'stop-sigterm signal, main 15',
      'main 0, control 0': 'start-post success, stop success',
      'control 0, main 0': 'running success, stop success',
      timeout: 'stop-sigterm timeout, main 15, control 15',
    },
    limitMs: 20000,
    says: '4 start-post operation timed out. Terminating.',
  },
  {
    name: 'running',
    way: [...run],
    active: 'active',
    next: {
      stop: 'stop success',
      'main 0': 'stop success',
      'main 1': 'stop-post exit-code',
      'main TERM': 'stop success',
    },
  },
  {
    name: 'exited',
    settings: 'RemainAfterExit=yes\n',
    way: [...run, 'main 0'],
    active: 'active',
    next: {
      stop: 'stop success',
    },
  },
  {
    name: 'reload',
    way: [...run, 'reload'],
    active: 'reloading',
    next: {
      stop: 'stop-sigterm success, main 15, control 15',
      'main 1': 'reload exit-code',
      'main TERM': 'reload success',
      'control 1': 'running success',
      'control TERM': 'running success',
      'main 0, control 0': 'reload success, reload-post success',
      'control 0, main 0': 'reload-post success, reload-post success',
      timeout: 'running success, control 9',
    },
    limitMs: 20000,
    says: '4 Reload operation timed out. Killing reload process.',
  },
  {
    name: 'reload-post',
    way: [...run, 'reload', 'control 0'],
    active: 'reloading',
    next: {
      stop: 'stop-sigterm success, main 15, control 15',
      'main 1': 'reload-post exit-code',
      'main TERM': 'reload-post success',
      'control 1': 'running success',
      'control TERM': 'running success',
      'main 0, control 0': 'reload-post success, stop success',
      'control 0, main 0': 'running success, stop success',
      timeout: 'running success, control 9',
    },
    limitMs: 20000,
    says: '4 Reload operation timed out. Killing reload process.',
  },
  {
    name: 'reload-signal',
    settings: 'Type=notify-reload\nExecReload=\n',
    way: [...up, 'READY=1', 'control 0', 'reload'],
    active: 'reloading',
    next: {
      stop: 'stop-sigterm success, main 15',
      'main 0': 'stop success',
      'main 1': 'stop exit-code',
      'main TERM': 'stop success',
      timeout: 'running success',
    },
    limitMs: 20000,
    says: '4 Reload operation timed out. Killing reload process.',
  },
  {
    name: 'reload-notify',
    settings: 'Type=notify-reload\nExecReload=\n',
    way: [...up, 'READY=1', 'control 0', 'reload', 'RELOADING=1\nMONOTONIC_USEC=1000000000000'],
    active: 'reloading',
    next: {
      stop: 'stop-sigterm success, main 15',
      'main 0': 'stop success',
      'main 1': 'stop exit-code',
      'main TERM': 'stop success',
      timeout: 'reload success',
    },
    limitMs: 20000,
    says: '4 Reload operation timed out. Killing reload process.',
  },
  {
    name: 'stop',
    way: [...run, 'stop'],
    active: 'deactivating',
    next: {
      stop: 'stop success',
      'main 1': 'stop exit-code',
      'main TERM': 'stop success',
      'control 1': 'stop-sigterm exit-code, main 15',
      'control TERM': 'stop-sigterm signal, main 15',
      'main 0, control 0': 'stop success, stop-post success',
      'control 0, main 0': 'stop-sigterm success, stop-post success, main 15',
      timeout: 'stop-sigterm timeout, main 15, control 15',
    },
    limitMs: 10000,
    says: '4 Stopping timed out. Terminating.',
  },
  {
    name: 'stop-watchdog',
    settings: 'WatchdogSec=5\n',
    way: [...run, '5000 ms'],
    active: 'deactivating',
    next: {
      stop: 'stop-sigterm watchdog, main 15',
      'main 0': 'stop-post watchdog',
      'main 1': 'stop-post watchdog',
      timeout: 'stop-post watchdog, main 9',
    },
    limitMs: 7000,
    says: "4 State 'stop-watchdog' timed out. Killing.",
  },
  {
    name: 'stop-watchdog, two processes',
    settings: 'TimeoutStartFailureMode=abort\n',
    way: [...up, '20000 ms'],
    active: 'deactivating',
    next: {
      stop: 'stop-sigterm timeout, main 15, control 15',
      'main 0, control 0': 'stop-watchdog timeout, stop-post timeout',
      'control 0, main 0': 'stop-watchdog timeout, stop-post timeout',
      timeout: 'stop-post timeout, main 9, control 9',
    },
    limitMs: 7000,
    says: "4 State 'stop-watchdog' timed out. Killing.",
  },
  {
    name: 'stop-sigterm',
    way: [...signalled],
    active: 'deactivating',
    next: {
      stop: 'stop-sigterm success',
      'main 0': 'stop-post success',
      'main 1': 'stop-post exit-code',
      'main TERM': 'stop-post success',
      timeout: 'stop-post timeout, main 9',
    },
    limitMs: 10000,
    says: "4 State 'stop-sigterm' timed out. Killing.",
  },
  {
    name: 'stop-sigterm, two processes',
    way: [...up, '20000 ms'],
    active: 'deactivating',
    next: {
      stop: 'stop-sigterm timeout',
      'main 0, control 0': 'stop-sigterm timeout, stop-post timeout',
      'control 0, main 0': 'stop-sigterm timeout, stop-post timeout',
      timeout: 'stop-post timeout, main 9, control 9',
    },
    limitMs: 10000,
    says: "4 State 'stop-sigterm' timed out. Killing.",
  },
  {
    name: 'stop-sigterm, SendSIGKILL=no',
    settings: 'SendSIGKILL=no\n',
    way: [...signalled],
    active: 'deactivating',
    next: {
      timeout: 'stop-post timeout',
    },
    limitMs: 10000,
    says: "4 State 'stop-sigterm' timed out. Skipping SIGKILL.",
  },
  {
    name: 'stop-sigterm, TimeoutStopFailureMode=abort',
    settings: 'TimeoutStopFailureMode=abort\n',
    way: [...signalled],
    active: 'deactivating',
    next: {
      timeout: 'stop-watchdog timeout, main 6',
    },
    limitMs: 10000,
    says: "4 State 'stop-sigterm' timed out. Aborting.",
  },
  {
    name: 'stop-sigkill',
    way: [...signalled, 'unkillable', '10000 ms'],
    active: 'deactivating',
    next: {
      stop: 'stop-sigkill timeout',
      'main 0': 'stop-post timeout',
      'main 1': 'stop-post timeout',
      timeout: 'stop-post timeout',
    },
    limitMs: 10000,
    says: '4 Processes still around after SIGKILL. Ignoring.',
  },
  {
    name: 'stop-sigkill, two processes',
    settings: 'TimeoutStartFailureMode=kill\n',
    way: [...up, 'unkillable', '20000 ms'],
    active: 'deactivating',
    next: {
      stop: 'stop-sigkill timeout',
      'main 0, control 0': 'stop-sigkill timeout, stop-post timeout',
      'control 0, main 0': 'stop-sigkill timeout, stop-post timeout',
      timeout: 'stop-post timeout',
    },
    limitMs: 10000,
    says: '4 Processes still around after SIGKILL. Ignoring.',
  },
  {
    name: 'stop-post',
    way: [...down],
    active: 'deactivating',
    next: {
      stop: 'stop-post success',
      'control 0': 'dead success',
      'control 1': 'failed exit-code',
      'control TERM': 'failed signal',
      timeout: 'final-sigterm timeout, control 15',
    },
    limitMs: 10000,
    says: "4 State 'stop-post' timed out. Terminating.",
  },
  {
    name: 'stop-post, two processes',
    way: [...signalled, 'unkillable', '10000 ms', '10000 ms'],
    active: 'deactivating',
    next: {
      stop: 'stop-post timeout',
      'main 0, control 0': 'stop-post timeout, failed timeout',
      'control 0, main 0': 'stop-post timeout, failed timeout',
      timeout: 'final-sigterm timeout, main 15, control 15',
    },
    limitMs: 10000,
    says: "4 State 'stop-post' timed out. Terminating.",
  },
  {
    name: 'stop-post, SendSIGKILL=no',
    settings: 'SendSIGKILL=no\nTimeoutStopFailureMode=kill\n',
    way: [...down],
    active: 'deactivating',
    next: {
      timeout: 'failed timeout',
    },
    limitMs: 10000,
    says: "4 State 'stop-post' timed out. Skipping SIGKILL. Entering failed mode.",
  },
  {
    name: 'final-watchdog',
    settings: 'TimeoutStopFailureMode=abort\n',
    way: [...down, '10000 ms'],
    active: 'deactivating',
    next: {
      stop: 'final-watchdog timeout',
      'control 0': 'failed timeout',
      'control 1': 'failed timeout',
      timeout: 'failed timeout, control 9',
    },
    limitMs: 7000,
    says: "4 State 'final-watchdog' timed out. Killing.",
  },
  {
    name: 'final-watchdog, two processes',
    settings: 'TimeoutStopFailureMode=abort\n',
    way: [...signalled, 'unkillable', '10000 ms', '7000 ms', '10000 ms', '10000 ms'],
    active: 'deactivating',
    next: {
      stop: 'final-watchdog timeout',
      'main 0, control 0': 'final-watchdog timeout, failed timeout',
      'control 0, main 0': 'final-watchdog timeout, failed timeout',
      timeout: 'final-sigkill timeout',
    },
    limitMs: 7000,
    says: "4 State 'final-watchdog' timed out. Killing.",
  },
  {
    name: 'final-sigterm',
    way: [...down, '10000 ms'],
    active: 'deactivating',
    next: {
      stop: 'final-sigterm timeout',
      'control 0': 'failed timeout',
      'control 1': 'failed timeout',
      timeout: 'failed timeout, control 9',
    },
    limitMs: 10000,
    says: "4 State 'final-sigterm' timed out. Killing.",
  },
  {
    name: 'final-sigterm, two processes',
    way: [...signalled, 'unkillable', '10000 ms', '10000 ms', '10000 ms'],
    active: 'deactivating',
    next: {
      stop: 'final-sigterm timeout',
      'main 0, control 0': 'final-sigterm timeout, failed timeout',
      'control 0, main 0': 'final-sigterm timeout, failed timeout',
      timeout: 'final-sigkill timeout',
    },
    limitMs: 10000,
    says: "4 State 'final-sigterm' timed out. Killing.",
  },
  {
    name: 'final-sigterm, SendSIGKILL=no',
    settings: 'SendSIGKILL=no\n',
    way: [...down, '10000 ms'],
    active: 'deactivating',
    next: {
      timeout: 'failed timeout',
    },
    limitMs: 10000,
    says: "4 State 'final-sigterm' timed out. Skipping SIGKILL. Entering failed mode.",
  },
  {
    name: 'final-sigkill',
    settings: 'TimeoutStopFailureMode=kill\n',
    way: [...down, 'unkillable', '10000 ms'],
    active: 'deactivating',
    next: {
      stop: 'final-sigkill timeout',
      'control 0': 'failed timeout',
      'control 1': 'failed timeout',
      timeout: 'failed timeout',
    },
    limitMs: 10000,
    says: '4 Processes still around after final SIGKILL. Entering failed mode.',
  },
  {
    name: 'final-sigkill, two processes',
    settings: 'TimeoutStopFailureMode=kill\n',
    way: [...signalled, 'unkillable', '10000 ms', '10000 ms', '10000 ms'],
    active: 'deactivating',
    next: {
      stop: 'final-sigkill timeout',
      'main 0, control 0': 'final-sigkill timeout, failed timeout',
      'control 0, main 0': 'final-sigkill timeout, failed timeout',
      timeout: 'failed timeout',
    },
    limitMs: 10000,
    says: '4 Processes still around after final SIGKILL. Entering failed mode.',
  },
  {
    name: 'auto-restart',
    settings: 'Restart=always\nRestartSec=30\nExecStopPost=\nExecStop=\n',
    way: [...run, 'main 1'],
    active: 'activating',
    next: {
      stop: 'dead exit-code',
      timeout: 'condition success',
    },
    limitMs: 30000,
    says: '6 Scheduled restart job, restart counter is at 1.',
  },
];

describe.each(rows)('$name', ({ settings = '', way, active, next, limitMs = Number.POSITIVE_INFINITY, says }) => {
  const reached = () => {
    const p = player(allCommands + limits + settings, stubborn);
    p.play(...way);
    return p;
  };

  it(`is ${active}, with a limit of ${limitMs} ms`, () => {
    const { service, host } = reached();
    expect(service.activeState).toBe(active);
    expect(host.untilNext ?? Number.POSITIVE_INFINITY).toBe(limitMs);
  });

  it.each(Object.entries(next))('then %s: %s', (what, outcome) => {
    const { play, host, service, state, told } = reached();
    const before = state();
    if (what === 'timeout') expect(play(`${limitMs - 1} ms`)).toEqual([before]);
    const [sent, said, main] = [host.kills.length, told().length, service.mainPid];
    const states = play(...(what === 'timeout' ? ['1 ms'] : what.split(', ')));
    const kills = host.kills.slice(sent).filter(({ signal }) => signal !== 18);
    const signals = kills.map(({ pid, signal }) => `${pid === main ? 'main' : 'control'} ${signal}`);
    expect([...states, ...signals].join(', ')).toBe(outcome);
    if (what === 'timeout') expect(told()[said]).toBe(says);
  });
});
