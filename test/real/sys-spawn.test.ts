/** What a spawned process finds when it looks around: asked from inside. */
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { callNumber } from '../../src/exec/seccomp/numbers.ts';
import { type SpawnRequest, SystemError } from '../../src/sys/host.ts';
import { isRoot, RealProcesses } from '../support/real-process.ts';

const processes = new RealProcesses();
const { host } = processes;
const directory = mkdtempSync('/tmp/pidone-spawn-');
afterAll(() => {
  host.close();
  rmSync(directory, { recursive: true });
});

const run = processes.run.bind(processes);
const status = (field: string): string => `sed -n 's/^${field}:[[:space:]]*//p' /proc/self/status`;

describe('the program', () => {
  it('gets its arguments, environment and nothing more', async () => {
    const { output } = await run('', { path: '/usr/bin/env', argv: ['env'], env: ['A=1', 'B=zwei drei'] });
    expect(output).toBe('A=1\nB=zwei drei\n');
    const named = await run('', { argv: ['other', '-c', 'echo $0 "$@"', 'x', 'a b', ''] });
    expect(named.output).toBe('x a b \n');
  });

  it('finds its own pid where the environment leaves it open', async () => {
    const env = ['PATH=/bin:/usr/bin', 'SYSTEMD_EXEC_PID=', 'LISTEN_PID=', 'WATCHDOG_PID=', 'OTHER_PID='];
    const { output, pid } = await run('echo $$ $SYSTEMD_EXEC_PID $LISTEN_PID $WATCHDOG_PID "$OTHER_PID"', { env });
    expect(output).toBe(`${pid} ${pid} ${pid} ${pid} \n`);
  });

  it('starts with no signal blocked or ignored, SIGPIPE as wished', async () => {
    const ignored = await run(`${status('SigBlk')}; ${status('SigIgn')}`);
    expect(ignored.output).toBe('0000000000000000\n0000000000001000\n');
    expect((await run(status('SigIgn'), { ignoreSigpipe: false })).output).toBe('0000000000000000\n');
  });

  it("has a session and process group of its own, or the manager's", async () => {
    const script = "cut -d' ' -f1,5,6 /proc/$$/stat";
    const own = await run(script);
    expect(own.output).toBe(`${own.pid} ${own.pid} ${own.pid}\n`);
    expect((await run(script, { session: false })).output).not.toContain(`${own.pid} ${own.pid}`);
  });

  it('has the umask and the working directory', async () => {
    expect((await run('umask; pwd', { umask: 0o027, cwd: { path: directory, optional: false } })).output).toBe(
      `0027\n${directory}\n`,
    );
    expect((await run('pwd', { cwd: { path: '/nowhere/at/all', optional: true } })).output).toBe('/\n');
  });

  it('has its limits, priorities and oom score', async () => {
    const { output } = await run(
      'ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj; nice; ' +
        `${status('Cpus_allowed_list')}; cat /proc/$$/timerslack_ns; ionice; chrt -p $$`,
      {
        limits: { NOFILE: { soft: 100, hard: 200 }, CORE: { soft: 0, hard: 0 } },
        oomScoreAdjust: 321,
        nice: 7,
        cpuAffinity: [0],
        timerSlackNs: 12345,
        ioprio: { class: 3, priority: 0 },
        scheduling: { policy: 3, priority: 0, resetOnFork: false },
      },
    );
    const lines = output.trim().split('\n');
    expect(lines.slice(0, 8)).toEqual(['100', '200', '0', '321', '7', '0', '12345', 'idle']);
    expect(lines[8]).toContain('SCHED_BATCH');
  });

  it.runIf(isRoot)('has its ids and groups', async () => {
    const { output } = await run(`${status('Uid')}; ${status('Gid')}; ${status('Groups')}`, {
      uid: 1234,
      gid: 2345,
      groups: [3456, 4567],
    });
    expect(output.split('\n').map((line) => line.trim())).toEqual([
      '1234\t1234\t1234\t1234',
      '2345\t2345\t2345\t2345',
      '3456 4567',
      '',
    ]);
  });

  it.runIf(isRoot)('leaves the manager as it was', async () => {
    await run('true', { uid: 1234, gid: 1234, groups: [], cwd: { path: '/tmp', optional: false }, umask: 0o777 });
    expect(process.getuid!()).toBe(0);
    expect(process.cwd()).not.toBe('/tmp');
    expect(process.umask()).not.toBe(0o777);
    // Memory that was shared with another user's process would else be closed to everybody.
    expect(statSync('/proc/self/environ').uid).toBe(0);
    const dump = await run(`cat /proc/${process.pid}/environ > /dev/null && echo readable`, {});
    expect(dump.output).toBe('readable\n');
  });

  it.runIf(isRoot)('has the capabilities that are left to it', async () => {
    const chown = 1n;
    const netBind = 1n << 10n;
    const sets = `${status('CapInh')}; ${status('CapPrm')}; ${status('CapEff')}; ${status('CapBnd')}; ${status('CapAmb')}`;
    const root = await run(sets, { capabilityBounding: chown | netBind });
    expect(
      root.output
        .trim()
        .split('\n')
        .map((set) => BigInt(`0x${set}`)),
    ).toEqual([0n, chown | netBind, chown | netBind, chown | netBind, 0n]);
    const user = await run(sets, { uid: 1234, gid: 1234, groups: [], capabilityAmbient: netBind });
    expect(
      user.output
        .trim()
        .split('\n')
        .filter((_, i) => i !== 3)
        .map((set) => BigInt(`0x${set}`)),
    ).toEqual([netBind, netBind, netBind, netBind]);
    const plain = await run(sets, { uid: 1234, gid: 1234, groups: [] });
    expect(plain.output.trim().split('\n').slice(0, 3)).toEqual(Array(3).fill('0000000000000000'));
  });

  it('gains no privilege where it is not to, and obeys a filter of system calls', async () => {
    expect((await run(status('NoNewPrivs'), { noNewPrivileges: true })).output).toBe('1\n');
    // Everything is allowed but getppid, which fails with EPERM.
    const getppid = callNumber(process.arch === 'arm64' ? 'arm64' : 'x86-64', 'getppid')!;
    const filter = Buffer.from(
      [
        [0x20, 0, 0, 0],
        [0x15, 0, 1, getppid],
        [0x06, 0, 0, 0x00050001],
        [0x06, 0, 0, 0x7fff0000],
      ].flatMap(([code, jt, jf, k]) => {
        const instruction = Buffer.alloc(8);
        instruction.writeUInt16LE(code!, 0);
        instruction.writeUInt8(jt!, 2);
        instruction.writeUInt8(jf!, 3);
        instruction.writeUInt32LE(k!, 4);
        return [...instruction];
      }),
    );
    const filtered = await run(status('Seccomp'), {
      noNewPrivileges: true,
      seccomp: { programs: [filter], barsExec: false },
    });
    expect(filtered.output).toBe('2\n');
  });
});

describe('descriptors', () => {
  it('are 0, 1, 2 and those passed, in order, and no other', async () => {
    const files = ['a', 'b', 'c'].map((name) => {
      writeFileSync(join(directory, name), name);
      return host.openSocket({ kind: 'special', path: join(directory, name) });
    });
    // Given in an order in which each number is in another one's way.
    // No shell, which may have a pipe open at that moment; the directory that is listed is the program's own.
    const { output } = await run('', {
      path: '/bin/ls',
      argv: ['ls', '-l', '/proc/self/fd'],
      fds: [files[2]!, files[0]!, files[1]!, files[0]!],
    });
    for (const fd of files) host.closeFd(fd);
    const open = [...output.matchAll(/ (\d+) -> (.*)$/gm)]
      .map(([, fd, target]) => [Number(fd), target!] as const)
      .sort(([a], [b]) => a - b);
    expect(open.map(([fd]) => fd)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(open[0]![1]).toBe('/dev/null');
    expect(open.slice(3, 7).map(([, target]) => target)).toEqual(
      ['c', 'a', 'b', 'a'].map((name) => join(directory, name)),
    );
    expect(open[7]![1]).toMatch(/^\/proc\/\d+\/fd$/);
  });

  it('are blocking or not as wished', async () => {
    const pipe = host.pipe();
    const flags = 'sed -n "s/^flags:[[:space:]]*//p" /proc/$$/fdinfo/3';
    expect(Number((await run(flags, { fds: [pipe.read], fdsNonBlocking: true })).output) & 0).toBe(0);
    const set = Number.parseInt((await run(flags, { fds: [pipe.read], fdsNonBlocking: true })).output, 8);
    const cleared = Number.parseInt((await run(flags, { fds: [pipe.read], fdsNonBlocking: false })).output, 8);
    expect([set & 0o4000, cleared & 0o4000]).toEqual([0o4000, 0]);
    host.closeFd(pipe.read);
    host.closeFd(pipe.write);
  });

  it('are files: read, written, appended to, cut', async () => {
    const input = join(directory, 'input');
    const out = join(directory, 'out');
    writeFileSync(input, 'from the file\n');
    const write = (extra: object): Promise<unknown> =>
      run('cat; echo err >&2', {
        stdin: { kind: 'file', path: input, access: 'read' },
        stdout: { kind: 'file', path: out, access: 'write', ...extra },
        umask: 0o027,
      });
    await write({});
    expect(readFileSync(out, 'utf8')).toBe('from the file\nerr\n');
    expect(statSync(out).mode & 0o777).toBe(0o640);
    await write({ append: true });
    expect(readFileSync(out, 'utf8')).toBe('from the file\nerr\n'.repeat(2));
    writeFileSync(out, 'x'.repeat(100));
    await write({ truncate: true });
    expect(readFileSync(out, 'utf8')).toBe('from the file\nerr\n');
  });

  it('are bytes from the unit file', async () => {
    expect((await run('cat', { stdin: { kind: 'data', data: Buffer.from('some\0data') } })).output).toBe('some\0data');
  });

  it('is a Unix socket where the path is one', async () => {
    const path = join(directory, 'socket');
    const received = await new Promise<string>((resolve) => {
      const server = createServer((socket) => {
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk.toString();
        });
        socket.on('end', () => {
          server.close();
          resolve(text);
        });
      });
      server.listen(path, () => void run('echo over there', { stdout: { kind: 'file', path, access: 'write' } }));
    });
    expect(received).toBe('over there\n');
  });

  it('does not hold up the manager where the other end of a FIFO is missing', async () => {
    const path = join(directory, 'fifo');
    host.closeFd(host.openSocket({ kind: 'fifo', path, mode: 0o600 }));
    const reader = run('cat', { stdin: { kind: 'file', path, access: 'read' } });
    // Only now is there somebody to write.
    await run('echo through the pipe', { stdout: { kind: 'file', path, access: 'write' } });
    expect((await reader).output).toBe('through the pipe\n');
  });
});

describe.runIf(isRoot)('a terminal', () => {
  /** One that a session of another process has. */
  async function occupied(): Promise<{ path: string; pid: number }> {
    const named = join(mkdtempSync(join(directory, 'terminal-')), 'name');
    const { pid } = host.spawn(
      processes.request('', {
        path: '/usr/bin/script',
        argv: ['script', '-qc', `tty > ${named}.new; mv ${named}.new ${named}; exec sleep 60`, '/dev/null'],
      }),
    );
    await new Promise<void>((resolve, reject) => {
      const changed = (): void => {
        if (host.files.tryStat(named) === undefined) return;
        watch.close();
        resolve();
      };
      const watch = host.watchPath(named, 'any', { changed, failed: reject });
      changed();
    });
    return { path: readFileSync(named, 'utf8').trim(), pid };
  }

  it("is taken from whose it was and becomes the session's own", async () => {
    const { path, pid } = await occupied();
    const stdin = { kind: 'tty', path, reset: true } as const;
    const refused = await run('true', { stdin: { ...stdin, mode: 'tty-fail' } });
    expect([refused.exit.status, refused.lateFailure?.step]).toEqual([208, 'STDIN']);
    const { output } = await run('tty; ps -o tty= -p $$; stat -c %u $(tty)', {
      stdin: { ...stdin, mode: 'tty-force' },
    });
    host.kill(pid, 9);
    expect(output).toBe(`${path}\n${path.replace('/dev/', '')}\n0\n`);
  });

  it('is waited for, in sleep, until it is free', async () => {
    const { path, pid: script } = await occupied();
    const out = join(directory, 'terminal.out');
    const start = (command: string, mode: 'tty' | 'tty-force'): number =>
      host.spawn(
        processes.request(command, {
          stdin: { kind: 'tty', path, reset: true, mode },
          stdout: { kind: 'file', path: out, access: 'write' },
        }),
      ).pid;
    /** Of proc_pid_stat(5), counted from the state. */
    const stat = (pid: number): string[] =>
      host.files
        .readText(`/proc/${pid}/stat`)
        .replace(/^.*\) /s, '')
        .split(' ');
    const holder = start('exec sleep 60', 'tty-force');
    while (stat(holder)[4] === '0') await turn();
    const waiter = start('tty', 'tty');
    const cpu = (): number => Number(stat(waiter)[11]) + Number(stat(waiter)[12]);
    while (stat(waiter)[0] !== 'S') await turn();
    const before = cpu();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(cpu() - before).toBeLessThanOrEqual(1);
    expect(stat(waiter)[4]).toBe('0');
    host.kill(holder, 9);
    expect((await processes.exitOf(waiter)).status).toBe(0);
    expect(readFileSync(out, 'utf8')).toBe(`${path}\n`);
    host.kill(script, 9);
    await processes.exitOf(script);
  });
});

describe('failures', () => {
  const failing = async (overrides: object, script = 'true'): Promise<unknown[]> => {
    const { failure, exit } = await run(script, overrides);
    return [failure?.step, failure?.code, exit.how, exit.status];
  };

  it('say the step and the error, and end with its exit status', async () => {
    expect(await failing({ path: '/nonexistent' })).toEqual(['EXEC', 'ENOENT', 'exited', 203]);
    expect(await failing({ path: '/etc/passwd' })).toEqual(['EXEC', 'EACCES', 'exited', 203]);
    expect(await failing({ cwd: { path: '/nonexistent', optional: false } })).toEqual([
      'CHDIR',
      'ENOENT',
      'exited',
      200,
    ]);
    expect(await failing({ stdin: { kind: 'file', path: '/nonexistent', access: 'read' } })).toEqual([
      'STDIN',
      'ENOENT',
      'exited',
      208,
    ]);
    expect(await failing({ stderr: { kind: 'file', path: '/nonexistent/x', access: 'write' } })).toEqual([
      'STDERR',
      'ENOENT',
      'exited',
      222,
    ]);
    expect(await failing({ scheduling: { policy: 99, priority: 0, resetOnFork: false } })).toEqual([
      'SETSCHEDULER',
      'EINVAL',
      'exited',
      214,
    ]);
    expect(await failing({ cgroupProcs: '/nonexistent' })).toEqual(['CGROUP', 'ENOENT', 'exited', 219]);
  });

  it.runIf(isRoot)('say so of a root directory', async () => {
    expect(await failing({ root: '/nonexistent' })).toEqual(['CHROOT', 'ENOENT', 'exited', 210]);
    symlinkSync('/', join(directory, 'root'));
    expect(await failing({ root: directory, path: '/root/bin/true' })).toEqual(['EXEC', 'ENOENT', 'exited', 203]);
  });

  it('are told later of a child that had to wait', async () => {
    const idle = host.pipe();
    const finished = run('', { path: '/nonexistent', idleFd: idle.read });
    host.closeFd(idle.read);
    host.closeFd(idle.write);
    const { failure, lateFailure, exit } = await finished;
    expect(failure).toBeUndefined();
    expect(exit.status).toBe(203);
    expect(lateFailure).toEqual({ step: 'EXEC', errno: 2, code: 'ENOENT' });
  });

  it('end at once where the manager knew before', async () => {
    const { failure, exit } = await run('echo not run', { exitAtOnce: 217 });
    expect([failure, exit.status]).toEqual([undefined, 217]);
  });

  it('are errors where a field cannot be used', () => {
    expect(() => host.spawn(processes.request('true', { argv: ['a\0b'] }))).toThrow(SystemError);
  });
});

describe('an idle service', () => {
  it('waits until the manager is done', async () => {
    const idle = host.pipe();
    const marker = join(directory, 'idle');
    const finished = run(`cat ${marker}`, { idleFd: idle.read, idleTimeoutMs: 60_000 });
    host.closeFd(idle.read);
    writeFileSync(marker, 'ready\n');
    host.closeFd(idle.write);
    expect((await finished).output).toBe('ready\n');
  });

  it('waits no longer than it is told to', async () => {
    const idle = host.pipe();
    const { output } = await run('echo started', { idleFd: idle.read, idleTimeoutMs: 20 });
    expect(output).toBe('started\n');
    host.closeFd(idle.read);
    host.closeFd(idle.write);
  });
});

const mayMount = isRoot && (host.capabilities().effective >> 21n) & 1n;
describe.runIf(mayMount)('a mount namespace', () => {
  it('shows other things in their places, in the child only', async () => {
    const source = join(directory, 'source');
    const target = join(directory, 'target');
    host.files.mkdirs(source);
    writeFileSync(join(source, 'file'), 'bound\n');
    const secret = join(directory, 'secret');
    writeFileSync(secret, 'secret\n', { mode: 0o644 });
    const { output, failure } = await run(
      `cat ${target}/file; touch ${target}/new 2>&1 || echo read-only; ls ${directory}/tmp; ` +
        `touch /usr/x 2>/dev/null || echo usr protected; wc -c < ${secret}; stat -c %a ${secret}; cat /dev/null; ls /dev | tr '\\n' ' '`,
      {
        mounts: [
          { kind: 'bind', source, target, flags: ['ro'] },
          { kind: 'tmpfs', target: join(directory, 'tmp') },
          { kind: 'symlink', source: 'tmp', target: join(directory, 'tmp/deep/link') },
          { kind: 'self', target: '/usr' },
          { kind: 'flags', target: '/usr', flags: ['ro'] },
          { kind: 'inaccessible', target: secret },
          { kind: 'self', target: '/nonexistent', optional: true },
          { kind: 'flags', target: directory, flags: ['ro'], optional: true },
          { kind: 'dev', target: '/dev' },
        ],
        namespacesRequired: true,
      },
    );
    expect(failure).toBeUndefined();
    const lines = output.split('\n');
    expect(lines[0]).toBe('bound');
    expect(output).toContain('read-only\ndeep\nusr protected\n0\n0\n');
    expect(lines.at(-1)).toContain('null ');
    expect(lines.at(-1)).not.toMatch(/console|sda|vda|kmsg/);
    expect(readFileSync(secret, 'utf8')).toBe('secret\n');
  });

  it('fails at its step where something is missing', async () => {
    const { failure, exit } = await run('true', {
      mounts: [{ kind: 'bind', source: '/nonexistent', target: directory }],
      namespacesRequired: true,
    });
    expect([failure?.step, failure?.code, exit.status]).toEqual(['NAMESPACE', 'ENOENT', 226]);
  });

  it('tells which of its mounts failed', async () => {
    const { failure } = await run('true', {
      mounts: [
        { kind: 'bind', source: '/nonexistent', target: directory, optional: true },
        { kind: 'tmpfs', target: directory, source: 'what=1' },
        { kind: 'bind', source: '/nonexistent', target: directory },
      ],
      namespacesRequired: true,
    });
    expect(failure).toMatchObject({ step: 'NAMESPACE', code: 'EINVAL', mount: 1 });
  });

  it.each([
    ['nothing', 'ENOENT', () => '/nonexistent'],
    ['a directory', 'EISDIR', () => directory],
    ['no regular file', 'EBADFD', () => '/dev/null'],
    ['where nothing is run', 'EACCES', () => join(directory, 'program')],
  ])('holds the program that is looked for in it: %s', async (_, code, path) => {
    writeFileSync(join(directory, 'program'), '#!/bin/sh\n', { mode: 0o755 });
    const mounts: SpawnRequest['mounts'] = [
      { kind: 'self', target: directory },
      { kind: 'flags', target: directory, flags: ['noexec'] },
    ];
    const request = { mounts, namespacesRequired: true, path: path() };
    const { failure, exit } = await run('true', { ...request, locate: 'always' });
    expect([failure, exit.status]).toEqual([expect.objectContaining({ step: 'EXEC', code, located: false }), 203]);
    const missing = await run('true', { ...request, locate: 'if it is there' });
    expect([missing.failure?.located, missing.exit.status]).toEqual([false, 0]);
    const found = await run('true', { mounts, namespacesRequired: true, locate: 'always' });
    expect([found.failure, found.exit.status]).toEqual([undefined, 0]);
  });

  it('has a network of its own with a loopback, a hostname of its own, users of its own', async () => {
    const { output } = await run(
      "cat /proc/net/dev | grep -c :; cat /sys/class/net/lo/operstate > /dev/null; hostname; cat /proc/self/uid_map | tr -s ' '",
      {
        namespaces: ['network', 'uts', 'user'],
        hostname: 'elsewhere',
        namespacesRequired: true,
        uid: 1234,
        gid: 1234,
      },
    );
    expect(output).toBe('1\nelsewhere\n 0 0 1\n 1234 1234 1\n');
  });
});
