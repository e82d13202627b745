/** Commands for which there can be no process, be it the first of a phase or a later one. */
import { describe, expect, it } from 'vitest';
import { allCommands, player } from './service-player.ts';

const times = (count: number): string[] => Array.from({ length: count }, () => 'control 0');
const refused = { code: 'EAGAIN', errno: 11 };
const because = 'Resource temporarily unavailable';
const run = ['start', ...times(3)];

it.each([
  ['condition', 'exec-condition', [], 'start', 'failed resources'],
  ['pre', 'start-pre', ['start'], 'control 0', 'failed resources'],
  ['main', 'start', ['start', 'control 0'], 'control 0', 'stop-post resources'],
  ['post', 'start-post', ['start', 'control 0'], 'control 0', 'stop resources'],
  ['reload', 'reload', run, 'reload', 'running success'],
  ['reloaded', 'reload-post', [...run, 'reload'], 'control 0', 'running success'],
  ['stop', 'stop', run, 'stop', 'stop-post resources'],
  ['late', 'stop-post', run, 'main 0, control 0', 'stop success, failed resources'],
  ['late', 'stop-post', run, 'main 1', 'failed exit-code'],
] as const)('the first command, /usr/bin/%s: %s', (program, task, way, events, outcome) => {
  const { play, host, service, told } = player(allCommands);
  host.forkErrors.set(`/usr/bin/${program}`, refused);
  play(...way);
  expect(play(...events.split(', ')).join(', ')).toBe(outcome);
  expect(told()).toContain(`4 Failed to run '${task}' task: ${because}`);
  expect(service.reloadResult).toBe(task.startsWith('reload') ? 'resources' : 'success');
});

describe('a later command', () => {
  /** Each command of a control process twice; the second one is another program. */
  const twice = allCommands.replace(/^(?!ExecStart=)(.+)$/gm, '$1\n$1-next');

  it.each([
    ['condition', [], 'start, control 0', 'condition success, stop-post resources'],
    ['pre', ['start', ...times(2)], 'control 0', 'stop-post resources'],
    ['post', ['start', ...times(4)], 'control 0', 'stop-post resources'],
    ['reload', ['start', ...times(6), 'reload'], 'control 0', 'running success'],
    ['reloaded', ['start', ...times(6), 'reload', ...times(2)], 'control 0', 'running success'],
    ['stop', ['start', ...times(6), 'stop'], 'control 0', 'stop-post resources'],
    ['late', ['start', ...times(6), 'stop', ...times(2)], 'control 0', 'failed resources'],
  ] as const)('after /usr/bin/%s', (program, way, events, outcome) => {
    const { play, host, w, service, told } = player(twice);
    for (const kind of ['condition', 'pre', 'post', 'reload', 'reloaded', 'stop', 'late'])
      w.put(`/usr/bin/${kind}-next`, '');
    host.forkErrors.set(`/usr/bin/${program}-next`, refused);
    play(...way);
    expect(play(...events.split(', ')).join(', ')).toBe(outcome);
    expect(told()).toContain(`4 Failed to run next control task: ${because}`);
    expect(service.reloadResult).toBe(program.startsWith('reload') ? 'resources' : 'success');
    expect(host.spawned.filter(({ comm }) => comm.endsWith('-next')).map(({ comm }) => comm)).not.toContain(
      `${program}-next`,
    );
  });

  it('of Type=oneshot', () => {
    const { play, host, service, told } = player(
      'Type=oneshot\nExecStart=/usr/bin/main\nExecStart=/usr/bin/late\nExecStop=/usr/bin/stop\n',
    );
    host.forkErrors.set('/usr/bin/late', refused);
    expect(play('start', 'main 0', 'control 0')).toEqual(['start success', 'stop resources', 'failed resources']);
    expect(told()).toContain(`4 Failed to run next main task: ${because}`);
    expect(service.statusesOf('ExecStart').map(({ pid }) => pid > 0)).toEqual([true, false]);
  });
});

it('each phase has the time of its own for each of its commands', () => {
  const twice = allCommands.replace(/^(?!ExecStart=)(.+)$/gm, '$1\n$1');
  const { play, service, host } = player(`${twice}TimeoutStartSec=20\nTimeoutStopSec=10\n`);
  const left = (): number | undefined => host.untilNext;
  const seen = (events: string[]): string[] =>
    events.map((event) => {
      host.advance(1_000);
      play(event);
      return `${service.subState} ${left()}`;
    });
  expect(seen(['start', ...times(6)])).toEqual([
    'condition 20000',
    'condition 20000',
    'start-pre 20000',
    'start-pre 20000',
    'start-post 20000',
    'start-post 20000',
    'running undefined',
  ]);
  expect(seen(['reload', ...times(4)])).toEqual([
    'reload 20000',
    'reload 20000',
    'reload-post 20000',
    'reload-post 20000',
    'running undefined',
  ]);
  expect(seen(['stop', ...times(4)])).toEqual([
    'stop 10000',
    'stop 10000',
    'stop-post 10000',
    'stop-post 10000',
    'dead undefined',
  ]);
});

describe('a failure that does not count', () => {
  it.each([
    ['ExecCondition', ['start'], 'control 9', 'start-pre success'],
    ['ExecStartPre', ['start', 'control 0'], 'control 9', 'start-post success'],
    ['ExecStart', run, 'main 9', 'stop success'],
    ['ExecStartPost', ['start', ...times(2)], 'control 9', 'running success'],
    ['ExecReload', [...run, 'reload'], 'control 9', 'reload-post success'],
    ['ExecReloadPost', [...run, 'reload', 'control 0'], 'control 9', 'running success'],
    ['ExecStop', [...run, 'stop'], 'control 9', 'stop-post success'],
    ['ExecStopPost', [...run, 'stop', 'control 0'], 'control 9', 'dead success'],
  ] as const)('%s=-…', (kind, way, event, outcome) => {
    const { play, told, service } = player(allCommands.replace(`${kind}=`, `${kind}=-`));
    play(...way);
    expect(play(event)).toEqual([outcome]);
    expect(told().filter((line) => line.includes('exited'))).toEqual([]);
    expect(service.statusesOf(kind)).toMatchObject([{ code: 'exited', status: 9 }]);
    expect(service.reloadResult).toBe('success');
  });
});

it.each([
  ['condition', ['start']],
  ['pre', ['start', 'control 0']],
  ['main', ['start', 'control 0', 'control 0', 'control 0']],
] as const)('a service for which /usr/bin/%s can not be run is restarted', (program, events) => {
  const { play, host } = player(`${allCommands}Restart=on-failure\nRestartSec=1\n`);
  host.forkErrors.set(`/usr/bin/${program}`, refused);
  expect(play(...events).at(-1)).toBe('auto-restart resources');
  host.forkErrors.clear();
  expect(play('1000 ms')).toEqual(['condition success']);
});
