/** Every door of PID 1 (src/main/doors.ts): there is none that the table has not, and others than root get what it says. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callables, callersOf, doors, doorsOf } from '../../src/main/doors.ts';
import { verbNames } from '../../src/program/verbs.ts';
import { Container, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`doors of PID 1 left out: ${reason}`);

const program = (name: string) => ({
  path: `/opt/t/${name}`,
  text: readFileSync(new URL(`../support/${name}.pl`, import.meta.url), 'utf8'),
  mode: 0o755,
});
const callers: [who: string, as: string][] = [
  ['a user', 'setpriv --reuid=daemon --regid=daemon --clear-groups'],
  [
    'a service with nothing',
    'systemd-run -q --pipe -p User=daemon -p SystemCallFilter=@system-service -p SystemCallErrorNumber=EPERM',
  ],
];
/** What a program comes to that could do nothing of what it tried. */
const silence = { exit: 0, out: '', err: '' };
/** Where the files of doors are; those of networkd's user come from tmpfiles.d of its package. */
const roots = '/run/pidone /run/systemd /run/credentials /run/log /var/log/journal';
const types: Record<string, string> = { s: 'socket', f: 'file', d: 'directory', l: 'link' };
const unit = (name: string, text: string) => ({
  path: `/etc/systemd/system/${name}.service`,
  text: `[Service]\n${text}\n`,
});

describe.skipIf(reason !== undefined)('the doors of PID 1', () => {
  let container: Container;
  const out = async (command: string): Promise<string> => (await container.sh(command, 200_000)).out;

  beforeAll(async () => {
    container = await Container.boot([
      program('knocker'),
      unit('calm', 'ExecStart=/bin/sleep infinity\nSetCredential=key:secret'),
      unit('waits', 'Type=notify\nNotifyAccess=all\nTimeoutStartSec=infinity\nExecStart=/bin/sleep infinity'),
    ]);
    await container.sh(
      'systemctl start calm; systemctl start --no-block waits; systemd-run -q --unit=passing sleep infinity; ' +
        'systemctl set-property --runtime calm TasksMax=100; shutdown +100',
    );
  }, 180_000);
  afterAll(() => container?.end());

  /** What there is, as `find` tells it: type, mode, owner, path. */
  const found = async (): Promise<string[][]> =>
    (await out(`find ${roots} ! -user systemd-network -printf '%y %m %u %p\\n' 2>/dev/null`))
      .trim()
      .split('\n')
      .map((line) => line.split(' '));

  it('are all in the table: files, with type and mode', async () => {
    const all = await found();
    expect(all.length).toBeGreaterThan(20);
    const isKnown = ([type, mode, user, path]: string[]): boolean => {
      // A link has no mode of its own; what a credential has is its unit's.
      if (type === 'l' && /\/(system|generator[^/]*)\//.test(path!)) return true;
      if (/^\/run\/credentials\/[^/]*\/./.test(path!)) return true;
      return doorsOf(path!).some(
        (door) =>
          door.kind === types[type!] &&
          user === 'root' &&
          (door.mode === undefined || door.mode === (Number.parseInt(mode!, 8) & 0o777)),
      );
    };
    const missing = all.filter((line) => !isKnown(line));
    expect(missing.map((line) => line.join(' '))).toEqual([]);
  });

  it('are all there, but for those that are so only sometimes', async () => {
    const there = new Set((await found()).map(([, , , path]) => path));
    const gone = doors.filter(
      ({ path, kind, sometimes }) => kind !== 'file of PID 1' && kind !== 'bus name' && !sometimes && !there.has(path),
    );
    expect(gone).toEqual([]);
  });

  it('are all in the table: files that the kernel has of PID 1', async () => {
    // What is no file of this process alone, or not there with every kernel.
    const others =
      /^(arch_status|attr|autogroup|clear_refs|coredump_filter|cpuset|cpu_resctrl_groups|fdinfo|gid_map|ksm_.*|latency|loginuid|net|ns|numa_maps|oom_adj|oom_score_adj|patch_state|projid_map|schedstat|sessionid|setgroups|smaps_rollup|task|timens_offsets|timerslack_ns|uid_map|wchan)$/;
    const names = (await out('ls /proc/1')).trim().split('\n');
    expect(names.filter((name) => !others.test(name) && doorsOf(`/proc/1/${name}`).length === 0)).toEqual([]);
  });

  it('are all in the table: sockets that PID 1 listens on', async () => {
    const inodes = new Set((await out("ls -l /proc/1/fd | grep -o 'socket:.*' | tr -dc '0-9\\n'")).trim().split('\n'));
    const lines = (await out('tail -n +2 /proc/net/unix'))
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const named = lines.filter((line) => inodes.has(line[6]!) && line[7] !== undefined).map((line) => line[7]!);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((path) => doorsOf(path).length === 0)).toEqual([]);
    const inet = await out('cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 /proc/net/raw');
    const lines4 = inet.split('\n').map((line) => line.trim().split(/\s+/));
    expect(lines4.filter((line) => inodes.has(line[9] ?? ''))).toEqual([]);
  });

  describe.each(callers)('for %s', (_, as) => {
    const state =
      'systemctl show -p MainPID,ActiveState,SubState,StatusText,Environment,NFileDescriptorStore calm waits; ' +
      'systemctl show-environment; systemctl get-default; systemctl log-level; cat /run/systemd/shutdown/scheduled; ' +
      `find ${roots} /etc/systemd -printf '%y %m %u %p %l\\n' | grep -v -e /transient -e /journal/.*/ | sort; ls -l /proc/1/fd | wc -l >/dev/null`;

    it('files and directories are read where the table says so, and never changed', { timeout: 300_000 }, async () => {
      const all = (await found()).filter(([type]) => type === 'f' || type === 'd');
      const tries = all.flatMap(([type, , , path]) => {
        const reads = type === 'f' ? `cat "${path}"` : `ls "${path}"`;
        const writes =
          type === 'f'
            ? [`echo x >>"${path}"`, `chmod 777 "${path}"`, `rm "${path}"`]
            : [`touch "${path}/x"`, `mkdir "${path}/y"`, `chmod 777 "${path}"`];
        return [[`read ${path}`, reads], ...writes.map((write) => [`change ${path}`, write])] as [string, string][];
      });
      const script = tries.map(([name, command]) => `(${command}) >/dev/null 2>&1 && echo '${name}'`).join('\n');
      const before = await out(state);
      const done = (await out(`${as} sh -c ${quoted(script)}`)).trim().split('\n');
      expect(done.filter((name) => name.startsWith('change'))).toEqual([]);
      const read = new Set(done.filter((name) => name.startsWith('read')).map((name) => name.slice(5)));
      const wrong = all.filter(([, , , path]) => {
        const door = doorsOf(path!)[0];
        return door !== undefined && read.has(path!) !== (door.others === 'read');
      });
      expect(wrong.map((line) => line.join(' '))).toEqual([]);
      expect(await out(state)).toBe(before);
    });

    it('PID 1 is a process like another: nothing of its memory, files and environment', {
      timeout: 300_000,
    }, async () => {
      const all = doors.filter(({ kind }) => kind === 'file of PID 1');
      const tries = all.map(
        ({ path }) =>
          `{ head -c1 ${path} || ls ${path}/ || readlink ${path}; } 2>/dev/null | grep -qa . && echo ${path}`,
      );
      const read = new Set((await out(`${as} sh -c ${quoted(tries.join('\n'))}`)).trim().split('\n'));
      for (const { path, others } of all) expect([path, read.has(path)]).toEqual([path, others === 'read']);
      expect(await container.sh(`${as} /opt/t/knocker trace`)).toEqual(silence);
    });

    it('sockets give no more than the table says', { timeout: 300_000 }, async () => {
      const before = await out(state);
      expect(await container.sh(`${as} /opt/t/knocker sockets waits.service calm.service`)).toEqual(silence);
      await container.wait('journalctl -q -o cat | grep -q knock-last');
      const lines = await out('journalctl -q -o json --output-fields=_UID,_SYSTEMD_UNIT,UNIT,MESSAGE | grep knock-');
      const entries = lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, string>);
      expect(entries.length).toBeGreaterThan(3);
      for (const entry of entries) {
        expect([entry.MESSAGE, entry._UID]).toEqual([entry.MESSAGE, '1']);
        expect([entry.MESSAGE, entry._SYSTEMD_UNIT]).not.toEqual([entry.MESSAGE, 'calm.service']);
      }
      expect(await out(state)).toBe(before);
    });

    it('no verb does what root’s alone may', { timeout: 300_000 }, async () => {
      const before = await out(state);
      const calls = callables().flatMap(([name, rows]) =>
        rows
          .filter((row) => callersOf(row) !== 'everyone')
          .map((row) => {
            const words = verbNames(row).usage.map(() => 'calm.service');
            return [name, verbNames(row).names[0], ...words].join(' ');
          }),
      );
      expect(calls.length).toBeGreaterThan(40);
      const changes = new Set(
        callables().flatMap(([name, rows]) =>
          rows.filter((row) => callersOf(row) === 'root').map((row) => `${name} ${verbNames(row).names[0]}`),
        ),
      );
      // What is refused says so by its exit status; what was done instead is seen below.
      const script = calls.map((call) => `${call} >/dev/null 2>&1 </dev/null && echo "${call}"`).join('; ');
      const done = (await out(`${as} sh -c '${script}; true'`)).trim().split('\n').filter(Boolean);
      expect(done.filter((call) => changes.has(call.split(' ').slice(0, 2).join(' ')))).toEqual([]);
      expect(await out(state)).toBe(before);
    });

    it('every frame of the control protocol but a request is refused', { timeout: 300_000 }, async () => {
      const before = await out(state);
      expect(await container.sh(`${as} /opt/t/knocker frames`)).toEqual(silence);
      expect(await out('systemctl is-active calm')).toBe('active\n');
      expect(await out(state)).toBe(before);
    });

    it('the bus has errors for all but the properties', { timeout: 300_000 }, async () => {
      const methods = [
        'StartUnit s:calm.service s:replace',
        'Reload',
        'PowerOff',
        'ListUnits',
        'KillUnit s:calm.service',
      ];
      const before = await out(state);
      for (const method of methods) {
        const [name, ...words] = method.split(' ');
        const values = words.map((word) => word.replace(/^s:/, 'string:')).join(' ');
        const call = `${as} dbus-send --system --print-reply --dest=org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager.${name} ${values}`;
        expect([method, (await container.sh(call)).exit]).not.toEqual([method, 0]);
      }
      expect(await out(state)).toBe(before);
    });
  });
});

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
