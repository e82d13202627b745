/** What the kernel makes of the filters of src/exec/seccomp, and of other settings that only it can answer for. */
import { chmodSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SeccompSettings, seccompOf } from '../../src/exec/seccomp/filters.ts';
import type { SpawnRequest } from '../../src/sys/host.ts';
import { syscallKill } from '../../src/values/system-calls.ts';
import { isRoot, RealProcesses } from '../support/real-process.ts';

const processes = new RealProcesses();
const { host } = processes;
const SIGSYS = 31;
const EXDEV = 18;
const nobodyElse = 65533;
const CAP_SYS_ADMIN = 21n;
const isAdmin = ((host.capabilities().effective >> CAP_SYS_ADMIN) & 1n) === 1n;

const nothing: SeccompSettings = {
  SystemCallFilter: undefined,
  SystemCallErrorNumber: syscallKill,
  SystemCallLog: undefined,
  SystemCallArchitectures: [],
  MemoryDenyWriteExecute: false,
  RestrictNamespaces: -1,
  RestrictRealtime: false,
  RestrictSUIDSGID: false,
  RestrictAddressFamilies: undefined,
  LockPersonality: false,
  Personality: undefined,
  ProtectClock: false,
  ProtectHostname: { mode: 'no', name: undefined },
  ProtectKernelLogs: false,
  ProtectKernelModules: false,
  ProtectKernelTunables: false,
  PrivateDevices: false,
};

const seccomp = (settings: Partial<SeccompSettings>): Pick<SpawnRequest, 'seccomp'> => ({
  seccomp: seccompOf({ ...nothing, ...settings }, host.uname().machine),
});
const deny = (...calls: string[]): Partial<SeccompSettings> => ({
  SystemCallFilter: { allow: false, calls: new Map(calls.map((call) => [call, undefined])), said: [] },
});
/** What chown(1) may call. */
const chown = ['chown', 'fchown', 'lchown', 'fchownat'];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pidone-sandbox-'));
  chmodSync(directory, 0o755);
});
afterAll(() => {
  host.close();
  rmSync(directory, { recursive: true });
});

describe('filters of system calls', () => {
  const own = `${process.getuid?.()}:${process.getgid?.()}`;

  it('answer with an errno', async () => {
    const { output, exit } = await processes.run(
      `chown ${own} ${directory}; id -u`,
      seccomp({ ...deny(...chown), SystemCallErrorNumber: EXDEV }),
    );
    expect(output).toMatch(/Invalid cross-device link\n\d+\n$/);
    expect(exit).toMatchObject({ how: 'exited', status: 0 });
  });

  it('end the process', async () => {
    const { exit, failure } = await processes.run(`exec chown ${own} ${directory}`, seccomp(deny(...chown)));
    expect(failure).toBeUndefined();
    expect(exit.how).not.toBe('exited');
    expect(exit.status).toBe(SIGSYS);
  });

  it('allow what a list names', async () => {
    const list = { allow: true, calls: new Map([['getpid', undefined]]), said: [] };
    const { exit } = await processes.run('exec id', seccomp({ SystemCallFilter: list }));
    // Nothing of what a program begins with is in it.
    expect(exit.status).toBe(SIGSYS);
  });

  it('that bar the program end or fail its process only', async () => {
    const refused = await processes.run('true', seccomp({ ...deny('execve'), SystemCallErrorNumber: EXDEV }));
    expect(refused.lateFailure).toMatchObject({ step: 'EXEC', code: 'EXDEV' });
    expect(refused.exit).toMatchObject({ how: 'exited', status: 203 });
    const killed = await processes.run('true', seccomp(deny('execve')));
    expect(killed.exit.status).toBe(SIGSYS);
  });

  it('RestrictSUIDSGID= refuses bits of a mode', async () => {
    const file = join(directory, 'mode');
    writeFileSync(file, '');
    const { exit } = await processes.run(
      `chmod 0750 ${file} && chmod u+s ${file}`,
      seccomp({ RestrictSUIDSGID: true }),
    );
    expect(exit.status).toBe(1);
    expect(statSync(file).mode & 0o7777).toBe(0o750);
  });

  it('RestrictAddressFamilies= refuses sockets', async () => {
    const script = `const { connect } = require('node:net');
      for (const [name, to] of [['inet', { host: '127.0.0.1', port: 1 }], ['unix', { path: '${directory}/none' }]])
        connect(to).on('error', (error) => console.log(name, error.code));`;
    const { output } = await processes.run('', {
      path: process.execPath,
      argv: ['node', '-e', script],
      ...seccomp({ RestrictAddressFamilies: { allow: true, names: ['AF_UNIX'] } }),
    });
    expect(output.split('\n').sort()).toEqual(['', 'inet EAFNOSUPPORT', 'unix ENOENT']);
  });

  it('LockPersonality= keeps the execution domain', async () => {
    const free = await processes.run('setarch linux32 true');
    // A filter around the container may refuse it anyway.
    if (free.exit.status !== 0) return;
    const { exit } = await processes.run('setarch linux32 true', seccomp({ LockPersonality: true }));
    expect(exit.status).not.toBe(0);
  });

  it('take no_new_privs where the process is not privileged', async () => {
    const script = 'grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status | tr -d "\\t"';
    const filters = seccomp({ SystemCallArchitectures: ['native'] });
    const plain = await processes.run(script, filters);
    expect(plain.output).toBe(`NoNewPrivs:${isAdmin ? 0 : 1}\nSeccomp:2\n`);
    if (!isRoot) return;
    const other = await processes.run(script, { ...filters, uid: nobodyElse });
    expect(other.output).toBe('NoNewPrivs:1\nSeccomp:2\n');
  });
});

describe('other settings', () => {
  it('CoredumpFilter= is what the process has', async () => {
    const { output } = await processes.run('cat /proc/self/coredump_filter', { coredumpFilter: 0x12 });
    expect(output).toBe('00000012\n');
  });

  it('what belongs to the memory of a process stays out of the manager, and of who comes next', async () => {
    const facts = 'cat /proc/self/coredump_filter; grep THP_enabled /proc/self/status | tr -d "\\t"';
    const own = (): string[] => [
      readFileSync('/proc/self/coredump_filter', 'utf8'),
      /^THP_enabled:.*$/m.exec(readFileSync('/proc/self/status', 'utf8'))![0],
    ];
    const before = own();
    const [first] = before;
    const other = await processes.run(facts, { coredumpFilter: 0x12, hugePages: 'disable' });
    expect(other.output).toBe('00000012\nTHP_enabled:0\n');
    expect(own()).toEqual(before);
    expect((await processes.run(facts)).output).toBe(`${first}THP_enabled:1\n`);
  });

  it.runIf(isAdmin)('a namespace of users is joined by file', async () => {
    const { pid } = host.spawn(processes.request('exec sleep 1000', { namespaces: ['user'] }));
    try {
      const path = `/proc/${pid}/ns/user`;
      const { output } = await processes.run('readlink /proc/self/ns/user', { userNamespace: path });
      expect(output).toBe(`${readlinkSync(path)}\n`);
      expect(output).not.toBe(`${readlinkSync('/proc/self/ns/user')}\n`);
      const wrong = await processes.run('true', { userNamespace: '/proc/self/ns/net' });
      expect(wrong.failure).toMatchObject({ step: 'NAMESPACE', code: 'EINVAL' });
    } finally {
      host.kill(pid, 9);
      await processes.exitOf(pid);
    }
  });

  it.runIf(isAdmin)('a namespace of users owns those that are made after it', async () => {
    const rename = 'hostname renamed 2>/dev/null; hostname';
    const ask = async (delegated: SpawnRequest['namespaces']): Promise<string> =>
      (await processes.run(rename, { namespaces: ['uts', 'user'], ...(delegated ? { delegated } : {}) })).output;
    const own = (await processes.run('hostname')).output;
    expect(await ask(['uts'])).toBe('renamed\n');
    expect(await ask(undefined)).toBe(own);
    expect((await processes.run('hostname')).output).toBe(own);
  });

  it('namespaces are joined by file, which must be one of the kind', async () => {
    const joined = await processes.run('readlink /proc/self/ns/net', { networkNamespace: '/proc/self/ns/net' });
    expect(joined.output).toBe(`${(await processes.run('readlink /proc/self/ns/net')).output}`);
    const missing = await processes.run('true', { networkNamespace: join(directory, 'none') });
    expect(missing.failure).toMatchObject({ step: 'NETWORK', code: 'ENOENT' });
    const wrong = await processes.run('true', { ipcNamespace: '/proc/self/ns/net' });
    expect(wrong.failure).toMatchObject({ step: 'NAMESPACE', code: 'EINVAL' });
    const file = await processes.run('true', { networkNamespace: '/etc/passwd' });
    expect(file.failure).toMatchObject({ step: 'NETWORK', code: 'EINVAL' });
  });

  it.runIf(isAdmin)('mounts of the process propagate as asked', async () => {
    const tag = 'grep " / / " /proc/self/mountinfo | grep -o -E "shared|master" | sort -u | tr "\\n" " "';
    const of = async (propagation: 'shared' | 'private'): Promise<string> =>
      (await processes.run(tag, { namespaces: ['mount'], propagation })).output;
    expect(await of('shared')).toContain('shared');
    expect(await of('private')).toBe('');
  });

  it.runIf(isAdmin)('devices and message queues are those of the unit', async () => {
    const { output } = await processes.run(
      'cd /dev; ls char/1:3 && readlink char/1:3; stat -c %t:%T null; echo x >null; ls -d mqueue hugepages; ' +
        'grep " /dev/mqueue " /proc/self/mountinfo | tail -n 1 | sed "s/.* - //; s/ .*//"; ls mqueue; ls -d sda 2>&1',
      {
        namespaces: ['ipc'],
        mounts: [
          { kind: 'dev', target: '/dev' },
          { kind: 'mqueue', target: '/dev/mqueue', optional: true },
        ],
      },
    );
    expect(output).toBe(
      "char/1:3\n../null\n1:3\nhugepages\nmqueue\nmqueue\nls: cannot access 'sda': No such file or directory\n",
    );
  });

  it.runIf(isRoot && isAdmin)('a process name space shows what is in it, and its first process is 1', async () => {
    const { output } = await processes.run('echo $$; ls -d /proc/[0-9]* | wc -l', {
      namespaces: ['pid'],
      mounts: [{ kind: 'proc', target: '/proc' }],
    });
    const [pid, seen] = output.split('\n');
    expect([pid, Number(seen) < 8]).toEqual(['1', true]);
  });

  it.runIf(isRoot && isAdmin)('a range of ids means itself, all others nobody', async () => {
    const of = async (userRange?: number): Promise<string> =>
      (
        await processes.run('tr -s " " < /proc/self/uid_map', {
          namespaces: ['user'],
          uid: 1234,
          ...(userRange === undefined ? {} : { userRange }),
        })
      ).output;
    expect(await of()).toBe(' 0 0 1\n 1234 1234 1\n');
    expect(await of(65536)).toBe(' 0 0 65536\n');
    expect(await of(2 ** 32 - 1)).toBe(' 0 0 4294967295\n');
  });

  it.runIf(isRoot && isAdmin)('a host name of its own, and a name space of control groups', async () => {
    const { output } = await processes.run('hostname; cat /proc/self/cgroup | sed "s/.*://" | sort -u', {
      namespaces: ['uts', 'cgroup'],
      hostname: 'box.example',
    });
    expect(output).toBe('box.example\n/\n');
  });

  it('files are opened for passing on', async () => {
    const file = join(directory, 'log');
    writeFileSync(file, 'one\n');
    const fd = host.openFd(file, 'append');
    await processes.run('echo two >&3', { fds: [fd], fdsNonBlocking: false });
    host.closeFd(fd);
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
    const listener = host.listenStream(join(directory, 'socket'), 0o600);
    const connection = host.openFd(join(directory, 'socket'), 'readwrite');
    expect(connection).toBeGreaterThan(2);
    host.closeFd(connection);
    listener.close();
    expect(() => host.openFd(join(directory, 'none'), 'read')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it.runIf(isRoot && isAdmin)('IPC objects of a user are removed, and of no other', async () => {
    // Ids and names that another run of these tests does not have.
    const id = 100_000_000 + process.pid;
    const [theirs, own] = ['theirs', 'own'].map((whose) => `/dev/shm/pidone-${process.pid}-${whose}`);
    await processes.run(`ipcmk -M 4096; ipcmk -Q; ipcmk -S 1; mkdir ${theirs}; echo >${theirs}/f`, {
      uid: id,
      gid: id,
      groups: [],
    });
    await processes.run(`echo >${own}`);
    const left = async (): Promise<string> =>
      (await processes.run(`cat /proc/sysvipc/* | grep -c -w ${id}; ls -d /dev/shm/pidone-${process.pid}-*`)).output;
    expect(await left()).toBe(`3\n${own}\n${theirs}\n`);
    expect(host.removeIpc(id, undefined)).toBe(5);
    expect(await left()).toBe(`0\n${own}\n`);
    expect(host.removeIpc(undefined, id)).toBe(0);
    rmSync(own!);
  });
});
