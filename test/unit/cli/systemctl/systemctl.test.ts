/** systemctl against a whole manager on a simulated machine. Words and statuses are those that systemd 252 gave. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Caller, SimSystem } from '../../../support/sim-system.ts';

const unit = (name: string) => `/etc/systemd/system/${name}`;

const files = {
  [unit('run.service')]:
    '[Unit]\nDescription=Runs on\nDocumentation=man:run(8) https://example.org\n' +
    '[Service]\nExecStartPre=/bin/pre\nExecStart=/bin/run --it "a b"\nExecReload=/bin/pre\n',
  [unit('fails.service')]: '[Service]\nType=oneshot\nExecStart=/bin/fails\n',
  [unit('once.service')]: '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/pre\n',
  [unit('needs.service')]: '[Unit]\nRequires=fails.service\nAfter=fails.service\n[Service]\nExecStart=/bin/run\n',
  [unit('asserts.service')]: '[Unit]\nAssertPathExists=/nothing\n[Service]\nExecStart=/bin/run\n',
  [unit('skips.service')]:
    '[Unit]\nConditionPathExists=/nothing\nConditionPathExists=!/etc\n[Service]\nExecStart=/bin/run\n',
  [unit('tick.timer')]: '[Timer]\nOnCalendar=daily\n',
  [unit('tick.service')]: '[Service]\nExecStart=/bin/run\n',
  [unit('talk.socket')]: '[Socket]\nListenStream=/run/talk\nListenDatagram=/run/also\n',
  [unit('talk.service')]: '[Service]\nExecStart=/bin/run\n',
  [unit('all.target')]:
    '[Unit]\nDescription=All of them\nAllowIsolate=yes\nWants=run.service once.service\nAfter=run.service\n',
};

const screen = (columns: number): Caller => ({
  env: { TERM: 'xterm', SYSTEMD_PAGER: '', SYSTEMD_URLIFY: '0' },
  terminal: { stdin: true, stdout: true, stderr: true, columns, lines: 24 },
});

let system: SimSystem;

beforeEach(() => {
  system = new SimSystem(files);
  system.host.onSpawn = (process) => {
    if (process.request?.path === '/bin/pre') process.exit(0);
    if (process.request?.path === '/bin/fails') process.exit(5);
  };
});

const run = (line: string | readonly string[], caller?: Caller) => system.systemctl(line, caller);
const ok = async (line: string, caller?: Caller): Promise<string> => {
  const { status, out, err } = await run(line, caller);
  expect({ line, status, err }).toEqual({ line, status: 0, err: '' });
  return out;
};
const refused = async (line: string | readonly string[], status: number, err: string): Promise<void> => {
  expect(await run(line)).toEqual({ status, out: '', err });
};

describe('start and its kin', () => {
  it('wait until the job is done, and are silent', async () => {
    expect(await ok('start run')).toBe('');
    expect(await ok('is-active run')).toBe('active\n');
    expect(await ok('stop run')).toBe('');
    expect(await run('is-active run')).toEqual({ status: 3, out: 'inactive\n', err: '' });
  });

  it("a daemon of systemd's that does not run here keeps nobody from starting", async () => {
    const utmp = 'systemd-update-utmp.service';
    system.host.files.put(unit(utmp), '[Service]\nType=oneshot\nExecStart=/bin/pre\n');
    system.host.files.put(
      unit('after.service'),
      `[Unit]\nRequisite=${utmp}\nAfter=${utmp}\n[Service]\nExecStart=/bin/run\n`,
    );
    await ok('daemon-reload');
    await ok('start after');
    await ok('stop after');
    await ok(`start ${utmp} after`);
    expect((await run(`is-active ${utmp} after`)).out).toBe('inactive\nactive\n');
  });

  it('say why a job failed', async () => {
    await refused(
      'start fails',
      1,
      'Job for fails.service failed because the control process exited with error code.\n' +
        'See "systemctl status fails.service" and "journalctl -xeu fails.service" for details.\n',
    );
    await refused('start needs', 1, "A dependency job for needs.service failed. See 'journalctl -xe' for details.\n");
    await refused('start asserts', 1, 'Assertion failed on job for asserts.service.\n');
    await refused('start -q asserts', 1, '');
    expect(await ok('start skips')).toBe('');
  });

  it('say why a job failed whose unit has been started again before the last one was queued', async () => {
    system.host.files.put(
      unit('again.service'),
      '[Service]\nType=oneshot\nRestart=on-failure\nRestartSec=0\nExecStart=/bin/run\n',
    );
    let starts = 0;
    system.host.onSpawn = (process) => {
      if (++starts === 1) process.exit(5);
    };
    const names = Array.from({ length: 20 }, (_, i) => `t${i}.target`);
    for (const name of names) system.host.files.put(unit(name), '[Unit]\nDescription=x\n');
    await ok('daemon-reload');
    await refused(
      `start again ${names.join(' ')}`,
      1,
      'Job for again.service failed because the control process exited with error code.\n' +
        'See "systemctl status again.service" and "journalctl -xeu again.service" for details.\n',
    );
    expect([starts, await ok('show -P Result again')]).toEqual([2, 'success\n']);
  });

  it('hint at the start limit', async () => {
    for (let count = 0; count < 5; count++) await ok('restart run');
    await refused(
      'restart run',
      1,
      'Job for run.service failed because start of the service was attempted too often.\n' +
        'See "systemctl status run.service" and "journalctl -xeu run.service" for details.\n' +
        'To force a start use "systemctl reset-failed run.service"\n' +
        'followed by "systemctl start run.service" again.\n',
    );
  });

  it('go on with the other units, and end with the status of the first that is wrong', async () => {
    await refused(
      'start nope run neither',
      5,
      'Failed to start nope.service: Unit nope.service not found.\n' +
        'Failed to start neither.service: Unit neither.service not found.\n',
    );
    expect(await ok('is-active run')).toBe('active\n');
    await refused('stop nope', 5, 'Failed to stop nope.service: Unit nope.service not loaded.\n');
  });

  it('know what is not applicable or not allowed', async () => {
    await ok('start once');
    await refused(
      'reload once',
      3,
      'Failed to reload once.service: Job type reload is not applicable for unit once.service.\n',
    );
    await refused(
      'isolate multi-user',
      4,
      'Failed to start multi-user.target: Operation refused, unit may not be isolated.\n' +
        "See system logs and 'systemctl status multi-user.target' for details.\n",
    );
    await refused(
      'start --job-mode=odd run',
      1,
      'Failed to start run.service: Job mode odd invalid\n' +
        "See system logs and 'systemctl status run.service' for details.\n",
    );
    await refused(
      ['start', 'x@'],
      1,
      'Failed to start x@.service: Unit name x@.service is missing the instance name.\n' +
        "See system logs and 'systemctl status x@.service' for details.\n",
    );
  });

  it('warn where a unit that was stopped may be started again', async () => {
    await ok('start tick.timer talk.socket');
    expect((await run('stop tick talk')).err).toBe(
      'Warning: Stopping tick.service, but it can still be activated by:\n  tick.timer\n' +
        'Warning: Stopping talk.service, but it can still be activated by:\n  talk.socket\n',
    );
  });

  it('warn where files have changed', async () => {
    await ok('start run');
    system.host.advance(5000);
    system.host.files.put(unit('run.service'), '[Service]\nExecStart=/bin/other\n');
    const warning =
      'Warning: The unit file, source configuration file or drop-ins of run.service changed on disk. ' +
      "Run 'systemctl daemon-reload' to reload units.\n";
    expect((await run('restart run')).err).toBe(warning);
    expect((await run('status run')).err).toBe(warning);
    await ok('daemon-reload');
    expect(system.generated).toBe(1);
    expect((await run('status run')).err).toBe('');
  });

  it('--no-block does not wait, --wait waits until it has stopped', async () => {
    system.host.onSpawn = (process) => process.exit(5, 1000);
    expect(await ok('start --no-block fails')).toBe('');
    expect((await run('is-active fails')).out).toBe('activating\n');
    system.host.onSpawn = (process) => process.exit(process.request?.path === '/bin/run' ? 3 : 0, 60_000);
    expect(await run('start --wait tick')).toEqual({ status: 1, out: '', err: '' });
    expect((await run('is-active tick')).out).toBe('failed\n');
    await refused('stop --wait run', 1, "--wait may only be used with the 'start' or 'restart' commands.\n");
  });

  it('-T shows what is queued', async () => {
    const { err } = await run('start -T all.target');
    expect(err.split('\n').sort()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Enqueued anchor job \d+ all\.target\/start\.$/),
        expect.stringMatching(/^Enqueued auxiliary job \d+ run\.service\/start\.$/),
      ]),
    );
  });

  it('escape what can be no unit name, and say so', async () => {
    await refused(
      ['start', 'x y'],
      5,
      'Invalid unit name "x y" escaped as "x\\x20y" (maybe you should use systemd-escape?).\n' +
        'Failed to start x\\x20y.service: Unit x\\x20y.service not found.\n',
    );
    await refused(
      ['start', ''],
      1,
      'Failed to mangle name: Invalid argument\nFailed to expand names: Invalid argument\n',
    );
  });

  it('of instances are none of types without templates', async () => {
    const unknown = "Unknown object '/org/freedesktop/systemd1/unit/foo_40b_2dr_2emount'.\n";
    await refused(
      ['start', 'foo@b-r.mount'],
      1,
      "Failed to start foo@b-r.mount: Invalid argument\nSee system logs and 'systemctl status foo@b-r.mount' for details.\n",
    );
    await refused(['show', 'foo@b-r.mount'], 1, `Failed to get properties: ${unknown}`);
    await refused(['is-active', 'foo@b-r.mount'], 1, `Failed to retrieve unit state: ${unknown}`);
    await refused(['cat', 'foo@b-r.mount'], 1, `Failed to get LoadState: ${unknown}`);
    await refused(['mask', 'foo@b-r.mount'], 1, `Failed to get properties: ${unknown}`);
    await refused(['kill', 'foo@b-r.mount'], 1, 'Failed to kill unit foo@b-r.mount: Unit foo@b-r.mount not loaded.\n');
  });

  it('patterns stand for units that are loaded; start warns of that', async () => {
    await ok('start run once');
    expect(await ok('is-active r* o*')).toBe('active\nactive\n');
    expect(await ok('stop r*')).toBe('');
    const { err, status } = await run('start o*', screen(80));
    expect(status).toBe(0);
    expect(err).toMatch(/^\x1b\[0;1;38;5;185mWarning: \x1b\[0;1;31msystemctl start called with a glob pattern\./);
  });
});

describe('is-…', () => {
  it('prints each state; one that is good is enough', async () => {
    await run('start run fails');
    expect(await ok('is-active nope run')).toBe('inactive\nactive\n');
    expect(await ok('is-failed run fails')).toBe('active\nfailed\n');
    expect(await run('is-failed run')).toEqual({ status: 1, out: 'active\n', err: '' });
    expect(await ok('is-active -q run')).toBe('');
    await refused(
      'is-active x@',
      1,
      'Failed to retrieve unit state: Unit name x@.service is neither a valid invocation ID nor unit name.\n',
    );
  });

  it('is-system-running', async () => {
    expect(await ok('is-system-running')).toBe('running\n');
    await run('start fails');
    expect(await run('is-system-running')).toEqual({ status: 1, out: 'degraded\n', err: '' });
    expect(await run('is-system-running --root=/x')).toEqual({ status: 1, out: 'offline\n', err: '' });
  });
});

describe('lists', () => {
  it('list-units in a pipe', async () => {
    await run('start run fails all.target');
    expect(await ok('list-units r* f* all*')).toBe(
      '  UNIT          LOAD   ACTIVE SUB     DESCRIPTION\n' +
        '● fails.service loaded failed failed  fails.service\n' +
        '  run.service   loaded active running Runs on\n' +
        '  all.target    loaded active active  All of them\n' +
        '\nLOAD   = Reflects whether the unit definition was properly loaded.\n' +
        'ACTIVE = The high-level unit activation state, i.e. generalization of SUB.\n' +
        'SUB    = The low-level unit activation state, values depend on unit type.\n' +
        '3 loaded units listed. Pass --all to see loaded but inactive units, too.\n' +
        "To show all installed unit files use 'systemctl list-unit-files'.\n",
    );
    expect(await ok('--failed --plain --no-legend')).toBe('fails.service loaded failed failed fails.service\n');
    expect(await ok('list-units --state=running -t service --no-legend')).toBe(
      '  run.service loaded active running Runs on\n',
    );
    expect(await ok('list-units -o json r*')).toBe(
      '[{"unit":"run.service","load":"loaded","active":"active","sub":"running","description":"Runs on"}]\n',
    );
    expect(await ok('list-units nope*')).toBe(
      '  UNIT LOAD ACTIVE SUB DESCRIPTION\n' +
        '0 loaded units listed. Pass --all to see loaded but inactive units, too.\n' +
        "To show all installed unit files use 'systemctl list-unit-files'.\n",
    );
  });

  it('list-unit-files tells who calls what is wrong in presets', async () => {
    system.host.files.put('/etc/systemd/system-preset/10-x.preset', 'enable run.service\nbogus\n');
    expect(await run('list-unit-files run.service --no-legend')).toEqual({
      status: 0,
      out: 'run.service static -\n',
      err: '',
    });
    system.host.files.put(unit('run.service'), '[Service]\nExecStart=/bin/run\n[Install]\nWantedBy=all.target\n');
    expect(await run('list-unit-files run.service --no-legend')).toEqual({
      status: 0,
      out: 'run.service disabled enabled\n',
      err: "/etc/systemd/system-preset/10-x.preset:2: Couldn't parse line 'bogus'. Ignoring.\n",
    });
  });

  it('list-units on a terminal: colours, a line under each type, shortened', async () => {
    await run('start run fails all.target');
    const [, failed, last, target] = (await ok('list-units r* f* all*', screen(34))).split('\n');
    expect(failed).toBe(
      '\x1b[0;1;31m●\x1b[0m\x1b[0;1;31m \x1b[0m\x1b[0;1;31mfail…\x1b[0m\x1b[0;1;31m \x1b[0mload… ' +
        '\x1b[0;1;31mfailed\x1b[0m\x1b[0;1;31m \x1b[0m\x1b[0;1;31mfailed\x1b[0m\x1b[0;1;31m \x1b[0mfails…',
    );
    expect(last).toContain('\x1b[0m\x1b[0;4mrun.…\x1b[0m');
    expect(target).toBe('  all.… load… active active All o…');
  });

  it('list-timers', async () => {
    await ok('start tick.timer');
    expect(await ok('list-timers')).toBe(
      'NEXT                        LEFT     LAST PASSED UNIT       ACTIVATES\n' +
        'Tue 2024-01-16 00:00:00 UTC 12h left -    -      tick.timer tick.service\n' +
        '\n1 timers listed.\nPass --all to see loaded but inactive timers, too.\n',
    );
    expect(await ok('list-timers -o json')).toBe(
      '[{"next":1705363200000000,"left":1705363200000000,"last":0,"passed":0,"unit":"tick.timer","activates":"tick.service"}]\n',
    );
    expect(await ok('list-timers nope')).toContain('\n0 timers listed.\n');
  });

  it('list-sockets is ordered by address', async () => {
    await ok('start talk.socket');
    expect(await ok('list-sockets --no-legend --show-types')).toBe(
      '/run/also Datagram talk.socket talk.service\n/run/talk Stream   talk.socket talk.service\n',
    );
  });

  it('list-jobs', async () => {
    expect(await ok('list-jobs')).toBe('No jobs running.\n');
    system.host.onSpawn = () => {};
    await ok('start --no-block needs');
    expect(await ok('list-jobs --after')).toMatch(
      /^JOB UNIT +TYPE {2}STATE\n(\d) +needs\.service +start waiting\n\d +fails\.service +start running\n└─ +\tblocking job \1 \(needs\.service\/start\) - +-\n\n2 jobs listed\.\n$/,
    );
    expect(await ok('list-jobs --before --no-legend')).toMatch(
      /^\d +needs\.service +start waiting\n└─ +\twaiting for job (\d) \(fails\.service\/start\) - +-\n\1 +fails\.service +start running\n$/,
    );
    expect(await ok('list-jobs nope')).toBe('No jobs listed.\n');
    await ok('cancel');
    expect(await ok('list-jobs')).toBe('No jobs running.\n');
    await refused('cancel 77', 1, 'Failed to cancel job 77: Job 77 does not exist.\n');
    await refused('cancel abc', 1, 'Failed to parse job id "abc": Invalid argument\n');
  });

  it('list-dependencies', async () => {
    await ok('start all.target');
    expect(await ok('list-dependencies all.target')).toBe('all.target\n● ├─once.service\n● └─run.service\n');
    expect(await ok('list-dependencies --plain all.target')).toBe('all.target\n  once.service\n  run.service\n');
    expect(await ok('list-dependencies --all all.target')).toContain('● ├─once.service\n● │ ├─system.slice\n');
    expect(await ok('list-dependencies --reverse run')).toBe('run.service\n● └─all.target\n');
    expect(await ok('list-dependencies nope')).toBe('nope.service\n');
  });
});

describe('status', () => {
  it('of a service that runs', async () => {
    await ok('start run');
    system.host.advance(65_000);
    expect(await ok('status run')).toBe(
      '● run.service - Runs on\n' +
        '     Loaded: loaded (/etc/systemd/system/run.service; static)\n' +
        '     Active: active (running) since Mon 2024-01-15 12:00:00 UTC; 1min 5s ago\n' +
        '       Docs: man:run(8)\n' +
        '             https://example.org\n' +
        '    Process: 100 ExecStartPre=/bin/pre (code=exited, status=0/SUCCESS)\n' +
        '   Main PID: 101 (run)\n' +
        '     CGroup: /system.slice/run.service\n' +
        '             └─101 /bin/run --it "a b"\n' +
        '\n' +
        'Jan 15 12:00:00 machine systemd[1]: Starting run.service - Runs on...\n' +
        'Jan 15 12:00:00 machine systemd[1]: Started run.service - Runs on.\n',
    );
    expect(await ok('status -n0 run')).not.toContain('Starting');
    expect(await ok('status -n1 -o cat run')).toMatch(/\n\nStarted run\.service - Runs on\.\n$/);
    expect(await ok('status 101')).toMatch(/^● run\.service/);
  });

  it('of one that failed, and of one that is not there', async () => {
    await run('start fails');
    const failed = await run('status fails nope');
    expect(failed.status).toBe(3);
    expect(failed.err).toBe('Unit nope.service could not be found.\n');
    expect(failed.out).toContain(
      '     Active: failed (Result: exit-code) since Mon 2024-01-15 12:00:00 UTC; now\n' +
        '    Process: 100 ExecStart=/bin/fails (code=exited, status=5)\n' +
        '   Main PID: 100 (code=exited, status=5)\n\n',
    );
    expect((await run('status nope')).status).toBe(4);
    await refused('status 4711', 1, 'Failed to get unit for PID 4711: PID 4711 does not belong to any loaded unit.\n');
    await ok('daemon-reload');
    expect((await run('status --no-pager -n0 fails')).out).not.toContain('Process:');
  });

  it('shows how long it was active', async () => {
    await ok('start run');
    system.host.advance(61_500);
    await ok('stop run');
    // Something keeps it loaded.
    await ok('start all.target');
    await ok('stop run');
    expect((await run('status run')).out).toMatch(/\n {3}Duration: .*\n/);
  });

  it('of timers and sockets, and what they trigger', async () => {
    await ok('start tick.timer talk.socket');
    expect(await ok('status tick.timer')).toContain(
      '    Trigger: Tue 2024-01-16 00:00:00 UTC; 12h left\n   Triggers: ● tick.service\n',
    );
    expect((await run('status tick')).out).toContain('TriggeredBy: ● tick.timer\n');
    expect(await ok('status talk.socket')).toContain(
      '   Triggers: ● talk.service\n     Listen: /run/talk (Stream)\n             /run/also (Datagram)\n' +
        '     CGroup: /system.slice/talk.socket\n',
    );
  });

  it('names the conditions that were not met', async () => {
    system.host.advance(1000);
    system.host.files.put(unit('keep.target'), '[Unit]\nWants=skips.service asserts.service\n');
    await ok('start keep.target');
    expect((await run('status skips')).out).toContain(
      '  Condition: start condition failed at Mon 2024-01-15 12:00:01 UTC; now\n' +
        '             └─ ConditionPathExists=!/etc was not met\n',
    );
    expect((await run('status asserts')).out).toContain(
      '     Assert: start assertion failed at Mon 2024-01-15 12:00:01 UTC; now\n' +
        '             AssertPathExists=/nothing was not met\n',
    );
  });

  it('lists drop-ins by directory', async () => {
    for (const path of ['/etc/systemd/system/run.service.d/a.conf', '/etc/systemd/system/run.service.d/b.conf'])
      system.host.files.put(path, '[Service]\nNice=1\n');
    system.host.files.put('/run/systemd/system/run.service.d/c.conf', '[Service]\nNice=2\n');
    expect((await run('status run')).out).toContain(
      '    Drop-In: /etc/systemd/system/run.service.d\n             └─a.conf, b.conf\n' +
        '             /run/systemd/system/run.service.d\n             └─c.conf\n',
    );
  });

  it('of the whole system', async () => {
    await ok('start run');
    expect(await ok('status')).toMatch(
      /^● machine\n {4}State: running\n {4}Units: \d+ loaded \(incl\. loaded aliases\)\n {5}Jobs: 0 queued\n {3}Failed: 0 units\n {4}Since: .*\n {2}systemd: 252 \(pidone .*\)\n {3}CGroup: \/\n {11}├─init\.scope\n {11}│ └─1 systemd\n {11}└─system\.slice\n {13}└─run\.service\n {15}└─101 \/bin\/run --it "a b"\n$/,
    );
  });

  it('finds the log of a unit among that of others', async () => {
    system.manager.log(6, 'run.service: of an earlier life', system.manager.units.load('run.service'));
    system.host.advance(3_600_000);
    await ok('start run');
    for (let count = 0; count < 3000; count++) {
      system.host.advance(1000);
      system.manager.log(6, `something else ${count}`);
    }
    const lines = (await ok('status run')).split('\n').slice(-3);
    expect(lines).toEqual([
      'Jan 15 13:00:00 machine systemd[1]: Starting run.service - Runs on...',
      'Jan 15 13:00:00 machine systemd[1]: Started run.service - Runs on.',
      '',
    ]);
  });

  it('shows the log to those alone who may read the journal', async () => {
    await ok('start run');
    system.host.files.put('/etc/group', 'root:x:0:\nadm:x:4:\nsystemd-journal:x:190:\n');
    const shown = async (caller: object) =>
      /Started run/.test(await ok('status run', { caller: { pid: 5, uid: 33, gid: 33, ...caller } }));
    expect(await shown({})).toBe(false);
    expect(await shown({ groups: [33, 5, 191] })).toBe(false);
    expect(await shown({ gid: 190 })).toBe(true);
    expect(await shown({ groups: [33, 4] })).toBe(true);
    expect(await shown({ uid: 0, gid: 0 })).toBe(true);
  });

  it('shortens log lines on a terminal and says so', async () => {
    await ok('start run');
    const out = await ok('status run', screen(50));
    expect(out).toContain('\nJan 15 12:00:00 machine systemd[1]: Starting');
    expect(
      Math.max(
        ...out
          .split('\n')
          .slice(-4)
          .map((line) => line.length),
      ),
    ).toBeGreaterThan(49);
    expect(out).toMatch(/Hint: Some lines were ellipsized, use -l to show in full\.\n$/);
    expect(await ok('status -l run', screen(50))).not.toContain('Hint');
  });
});

describe('units without a job', () => {
  it('kill', async () => {
    await ok('start run once');
    await refused('kill --kill-whom=odd run', 1, 'Failed to kill unit run.service: Invalid who argument odd\n');
    await ok('kill -s HUP run');
    const main = system.host.spawned.find((process) => process.request?.path === '/bin/run');
    expect(system.host.kills.at(-1)).toEqual({ pid: main?.pid, signal: 1 });
    await ok('kill once');
    await refused('kill --kill-whom=main once', 1, 'Failed to kill unit once.service: No main process to kill\n');
    await refused('kill nope', 1, 'Failed to kill unit nope.service: Unit nope.service not loaded.\n');
    await ok('start all.target');
    await refused('kill all.target', 1, 'Failed to kill unit all.target: Operation not supported\n');
  });

  it('kill --wait is done when the unit has ended, and tells of one that has failed', async () => {
    await ok('start run');
    await ok('kill --wait run');
    expect((await run('is-active run')).out).toBe('inactive\n');
    await ok('start run');
    expect(await run('kill --wait -s KILL run')).toEqual({ status: 1, out: '', err: '' });
    expect((await run('is-active run')).out).toBe('failed\n');
  });

  it('reset-failed', async () => {
    await run('start fails');
    expect(await ok('is-failed fails')).toBe('failed\n');
    await ok('reset-failed fails');
    expect((await run('is-failed fails')).status).toBe(1);
    await refused(
      'reset-failed nope',
      1,
      'Failed to reset failed state of unit nope.service: Unit nope.service not loaded.\n',
    );
  });

  it('takes units whose files are gone for what they are until they have ended', async () => {
    await ok('start run');
    await run('start fails');
    for (const name of ['run.service', 'fails.service']) system.host.files.unlink(unit(name));
    await ok('daemon-reload');
    expect(await ok('show -P LoadState run fails')).toBe('not-found\n\nnot-found\n');
    await ok('reset-failed fails');
    await refused('kill fails', 1, 'Failed to kill unit fails.service: Unit fails.service not loaded.\n');
    await ok('kill run');
    const main = system.host.spawned.find((process) => process.request?.path === '/bin/run');
    expect(system.host.kills.at(-1)).toEqual({ pid: main?.pid, signal: 15 });
  });

  it('set-property adds to lists, replaces the rest, and writes all of it or nothing', async () => {
    const at = '/etc/systemd/system.control/run.service.d';
    system.host.files.put(unit('run.service'), '[Service]\nExecStart=/bin/run\nDeviceAllow=/dev/zero r\n');
    await ok('daemon-reload');
    expect(
      await run(['set-property', 'run', 'DeviceAllow=/dev/null rw', 'DeviceAllow=/dev/full w', 'MemoryMax=1K']),
    ).toEqual({ status: 0, out: '', err: '' });
    expect(system.host.files.readText(`${at}/50-DeviceAllow.conf`).split('\n').slice(-6, -2)).toEqual([
      'DeviceAllow=',
      'DeviceAllow=/dev/full w',
      'DeviceAllow=/dev/null rw',
      'DeviceAllow=/dev/zero r',
    ]);
    expect(await ok('show run -p DeviceAllow,MemoryMax')).toContain('MemoryMax=1024\n');
    await ok('set-property run MemoryMax=2K');
    await refused(
      'set-property run MemoryMax=3K Nice=1',
      1,
      'Failed to set unit properties on run.service: Cannot set property Nice, or unknown property.\n',
    );
    expect(await ok('show run -p MemoryMax')).toBe('MemoryMax=2048\n');
  });

  it('clean, freeze, set-property: what is not possible', async () => {
    await ok('start run');
    await refused('clean run', 1, 'Failed to clean unit run.service: Unit is not inactive or has pending job.\n');
    await refused('clean tick', 1, 'Failed to clean unit tick.service: No matching resources found.\n');
    await refused(
      'clean --what=state tick.timer',
      1,
      'Failed to clean unit tick.timer: No matching resources found.\n',
    );
    await ok('start tick.timer talk.socket');
    await refused(
      'clean --what=state tick.timer talk.socket all.target',
      1,
      'Failed to clean unit tick.timer: Unit is not inactive or has pending job.\n' +
        'Failed to clean unit talk.socket: Unit is not inactive or has pending job.\n' +
        "Failed to clean unit all.target: Unit 'all.target' does not support cleaning.\n",
    );
    await refused('clean nope', 1, 'Failed to add reference to unit nope.service: Unit nope.service not found.\n');
    await refused(
      'freeze run',
      1,
      "Failed to freeze unit run.service: Unit 'run.service' does not support freezing.\n",
    );
    await refused('set-property run Odd=1', 1, 'Unknown assignment: Odd=1\n');
    await refused('set-property run Nice', 1, 'Not an assignment: Nice\n');
    await refused(
      'service-log-level run',
      1,
      "Unit run.service doesn't declare BusName=.\n" +
        'Hint: the service must declare BusName= and implement the appropriate D-Bus interface.\n' +
        '      See the org.freedesktop.LogControl1(5) man page for details.\n',
    );
  });

  it('clean removes directories', async () => {
    system.host.advance(1000);
    system.host.files.put(unit('kept.timer'), '[Timer]\nOnCalendar=daily\nPersistent=yes\nUnit=run.service\n');
    system.host.files.put(unit('dirs.service'), '[Service]\nCacheDirectory=dirs\nExecStart=/bin/run\n');
    system.host.files.put('/var/cache/dirs/x', 'x');
    await ok('clean --what=cache dirs');
    expect(system.host.files.tryStat('/var/cache/dirs')).toBeUndefined();
    const stamp = '/var/lib/systemd/timers/stamp-kept.timer';
    await ok('start kept.timer');
    await ok('stop kept.timer');
    expect(system.host.files.tryStat(stamp)).toBeDefined();
    await ok('clean --what=state kept.timer');
    expect(system.host.files.tryStat(stamp)).toBeUndefined();
  });

  it('stop says of a unit that cannot be loaded that it is not', async () => {
    system.host.advance(1000);
    system.host.files.put(unit('bad.service'), '[Service]\nType=simple\n');
    await refused('stop bad', 5, 'Failed to stop bad.service: Unit bad.service not loaded.\n');
  });
});

describe('environment and manager', () => {
  it('sets, shows, removes and imports variables', async () => {
    await ok('set-environment A=1 B=2');
    expect(await run(['set-environment', 'A=b c'])).toMatchObject({ status: 0 });
    expect(await ok('show-environment')).toBe("LANG=C.UTF-8\nPATH=/usr/bin:/bin\nA=$'b c'\nB=2\n");
    await ok('unset-environment A B=3');
    expect(await ok('show-environment -o json')).toBe('{"LANG":"C.UTF-8","PATH":"/usr/bin:/bin","B":"2"}\n');
    await refused('set-environment A', 1, 'Failed to set environment: Invalid environment assignments\n');
    expect(await run('import-environment FOO NONE', { env: { FOO: 'bar' } })).toEqual({
      status: 0,
      out: '',
      err: 'Environment variable $NONE not set, ignoring.\n',
    });
    expect(await ok('show-environment')).toContain('\nFOO=bar\n');
  });

  it('log-level, log-target, service-watchdogs', async () => {
    expect(await ok('log-level')).toBe('info\n');
    await ok('log-level debug');
    expect(await ok('log-level')).toBe('debug\n');
    await refused('log-level odd', 1, '"odd" is not a valid log level.\n');
    await refused(
      'log-target odd',
      1,
      "Failed to set log target of org.freedesktop.systemd1 to odd: Invalid log target 'odd'\n",
    );
    await ok('service-watchdogs no');
    expect(await ok('service-watchdogs')).toBe('no\n');
    await refused('service-watchdogs odd', 1, 'Failed to parse service-watchdogs argument: Invalid argument\n');
  });

  it('ends with the status that was asked for', async () => {
    await ok('start run');
    await refused('exit 300', 1, 'Invalid exit code.\n');
    await ok('exit 7');
    system.host.advance(200_000);
    expect(system.ended).toEqual([{ objective: 'exit', exitStatus: 7 }]);
  });

  it('--force --force ends at once', async () => {
    expect(await run('poweroff -ff')).toEqual({ status: 0, out: '', err: 'Powering off.\n' });
    system.host.settle();
    expect(system.ended).toEqual([{ objective: 'poweroff', exitStatus: 0 }]);
  });

  it('--when= plans it', async () => {
    expect((await run('reboot --when=13:00')).err).toBe(
      "Reboot scheduled for Mon 2024-01-15 13:00:00 UTC, use 'shutdown -c' to cancel.\n",
    );
    expect((await run('poweroff --when=show')).err).toMatch(/^Reboot scheduled for/);
    await ok('poweroff --when=cancel');
    await refused('poweroff --when=show', 1, 'No scheduled shutdown.\n');
    await refused('halt --when=whenever', 1, "Failed to parse --when= argument 'whenever': Invalid argument\n");
  });

  it('what a container cannot do', async () => {
    await refused('suspend', 1, 'Call to Suspend failed: Sleep verb "suspend" not supported\n');
    await refused('kexec', 1, '/sbin/kexec is not available: No such file or directory\n');
    const notRoot = async (root: string, reason: string): Promise<void> =>
      refused(`switch-root ${root}`, 1, `Failed to switch root: ${reason}\n`);
    await notRoot('/', 'New root directory cannot be the old root directory.');
    await notRoot('new', "New root path 'new' is not absolute.");
    await notRoot(
      '/none',
      "Failed to determine whether root path '/none' contains an OS tree: No such file or directory",
    );
    await notRoot(
      '/etc',
      "Specified switch root path '/etc' does not seem to be an OS tree. os-release file is missing.",
    );
    const namespace = 'Unit not running in private mount namespace, cannot activate bind mount';
    await ok('start run');
    await refused('bind run /tmp /x', 1, `Failed to bind mount: ${namespace}\n`);
    await refused('bind run tmp /x', 1, 'Failed to bind mount: Source path must be absolute and normalized.\n');
    await refused('bind run /tmp ../x', 1, 'Failed to bind mount: Destination path must be absolute and normalized.\n');
    await refused('bind nope /tmp', 1, 'Failed to bind mount: Unit nope.service not loaded.\n');
    await refused('mount-image run /tmp /x', 1, `Failed to mount image: ${namespace}\n`);
    await refused('rescue --user', 1, 'Bad action for --user mode.\n');
    await refused('-M other list-units', 1, 'Failed to connect to bus: Host is down\n');
    await refused('-M= list-units', 1, 'Failed to connect to bus: Invalid argument\n');
    await refused('-M -other list-units', 1, 'Failed to connect to bus: Invalid argument\n');
    await refused('--boot-loader-entry=help', 1, 'No boot loader entries discovered.\n');
  });
});

describe('halt', () => {
  /** On PID `pid`, with a service that takes 5 s to stop. */
  const halt = async (pid: number): Promise<void> => {
    system = new SimSystem(files, { pid });
    system.host.onSpawn = (process) => {
      if (process.request?.path === '/bin/pre') process.exit(0);
      process.handlers.set(15, () => process.exit(0, 5_000));
    };
    await ok('start run');
    await ok('halt');
  };

  it('returns at once where the machine goes with the manager', async () => {
    await halt(1);
    expect(system.host.running('run')).toBeDefined();
  });

  it('returns when all has stopped where the caller outlives the manager', async () => {
    await halt(500);
    expect(system.host.running('run')).toBeUndefined();
    expect(system.ended).toEqual([{ objective: 'halt', exitStatus: 0 }]);
  });
});

describe('arguments of verbs', () => {
  it.each([
    ['frobnicate', 'Unknown command verb frobnicate.\n'],
    ['start', 'Too few arguments.\n'],
    ['is-active', 'Too few arguments.\n'],
    ['daemon-reload x', 'Too many arguments.\n'],
    ['exit 1 2', 'Too many arguments.\n'],
    ['start --root=/x run', "Verb 'start' cannot be used with --root= or --image=.\n"],
  ])('%s', async (line, err) => {
    await refused(line, 1, err);
  });

  it('a bare systemctl lists units', async () => {
    expect(await ok('')).toMatch(/^ {2}UNIT +LOAD +ACTIVE SUB +DESCRIPTION\n/);
  });

  it('SYSTEMD_OFFLINE makes it do nothing', async () => {
    expect(await run('start run', { env: { SYSTEMD_OFFLINE: '1' } })).toEqual({
      status: 0,
      out: '',
      err: "Running in chroot, ignoring command 'start'\n",
    });
  });

  it.each([
    ['another root is that of a chroot', '0::/this\n', "Running in chroot, ignoring command 'list-units'\n"],
    ['another group is that of another container, in a pod that shares its processes', '0::/\n', ''],
  ])('a PID 1 with %s', async (_, group, err) => {
    const files = { '/proc/1/root/etc/hostname': 'x', '/proc/1/cgroup': '0::/this\n', '/proc/self/cgroup': group };
    expect((await new SimSystem(files, { pid: 50 }).systemctl('')).err).toBe(err);
  });
});
