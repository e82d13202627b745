import { describe, expect, it } from 'vitest';
import type { BecomePlan } from '../../../../src/control/protocol.ts';
import type { CallerProcess } from '../../../../src/control/server.ts';
import type { Release } from '../../../../src/voice/release.ts';
import { SimSystem } from '../../../support/sim-system.ts';
import { world } from '../../../support/world.ts';

const programs = { '/usr/bin/job': '#!', '/usr/bin/sh': '#!', '/usr/bin/true': '#!' };

function systemWith(files: Record<string, string> = {}, release: Release = 252): SimSystem {
  const system = new SimSystem(files, { release });
  for (const [path, text] of Object.entries(programs)) system.host.files.put(path, text, 0o755);
  return system;
}

const transient = (system: SimSystem, name: string): string =>
  system.host.files.readText(`/run/systemd/transient/${name}`).replace(/^# This is .*\n/, '');

/** The process that asks for a scope. */
const processOfCaller = (system: SimSystem): { pid: number } =>
  system.host.spawn({
    ...{ path: '/bin/sh', argv: ['sh'], env: [], umask: 0, limits: {}, ignoreSigpipe: false, session: true },
    ...{ noNewPrivileges: false, stdin: { kind: 'null' }, stdout: { kind: 'null' }, stderr: { kind: 'null' } },
  });

/** A caller that passes these descriptors and remembers what it was told. */
function callerWith(fds: readonly number[], terminal = '') {
  const told: (number | BecomePlan)[] = [];
  const callerProcess: CallerProcess = {
    goesOn: undefined,
    pass: () => Promise.resolve(fds.length === 0 ? undefined : { fds, terminal }),
    forward: (flags) => void told.push(flags),
    become: (plan) => void told.push(plan),
  };
  return { told, callerProcess };
}

describe('systemd-run', () => {
  it('needs no bus of the user’s', async () => {
    const w = world({ scope: 'user', files: { '/usr/bin/job': '#!' } });
    w.boot();
    expect(w.host.environment.DBUS_SESSION_BUS_ADDRESS).toBeUndefined();
    const answer = await w.call('systemd-run', '--user --unit=a /usr/bin/job', { env: {} });
    expect(answer).toEqual({ status: 0, out: '', err: 'Running as unit: a.service\n' });
    expect(w.unit('a.service').activeState).toBe('active');
  });

  it('calls units by the process of the caller from 257 on, where the kernel numbers it', async () => {
    const names = async (release: Release, numbered: boolean): Promise<string[]> => {
      const system = systemWith({}, release);
      const fd = system.host.openSocket({ kind: 'special', path: '/usr/bin/job' });
      const { files } = system.host;
      const tryStat = files.tryStat.bind(files);
      files.tryStat = (path) => tryStat(numbered && path === `/proc/self/fd/${fd}` ? '/usr/bin/job' : path);
      const { callerProcess } = callerWith([fd]);
      const { err } = await system.run(['--on-active=1h', 'job'], { callerProcess });
      return [...err.matchAll(/run-[^\s.]*/g)].map(([name]) => name.replace(/\d+/g, 'N'));
    };
    expect(await names(257, true)).toEqual(['run-pN-iN', 'run-pN-iN']);
    expect((await names(257, false))[0]).toMatch(/^run-r/);
    expect((await names(252, true))[0]).toMatch(/^run-r/);
  });

  it('makes a service of a command, with a file as systemd writes it', async () => {
    const system = systemWith();
    const answer = await system.run([
      ...['--unit=a', '--slice=x', '-r', '-E', 'A=b c', '--nice=5', '-p', 'TimeoutStopSec=90', '-p', 'MemoryMax=1G'],
      ...['-p', 'After=basic.target', '-p', 'LimitNOFILE=1:2', '-p', 'ExecStopPost=-/bin/echo "a b"'],
      ...['job', 'a b', '$X', '100%'],
    ]);
    expect(answer).toEqual({ status: 0, out: '', err: 'Running as unit: a.service\n' });
    expect(transient(system, 'a.service')).toBe(`[Unit]
Description=/usr/bin/job a b $X 100%%

[Service]
TimeoutStopSec=1min 30s
MemoryMax=1073741824

[Unit]
After=basic.target

[Service]
LimitNOFILE=2
LimitNOFILE=1:2
ExecStopPost=
ExecStopPost=-"/bin/echo" "a b"
Slice=x.slice
RemainAfterExit=yes
Nice=5
Environment="A=b c"
ExecStart=
ExecStart="/usr/bin/job" "a b" "\\$X" "100%%"
`);
    // A variable that stands alone and is not set is no argument.
    const process = system.host.running('job');
    expect(process?.request?.argv).toEqual(['/usr/bin/job', 'a b', '100%']);
    expect(process?.env('A')).toBe('b c');
  });

  it('waits, sums up, and ends with the status of the service; the unit and its file are gone then', async () => {
    const system = systemWith();
    system.host.onSpawn = (process) => void system.host.after(1500, () => process.exit(process.env('STATUS') ? 3 : 0));
    const good = await system.run('--wait --unit=w true');
    expect(good.status).toBe(0);
    expect(good.err).toBe(
      'Running as unit: w.service\n' +
        'Finished with result: success\n' +
        'Main processes terminated with: code=exited/status=0\n' +
        'Service runtime: 1.500s\n',
    );
    system.host.advance(10);
    expect(system.manager.units.find('w.service') === undefined).toBe(true);
    expect(system.host.files.tryStat('/run/systemd/transient/w.service')).toBeUndefined();
    expect((await system.run('-q --wait -E STATUS=3 true')).status).toBe(3);
    expect((await system.run('-q --wait -E STATUS=3 -p SuccessExitStatus=3 true')).status).toBe(0);
  });

  it('runs the command of a scope in the caller, marked as the scope’s', async () => {
    const system = systemWith();
    const caller = processOfCaller(system);
    const { told, callerProcess } = callerWith([]);
    const answer = await system.run('--scope --unit=s --nice=3 -E A=1 job x', {
      caller: { pid: caller.pid, uid: 0, gid: 0 },
      callerProcess,
    });
    expect(answer).toEqual({ status: 0, out: '', err: '' });
    const scope = system.manager.units.find('s.scope');
    expect(scope?.activeState).toBe('active');
    expect(told).toMatchObject([
      { message: 'Running scope as unit: s.scope\n', argv: ['/usr/bin/job', 'x'], nice: 3, uid: undefined },
    ]);
    expect((told[0] as BecomePlan).env).toEqual([`INVOCATION_ID=${scope?.invocationId}`, 'A=1']);
    system.host.process(caller.pid);
    system.host.advance(5000);
    expect(scope?.activeState).toBe('active');
    await system.systemctl('kill s.scope');
    system.host.advance(5000);
    expect(system.manager.units.find('s.scope') === undefined).toBe(true);
  });

  it('gives the service the caller’s descriptors, and closes them with it', async () => {
    const system = systemWith();
    const { told, callerProcess } = callerWith([71, 72, 73], '/dev/pts/3');
    const running = system.run('-t -q job', { callerProcess, env: { TERM: 'xterm' } });
    system.host.onSpawn = (process) => {
      expect(process.request?.stdin).toEqual({ kind: 'fd', fd: 71 });
      expect(process.request?.stderr).toEqual({ kind: 'fd', fd: 73 });
      expect(process.env('TERM')).toBe('xterm');
      system.host.after(100, () => process.exit(7));
    };
    expect((await running).status).toBe(7);
    // Forwarding begins with the process, may be left, and ends.
    expect(told).toEqual([3, 0]);
  });

  it('expands variables of a command, or leaves them, as it is told', async () => {
    // Not a template of ours.
    const braced = `-$${'{B}'}`;
    const system = systemWith();
    await system.run(['--expand-environment=no', '--unit=raw', '-E', 'A=1', 'job', braced]);
    expect(system.host.running('job')?.request?.argv).toEqual(['/usr/bin/job', braced]);
    const scopeOf = async (release: Release, ...words: string[]) => {
      const { told, callerProcess } = callerWith([]);
      const own = systemWith({}, release);
      const { err } = await own.run(['--scope', ...words, 'job', '$A', braced], {
        caller: { pid: processOfCaller(own).pid, uid: 0, gid: 0 },
        callerProcess,
        env: { A: 'x y', B: 'b' },
      });
      return { err, argv: (told[0] as BecomePlan).argv.slice(1) };
    };
    expect(await scopeOf(252)).toEqual({ err: '', argv: ['$A', braced] });
    expect(await scopeOf(258)).toEqual({ err: '', argv: ['x', 'y', '-b'] });
    expect(await scopeOf(252, '--expand-environment=yes')).toEqual({ err: '', argv: ['x', 'y', '-b'] });
    expect(await scopeOf(257)).toMatchObject({
      err: expect.stringMatching(/^Scope command line contains/),
      argv: ['$A', braced],
    });
    expect((await systemWith().run('--expand-environment=maybe job')).err).toBe(
      'Failed to parse boolean argument to --expand-environment=: maybe.\n',
    );
  });

  it('speaks as its release does', async () => {
    const system = systemWith({}, 257);
    system.host.onSpawn = (process) => void system.host.after(1500, () => process.exit(0));
    const { err } = await system.run(['--wait', '--unit=w', 'true', 'a b']);
    expect(err.replace(/[0-9a-f]{32}/, 'ID')).toBe(
      'Running as unit: w.service; invocation ID: ID\n' +
        'Finished with result: success\n' +
        'Main processes terminated with: code=exited, status=0/SUCCESS\n' +
        'Service runtime: 1.500s\n' +
        'CPU time consumed: 0\n',
    );
    await system.run(['--unit=d', 'job', 'a b']);
    expect(transient(system, 'd.service')).toContain('Description=[systemd-run] /usr/bin/job "a b"\n');
  });

  it('-v shows what the service logs', async () => {
    const system = systemWith();
    expect((await system.run('-v -q --unit=v job')).out).toMatch(/systemd\[1\]: Started v\.service/);
  });

  it('--ignore-failure makes any end a good one', async () => {
    const system = systemWith();
    system.host.onSpawn = (process) => void system.host.after(10, () => process.exit(3));
    expect((await system.run('-q --wait --ignore-failure true')).status).toBe(0);
  });

  it('needs a caller that can pass descriptors', async () => {
    const answer = await systemWith().run('-P job', callerWith([]));
    expect(answer).toMatchObject({ status: 1, err: 'Failed to get the standard descriptors of the caller.\n' });
  });

  it('puts a timer before the service, and only a command that is there behind it', async () => {
    const system = systemWith();
    const answer = await system.run('--on-active=30 --timer-property=AccuracySec=1 --unit=t true');
    expect(answer.err).toBe('Running timer as unit: t.timer\nWill run service as unit: t.service\n');
    expect(transient(system, 't.timer')).toBe(
      '[Unit]\nDescription=/usr/bin/true\n\n[Timer]\nOnActiveSec=30s\nAccuracySec=1s\nRemainAfterElapse=no\n',
    );
    system.host.advance(29_000);
    expect(system.host.spawned).toHaveLength(0);
    system.host.advance(3_000);
    expect(system.host.spawned).toHaveLength(1);
    expect(await system.run('--on-active=1 --unit=nothing')).toMatchObject({
      status: 1,
      err: 'Job failed. See "journalctl -xe" for details.\n',
    });
  });

  it.each([
    ['nosuch', 'Failed to find executable nosuch: No such file or directory\n'],
    ['-p Foo=bar true', 'Unknown assignment: Foo=bar\n'],
    ['-p Nice true', 'Not an assignment: Nice\n'],
    ['-p MemoryMax=bad true', 'Failed to parse MemoryMax=bad: Invalid argument\n'],
    ['-p Restart=bad true', 'Failed to start transient service unit: Invalid Restart setting: bad\n'],
    [
      '--unit=a.scope true',
      'Failed to start transient service unit: Cannot set property ExecStart, or unknown property.\n',
    ],
    [
      '--unit=x true',
      'Failed to start transient service unit: Unit x.service was already loaded or has a fragment file.\n',
    ],
  ])('refuses %s', async (line, err) => {
    const system = systemWith({ '/etc/systemd/system/x.service': '[Service]\nExecStart=/usr/bin/x\n' });
    expect(await system.run(line)).toEqual({ status: 1, out: '', err });
  });

  it.each([
    ['', 'Command line to execute required.'],
    ['-S true', 'If --shell is used, no command line is expected.'],
    ['--scope -r true', '--remain-after-exit and --service-type= are not supported in --scope mode.'],
    ['-t --no-block true', '--pty/--pipe is not compatible with --no-block.'],
    ['--wait --on-active=1 true', '--wait may not be combined with path, socket or timer operations.'],
    [
      '--on-boot=1 --path-property=PathExists=/a true',
      'Only single trigger (path, socket, timer) unit can be created.',
    ],
    ['--timer-property=AccuracySec=1 true', '--timer-property= has no effect without any other timer options.'],
    ['--nice=99 true', 'Failed to parse nice value: 99'],
    ['-E 1a=b true', 'Cannot assign environment variable 1a=b: Invalid argument'],
    ['--nosuch', "systemd-run: unrecognized option '--nosuch'"],
    ['--se', "systemd-run: option '--se' is ambiguous; possibilities: '--send-sighup' '--service-type' '--setenv'"],
  ])('says what is wrong with %s', async (line, err) => {
    expect(await systemWith().run(line)).toMatchObject({ status: 1, err: `${err}\n` });
  });
});

describe('run0', () => {
  const run0 = async (line: readonly string[], more: Parameters<SimSystem['call']>[2] = {}) => {
    const system = systemWith();
    const { callerProcess } = callerWith([71, 72, 73]);
    system.host.onSpawn = (process) => void system.host.after(10, () => process.exit(4));
    const answer = await system.call('run0', line, { callerProcess, cwd: '/srv', ...more });
    return { system, answer, request: system.host.spawned.at(-1)?.request };
  };

  it('runs a command as root where the caller is, and ends as it does', async () => {
    const { answer, request } = await run0(['job', '$HOME', 'a b']);
    expect(answer).toEqual({ status: 4, out: '', err: '' });
    expect(request).toMatchObject({ argv: ['/usr/bin/job', '$HOME', 'a b'], cwd: { path: '/srv' } });
    expect(request?.env).toEqual(expect.arrayContaining(['SUDO_USER=root', 'SUDO_UID=0', 'SUDO_GID=0']));
  });
  it('runs it as another user, at home', async () => {
    const { request } = await run0(['-u', 'alice', '--setenv=A=1', 'job']);
    expect(request).toMatchObject({ uid: 1000, cwd: { path: '/home/alice' } });
    expect(request?.env).toContain('A=1');
  });
  it('is a shell where no command is given', async () => {
    const { request } = await run0([], { env: { SHELL: '/usr/bin/sh' } });
    expect(request?.argv).toEqual(['/usr/bin/sh']);
    expect(request?.env).toContain('SHELL=/usr/bin/sh');
  });
});
