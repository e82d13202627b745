import { describe, expect, it } from 'vitest';
import type { BecomePlan } from '../../../../src/control/protocol.ts';
import type { CallerProcess } from '../../../../src/control/server.ts';
import { SimSystem } from '../../../support/sim-system.ts';

const programs = { '/usr/bin/job': '#!', '/usr/bin/sh': '#!', '/usr/bin/true': '#!' };

function systemWith(files: Record<string, string> = {}): SimSystem {
  const system = new SimSystem(files);
  for (const [path, text] of Object.entries(programs)) system.host.files.put(path, text, 0o755);
  return system;
}

const transient = (system: SimSystem, name: string): string =>
  system.host.files.readText(`/run/systemd/transient/${name}`).replace(/^# This is .*\n/, '');

/** A caller that passes these descriptors and remembers what it was told. */
function callerWith(fds: readonly number[], terminal = '') {
  const told: (number | BecomePlan)[] = [];
  const callerProcess: CallerProcess = {
    pass: () => Promise.resolve(fds.length === 0 ? undefined : { fds, terminal }),
    forward: (flags) => void told.push(flags),
    become: (plan) => void told.push(plan),
  };
  return { told, callerProcess };
}

describe('systemd-run', () => {
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
    const caller = system.host.spawn({
      ...{ path: '/bin/sh', argv: ['sh'], env: [], umask: 0, limits: {}, ignoreSigpipe: false, session: true },
      ...{ noNewPrivileges: false, stdin: { kind: 'null' }, stdout: { kind: 'null' }, stderr: { kind: 'null' } },
    });
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
