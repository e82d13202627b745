/** Exits, orphans, signals, the process table and the tag that says whose a process is. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { ProcessInfo, ReceivedSignal } from '../../src/sys/host.ts';
import { eventually, isRoot, RealProcesses } from '../support/real-process.ts';

const processes = new RealProcesses();
const { host } = processes;
host.becomeSubreaper();
afterAll(() => host.close());

const run = processes.run.bind(processes);
const start = (script: string, overrides = {}): number => host.spawn(processes.request(script, overrides)).pid;

describe('random bytes', () => {
  it('are as many as were asked for, and never the same', () => {
    const asked = [1, 4, 16, 1024, 1025, 70_000, ...Array.from({ length: 500 }, () => 16)];
    const given = asked.map((size) => host.randomBytes(size));
    expect(given.map((bytes) => bytes.length)).toEqual(asked);
    const ids = given.slice(6).map((bytes) => bytes.toString('hex'));
    expect(new Set(ids).size).toBe(ids.length);
    // 256 bytes in a row that are all the same would be bytes that nobody has filled.
    for (const bytes of given.slice(3, 6))
      for (let at = 0; at + 256 <= bytes.length; at += 256)
        expect(new Set(bytes.subarray(at, at + 256)).size).toBeGreaterThan(64);
  });
});

describe('exits', () => {
  it('are told with code, signal and core, each once', async () => {
    const pids = [start('exit 0'), start('exit 255'), start('kill -TERM $$'), start('ulimit -c 0; kill -SEGV $$')];
    const exits = await Promise.all(pids.map((pid) => processes.exitOf(pid)));
    expect(exits.map(({ how, status }) => [how, status])).toEqual([
      ['exited', 0],
      ['exited', 255],
      ['killed', 15],
      ['killed', 11],
    ]);
    for (const pid of pids) expect(processes.exits.filter((exit) => exit.pid === pid)).toHaveLength(1);
  });

  it('tell what they used', async () => {
    const { exit } = await run('i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done');
    expect(exit.cpuMs).toBeGreaterThan(1);
    expect(exit.maxRssKiB).toBeGreaterThan(100);
  });

  it('of orphans come here, and none stays a zombie', async () => {
    // They end when this pipe does: after their parents, which would else have reaped them.
    const pipe = host.pipe();
    const end = '>/dev/null 2>&1 & echo $!)';
    const { output } = await run(
      `for i in $(seq 40); do ( (read x <&3; exit $i) ${end}; done; (setsid sh -c "read x <&3; exit 42" ${end}`,
      { fds: [pipe.read] },
    );
    host.closeFd(pipe.read);
    host.closeFd(pipe.write);
    const pids = output.trim().split('\n').map(Number);
    expect(pids).toHaveLength(41);
    await processes.until(() => pids.every((pid) => processes.exits.some((exit) => exit.pid === pid)));
    const status = new Map(processes.exits.map((exit) => [exit.pid, exit.status]));
    expect(pids.slice(0, 40).map((pid) => status.get(pid))).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(status.get(pids[40]!)).toBe(42);
    expect(host.processes().filter((p) => p.ppid === host.pid)).toEqual([]);
  });

  it('of our own children come while many orphans end', async () => {
    const before = processes.exits.length;
    const orphans = run('for i in $(seq 150); do (true &) ; done');
    const own: number[] = [];
    for (let i = 0; i < 20; i++) {
      const pid = start(`exit ${i}`);
      own.push((await processes.exitOf(pid)).status);
    }
    await orphans;
    expect(own).toEqual(Array.from({ length: 20 }, (_, i) => i));
    await processes.until(() => processes.exits.length >= before + 150 + 1 + 20);
    expect(host.processes().filter((p) => p.ppid === host.pid)).toEqual([]);
  }, 60_000);

  it('are never told from inside spawn', async () => {
    let told: number | undefined;
    const pid = start('exit 9');
    const busyUntil = host.monotonic() + 50;
    while (host.monotonic() < busyUntil) told = processes.exits.find((exit) => exit.pid === pid)?.pid;
    expect(told).toBeUndefined();
    expect((await processes.exitOf(pid)).status).toBe(9);
  });
});

describe('the process table', () => {
  it('has this process and its children', async () => {
    const reader = host.pipe();
    const pid = start('exec sleep 30', { fds: [reader.read] });
    const info = host.process(pid)!;
    expect(info).toMatchObject({ pid, ppid: process.pid, pgid: pid, sid: pid });
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    expect(info.startTime).toBe(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]));
    expect(host.processes().map((p) => p.pid)).toContain(process.pid);
    expect(host.commandLine(process.pid)![0]).toContain('node');
    host.kill(pid, 9, info.startTime);
    expect((await processes.exitOf(pid)).how).toBe('killed');
    expect(host.process(pid)).toBeUndefined();
    host.closeFd(reader.read);
    host.closeFd(reader.write);
  });

  it('reads names with blanks and brackets', async () => {
    const script = 'printf "%s" "a) R 1 (b" > /proc/$$/comm; kill -STOP $$';
    const pid = start(script);
    let info: ProcessInfo | undefined;
    await eventually(() => {
      info = host.process(pid);
      return info?.state === 'T';
    });
    expect(info?.comm).toBe('a) R 1 (b');
    expect(info?.ppid).toBe(process.pid);
    host.kill(pid, 9);
    await processes.exitOf(pid);
  });

  it('has the child of one that forked and ended while the table was read', async () => {
    const hops = 60;
    const pipe = host.pipe();
    const hop = 'exit if fork; select(undef, undef, undef, 0.02)';
    const before = processes.exits.length;
    const first = start(`exec perl -e 'for (1 .. ${hops}) { ${hop} } <STDIN>' <&3`, { fds: [pipe.read] });
    host.closeFd(pipe.read);
    const isAlive = (p: ProcessInfo): boolean => p.sid === first && p.state !== 'Z';
    while (processes.exits.length < before + hops) {
      expect(host.processes().filter(isAlive)).not.toEqual([]);
      await new Promise((next) => setImmediate(next));
    }
    host.closeFd(pipe.write);
    await processes.until(() => processes.exits.length > before + hops);
  }, 60_000);

  it('does not hit another process that has the pid now', async () => {
    const pid = start('exec sleep 30');
    const { startTime } = host.process(pid)!;
    expect(host.kill(pid, 9, startTime - 1)).toBe(false);
    expect(host.process(pid)).toBeDefined();
    expect(host.kill(pid, 9, startTime)).toBe(true);
    await processes.exitOf(pid);
    expect(host.kill(pid, 9, startTime)).toBe(false);
    expect(host.kill(pid, 9)).toBe(false);
  });
});

describe('families', () => {
  /** Of one process and all below it, as Host tells them. */
  const below = (pid: number): ProcessInfo[] =>
    host.families([pid]).flatMap(({ process: own, children }) => [own, ...children.flatMap(below)]);

  it('are all that a process has forked, whatever they do, those of its threads among them', async () => {
    const pipe = host.pipe();
    // Node forks from its main thread, and has others.
    const node = `${process.execPath} -e 'require("child_process").spawn("sh", ["-c", "sleep 1000 & exec sleep 1001"]);setInterval(() => {}, 1e6)'`;
    const shell = `(setsid sleep 1002 &); ${node} & (exec sleep 1003) & read x <&3; kill 0`;
    const pid = start(shell, { fds: [pipe.read] });
    const sleepers = (infos: readonly ProcessInfo[]): ProcessInfo[] => infos.filter(({ comm }) => comm === 'sleep');
    // The one that has left it is this process's.
    const orphans = (): ProcessInfo[] =>
      sleepers(host.families(host.childrenOf(host.pid)!).map((family) => family.process));
    await eventually(() => sleepers(below(pid)).length === 3 && orphans().length === 1);
    const [own] = host.families([pid]);
    expect(own!.process).toEqual(host.process(pid));
    expect(host.childrenOf(pid)).toEqual(own!.children);
    expect(host.families(own!.children).map((family) => family.process.pid)).toEqual(own!.children);
    host.kill(orphans()[0]!.pid, 9);
    for (const { pid: each } of below(pid).reverse()) host.kill(each, 9);
    await processes.exitOf(pid);
    expect(host.childrenOf(pid)).toBeUndefined();
    expect(host.families([pid, host.pid]).map((family) => family.process.pid)).toEqual([host.pid]);
    host.closeFd(pipe.read);
    host.closeFd(pipe.write);
  });

  it('have thousands of children', async () => {
    const pipe = host.pipe();
    const script = 'for (1 .. 3000) { unless (fork) { <STDIN>; exit } } kill "STOP", $$; <STDIN>; 1 while wait > 0';
    const pid = start(`exec perl -e '${script}' <&3`, { fds: [pipe.read] });
    host.closeFd(pipe.read);
    await eventually(() => host.process(pid)?.state === 'T', 30_000);
    const children = host.childrenOf(pid)!;
    expect(new Set(children).size).toBe(3000);
    expect(host.families(children).filter(({ process: { ppid } }) => ppid === pid)).toHaveLength(3000);
    host.kill(pid, 18);
    host.closeFd(pipe.write);
    await processes.exitOf(pid);
  }, 60_000);
});

describe('the mark', () => {
  const tag = 2 ** 40 + 12345;
  const check = 2 ** 52 + 6789;

  it.runIf(isRoot)('stays through forks, a session, another user and an empty environment', async () => {
    const daemon =
      'setsid sh -c "setpriv --reuid 1234 --regid 1234 --clear-groups env -i /bin/sh -c \'exec sleep 30\' &" ';
    const pid = start(daemon, { tag, check, limits: { LOCKS: { soft: 2 ** 50, hard: 2 ** 50 } } });
    await processes.exitOf(pid);
    const mine = (): ProcessInfo[] =>
      host.processes().filter((p) => p.tag === tag && p.check === check && p.comm === 'sleep');
    await eventually(() => mine().length > 0);
    const [found] = mine();
    expect(host.userIds(found!.pid)).toEqual([1234, 1234, 1234, 1234]);
    host.kill(found!.pid, 9, found!.startTime);
    await processes.exitOf(found!.pid);
    expect(mine()).toEqual([]);
  });

  it.runIf(isRoot)('can not be raised by the process, as a login would', async () => {
    const login = 'setpriv --reuid 1234 --regid 1234 --clear-groups prlimit --locks=unlimited true';
    expect((await processes.exitOf(start(`! ${login}`, { tag, check }))).status).toBe(0);
    expect((await processes.exitOf(start(login))).status).toBe(0);
  });

  it('is unset for a process that has none', () => {
    expect(host.process(process.pid)!.tag).toBe(
      Number.isFinite(host.limit('LOCKS').hard) ? host.limit('LOCKS').hard : undefined,
    );
  });
});

describe('signals', () => {
  it('come with name, sender and value, those of systemd(1) included', async () => {
    const manager = fileURLToPath(new URL('../support/signal-listener.ts', import.meta.url));
    const directory = mkdtempSync(join(tmpdir(), 'pidone-signals-'));
    const bundle = join(directory, 'listener.mjs');
    const esbuild = fileURLToPath(new URL('../../node_modules/.bin/esbuild', import.meta.url));
    // By the Host: Node's own child processes are out of use in this one.
    const built = await run('', {
      path: esbuild,
      argv: ['esbuild', manager, '--bundle', '--platform=node', '--format=esm', `--outfile=${bundle}`],
      env: [`PATH=${process.env.PATH}`],
    });
    expect(built.exit.status, built.output).toBe(0);
    const addon = ['../../build/Release/pidone.node', `../../prebuilds/${process.platform}-${process.arch}/pidone.node`]
      .map((path) => fileURLToPath(new URL(path, import.meta.url)))
      .find((path) => host.files.access(path, 'exists'))!;
    symlinkSync(addon, join(directory, 'addon.node'));
    const { connection, fd } = host.streamPair();
    let text = '';
    connection.onData = (chunk) => {
      text += chunk.toString();
      processes.poke();
    };
    const { pid } = host.spawn(
      processes.request('', {
        path: process.execPath,
        argv: ['node', bundle],
        stdout: { kind: 'fd', fd },
      }),
    );
    host.closeFd(fd);
    await processes.until(() => text.startsWith('ready\n'));
    for (const signal of [15, 2, 1, 30, 34, 37, 58]) host.kill(pid, signal);
    host.sigqueue(pid, 35, 77);
    await processes.until(() => text.split('\n').length > 9);
    const seen = text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as ReceivedSignal);
    expect(seen.every((signal) => signal.pid === process.pid)).toBe(true);
    expect(seen.map(({ signal }) => signal).sort()).toEqual([
      'SIGHUP',
      'SIGINT',
      'SIGPWR',
      'SIGRTMIN+0',
      'SIGRTMIN+1',
      'SIGRTMIN+24',
      'SIGRTMIN+3',
      'SIGTERM',
    ]);
    expect(seen.find(({ signal }) => signal === 'SIGRTMIN+1')!.value).toBe(77);
    host.kill(pid, 9);
    await processes.exitOf(pid);
    connection.destroy();
    rmSync(directory, { recursive: true });
  });
});

describe('memory at rest', () => {
  it('is given back: pages of program text leave, and the program goes on', () => {
    const residentKiB = (): number =>
      Number(/^Rss:\s+(\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]);
    const before = residentKiB();
    host.releaseMemory();
    expect(residentKiB()).toBeLessThan(before - 8 * 1024);
    expect(host.process(process.pid)?.pid).toBe(process.pid);
  });
});
