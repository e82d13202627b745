/** `pidone doctor` in containers of several kinds: what it says of packages that are known to meet limits, and nothing else. */
import { describe, expect, it } from 'vitest';
import { type World, type WorldOptions, world } from '../../../support/world.ts';
import { enabled, type Package, packages } from './packages.ts';

/** What Docker gives a container. */
const usual = 0xa80425fbn;
const everything = (1n << 41n) - 1n;

const withoutLoopback6 = 'fe800000000000000000000000000001 02 40 20 80     eth0\n';

function machine(installed: readonly Package[], options: WorldOptions = {}): World {
  const w = world({
    capabilities: usual,
    ...options,
    files: {
      '/usr/lib/systemd/system/default.target': '-> multi-user.target',
      '/usr/lib/systemd/system/multi-user.target': '[Unit]\nDescription=Multi-User System\n',
      '/usr/lib/systemd/system/network.target': '[Unit]\nDescription=Network\n',
      '/usr/bin/start-stop-daemon': '',
      ...options.files,
    },
  });
  for (const { files, wanted } of installed) {
    for (const [path, text] of Object.entries(files)) {
      if (path.startsWith('/etc/init.d/')) w.files.put(path, text, 0o755);
      else w.put(path, text);
      // programs of the units are there
      for (const [, program] of text.matchAll(/^Exec\w+=[-@:+!]*(\/\S+)/gm))
        if (w.files.tryStat(program!) === undefined) w.files.put(program!, '#!', 0o755);
    }
    for (const unit of wanted) enabled(w, unit);
  }
  return w;
}

interface Finding {
  unit: string;
  verdict: string;
  reason: string;
  place: { file: string; line: number; text: string } | null;
  change: string | null;
  because: string | null;
}
interface Document {
  container: { name: string; text: string; limited: boolean; change: string | null }[];
  units: Finding[];
  settings: { setting: string; inPart: boolean; unit: string; change: string | null; place: Finding['place'] }[];
}

async function diagnosis(w: World, line = ''): Promise<Document & { status: number }> {
  const { out, err, status } = await w.call('pidone', `doctor --json ${line}`);
  expect(err).toBe('');
  return { ...(JSON.parse(out) as Document), status };
}

/** /proc/net/fib_trie, with the container's own addresses. */
const fibOf = (...own: string[]): string =>
  `Main:\n  +-- 0.0.0.0/0 3 0 5\n${own.map((address) => `     |-- ${address}\n        /32 host LOCAL\n`).join('')}`;

const verdicts = ({ units }: Document): [string, string][] => units.map(({ unit, verdict }) => [unit, verdict]);

describe('a unit that will fail', () => {
  it('listens on an address that the container has not got: unbound', async () => {
    const files = { '/proc/net/if_inet6': withoutLoopback6 };
    const found = await diagnosis(machine([packages.unbound], { files }));
    expect(found.units).toEqual([
      {
        unit: 'unbound.service',
        verdict: 'fails',
        reason: 'unbound listens on ::1, and the container has no such address',
        place: {
          file: '/usr/lib/systemd/system/unbound.service',
          line: 11,
          text: 'ExecStart=/usr/sbin/unbound -d -p $DAEMON_OPTS',
        },
        change: expect.stringContaining('do-ip6: no'),
        because: null,
      },
    ]);
    expect(found.status).toBe(1);
  });

  it.each([
    ['has the address', { '/proc/net/if_inet6': `${'0'.repeat(31)}1 01 80 10 80       lo\n` }],
    [
      'is told not to use it',
      { '/proc/net/if_inet6': withoutLoopback6, '/etc/unbound/unbound.conf.d/a.conf': 'server:\n  do-ip6: no\n' },
    ],
    [
      'listens elsewhere',
      { '/proc/net/if_inet6': withoutLoopback6, '/etc/unbound/unbound.conf': 'server:\n  interface: 127.0.0.1\n' },
    ],
  ])('and not where it %s', async (_, files) => {
    const found = await diagnosis(machine([packages.unbound], { files }));
    expect([found.units, found.status]).toEqual([[], 0]);
  });

  describe('reads a key that a package brings which is only recommended: unbound', () => {
    const key = '/var/lib/unbound/root.key';
    const conf = {
      '/etc/unbound/unbound.conf.d/root.conf': `server:\n  do-ip6: no\n  auto-trust-anchor-file: "${key}"\n`,
    };

    it('and fails without it', async () => {
      const found = await diagnosis(machine([packages.unbound], { files: conf }));
      expect(found.units).toMatchObject([
        {
          unit: 'unbound.service',
          verdict: 'fails',
          reason: `unbound reads ${key}, which is not there`,
          change: 'apt-get install dns-root-data',
        },
      ]);
    });

    it.each(['/usr/share/dns/root.key', key])('and not with %s', async (path) => {
      const found = await diagnosis(machine([packages.unbound], { files: { ...conf, [path]: '' } }));
      expect(found.units).toEqual([]);
    });
  });

  it('needs a mount, and all fail that require it: nfs-server', async () => {
    const found = await diagnosis(machine([packages.nfs]));
    expect(found.units.map(({ unit, verdict, because }) => [unit, verdict, because])).toEqual([
      ['nfs-server.service', 'fails', 'proc-fs-nfsd.mount'],
      ['proc-fs-nfsd.mount', 'fails', null],
    ]);
    const [, mount] = found.units;
    expect(mount).toMatchObject({
      place: { file: '/usr/lib/systemd/system/proc-fs-nfsd.mount', line: 7, text: 'Type=nfsd' },
      change: expect.stringContaining('--cap-add=SYS_ADMIN'),
    });
    const mounted = machine([packages.nfs]);
    mounted.host.mount('/proc/fs/nfsd');
    expect((await diagnosis(mounted)).units).toEqual([]);
    expect((await diagnosis(machine([packages.nfs], { capabilities: everything }))).units).toEqual([]);
  });

  it.each(['slapd', 'zookeeper'] as const)(
    'is an init script that knows its daemon by its program: %s',
    async (name) => {
      const found = await diagnosis(machine([packages[name]]));
      expect(found.units).toEqual([
        {
          unit: `${name}.service`,
          verdict: 'limited',
          reason: expect.stringMatching(
            /^start-stop-daemon --exec does not find .* no CAP_SYS_PTRACE: a stop ends all of the unit’s processes/,
          ),
          place: { file: `/etc/init.d/${name}`, line: expect.any(Number), text: expect.stringContaining('--exec') },
          change: expect.stringContaining('--cap-add=SYS_PTRACE'),
          because: null,
        },
      ]);
      const traced = machine([packages[name]], { capabilities: usual | (1n << 19n) });
      expect(await diagnosis(traced)).toMatchObject({ units: [], status: 0 });
    },
  );

  describe.each<{
    program: string;
    reason: string;
    verdict?: string;
    files: Record<string, string>;
    other?: Record<string, string>;
  }>([
    {
      program: '/usr/sbin/snmpd -f',
      reason: 'snmpd listens on ::1 (/etc/snmp/snmpd.conf), and the container has no such address',
      files: { '/proc/net/if_inet6': withoutLoopback6, '/etc/snmp/snmpd.conf': 'agentaddress  127.0.0.1,[::1]\n' },
      other: { '/etc/snmp/snmpd.conf': '# agentaddress [::1]\nagentaddress 127.0.0.1\n' },
    },
    {
      program: '/usr/share/memcached/scripts/systemd-memcached-wrapper /etc/memcached.conf',
      reason: 'memcached listens on ::1 (/etc/memcached.conf), and the container has no such address',
      files: { '/proc/net/if_inet6': withoutLoopback6, '/etc/memcached.conf': '-l 127.0.0.1\n-l ::1\n' },
      other: { '/etc/memcached.conf': '-l 127.0.0.1\n#-l ::1\n' },
    },
    {
      program: '/usr/sbin/nmbd --foreground',
      reason: 'nmbd waits for a network, and the container has no address but 127.0.0.1',
      files: { '/proc/net/fib_trie': fibOf('127.0.0.1') },
      other: { '/proc/net/fib_trie': fibOf('127.0.0.1', '172.17.0.2') },
    },
    {
      program: '/usr/bin/prometheus-alertmanager',
      reason: 'alertmanager tells others of its cluster its address, and the container has none but 127.0.0.1',
      files: { '/proc/net/fib_trie': fibOf('127.0.0.1'), '/etc/default/prometheus-alertmanager': 'ARGS=""\n' },
      other: { '/etc/default/prometheus-alertmanager': 'ARGS="--cluster.listen-address="\n' },
    },
    {
      program: '/usr/bin/fail2ban-server -xf start',
      reason: 'fail2ban watches /var/log/auth.log, which is not there',
      files: { '/etc/fail2ban/jail.d/defaults-debian.conf': '[sshd]\nport = ssh\nenabled = true\n' },
      other: { '/var/log/auth.log': '' },
    },
    {
      program: '/usr/bin/fail2ban-server -xf start',
      verdict: 'limited',
      reason: 'fail2ban reads the files of journald, which are not there: it bans nobody',
      files: { '/etc/fail2ban/jail.d/defaults-debian.conf': '[sshd]\nbackend = systemd\nenabled = true\n' },
      other: { '/etc/fail2ban/jail.d/z.local': '[sshd]\nbackend = auto\n', '/var/log/auth.log': '' },
    },
    {
      program: '/usr/sbin/dockerd -H fd://',
      reason: 'dockerd mounts the file systems of its containers, and the container has no CAP_SYS_ADMIN',
      files: {},
    },
  ])('has a program whose configuration asks for what is not there: $reason', (row) => {
    const { program, reason, files, verdict = 'fails', other } = row;
    const found = async (added: Readonly<Record<string, string>>): Promise<unknown> => {
      const made = machine([packages.simple(`ExecStart=\nExecStart=${program}`)], { files: { ...files, ...added } });
      return (await diagnosis(made)).units.map(({ verdict: is, reason: why }) => [is, why]);
    };
    it('says so', async () => {
      expect(await found({})).toEqual([[verdict, reason]]);
    });
    it.skipIf(other === undefined)('says nothing where it is another', async () => {
      expect(await found(other ?? {})).toEqual([]);
    });
  });

  it('needs rights over the network even where it may mount: dockerd', async () => {
    const made = machine([packages.simple('ExecStart=\nExecStart=/usr/sbin/dockerd')], {
      capabilities: usual | (1n << 21n),
    });
    expect((await diagnosis(made)).units).toMatchObject([{ reason: expect.stringContaining('CAP_NET_ADMIN') }]);
  });

  it.each([
    ['User=nobody-knows', 'Failed to determine user credentials: No such process', 'User=nobody-knows'],
    ['BindPaths=/srv', 'the container has no CAP_SYS_ADMIN', 'BindPaths=/srv'],
    ['TemporaryFileSystem=/srv', 'the container has no CAP_SYS_ADMIN', 'TemporaryFileSystem=/srv'],
    ['ExecStartPre=/usr/bin/missing', 'Failed to locate executable /usr/bin/missing: No such file or directory', ''],
    ['EnvironmentFile=/etc/missing', expect.stringContaining('Failed to load environment files'), ''],
    ['WorkingDirectory=relative', 'Unit a.service has a bad unit file setting.', ''],
  ])('for %s', async (line, reason, text) => {
    const w = machine([packages.simple(line)]);
    w.files.removeTree('/usr/bin/missing');
    const { units, status } = await diagnosis(w);
    expect([status, units]).toMatchObject([1, [{ unit: 'a.service', verdict: 'fails', reason }]]);
    if (text !== '') expect(units[0]!.place).toEqual({ file: '/usr/lib/systemd/system/a.service', line: 3, text });
  });

  it('asks for rights that root itself has not got here', async () => {
    const bare = (line: string): Promise<Document> => diagnosis(machine([packages.simple(line)], { capabilities: 0n }));
    expect((await bare('User=www-data')).units).toMatchObject([{ reason: 'the container has no CAP_SETGID' }]);
    expect((await bare('SecureBits=noroot')).units).toMatchObject([{ reason: 'the container has no CAP_SETPCAP' }]);
    expect((await bare('RootDirectory=/srv')).units).toMatchObject([{ reason: 'the container has no CAP_SYS_CHROOT' }]);
    expect((await bare('Nice=5')).units).toEqual([]);
  });

  it('is one of a user who is not the manager’s', async () => {
    const w = machine([packages.simple('User=www-data')], { uid: 1000, capabilities: 0n });
    expect((await diagnosis(w)).units).toMatchObject([
      { unit: 'a.service', reason: expect.stringContaining('the manager runs as uid 1000 and not as root') },
    ]);
  });

  it('is one of a user whom the boot makes, and does not fail', async () => {
    const files = { '/usr/lib/sysusers.d/a.conf': 'u made - "Made at the boot"\n' };
    expect((await diagnosis(machine([packages.simple('User=made')], { files }))).units).toEqual([]);
  });

  it('is looked at where a boot starts it, or where it is asked for', async () => {
    const idle: Package = { ...packages.simple('BindPaths=/srv'), wanted: [] };
    expect(verdicts(await diagnosis(machine([idle])))).toEqual([]);
    expect(verdicts(await diagnosis(machine([idle]), 'a'))).toEqual([['a.service', 'fails']]);
    expect(verdicts(await diagnosis(machine([idle]), '--all'))).toEqual([['a.service', 'fails']]);
  });
});

describe('a unit that is left out', () => {
  it('has a condition that no container fulfils: chrony', async () => {
    const found = await diagnosis(machine([packages.chrony]));
    expect(found.units).toEqual([
      {
        unit: 'chrony.service',
        verdict: 'skipped',
        reason: 'its condition does not hold here: ConditionCapability=CAP_SYS_TIME',
        place: { file: '/usr/lib/systemd/system/chrony.service', line: 3, text: 'ConditionCapability=CAP_SYS_TIME' },
        change: expect.stringMatching(/--cap-add=SYS_TIME, with which it sets the clock of the machine$/),
        because: null,
      },
    ]);
    expect(found.status).toBe(0);
    const able = machine([packages.chrony], { capabilities: everything });
    expect((await diagnosis(able)).units).toEqual([]);
  });

  it('is none that pidone runs: systemd-timesyncd', async () => {
    const found = await diagnosis(machine([packages.timesyncd]));
    expect(verdicts(found)).toEqual([['systemd-timesyncd.service', 'not run']]);
    expect(found.units[0]!.reason).toBe("the clock is the host's");
    expect(found.status).toBe(0);
  });

  it('for what is in the image is not the container’s affair', async () => {
    const w = machine([packages.simple('', 'ConditionPathExists=/etc/not-there')]);
    expect((await diagnosis(w)).units).toEqual([]);
  });
});

describe('settings', () => {
  it('that do nothing are named with their lines, and with what does the same for the container', async () => {
    const w = machine([packages.simple('PrivateTmp=yes\nMemoryMax=1G\nProtectHome=no\nNoNewPrivileges=yes')]);
    const { settings, status } = await diagnosis(w);
    expect(settings).toMatchObject([
      {
        setting: 'PrivateTmp',
        unit: 'a.service',
        place: { line: 3, text: 'PrivateTmp=yes' },
        change: expect.stringContaining('SYS_ADMIN'),
      },
      { setting: 'MemoryMax', place: { line: 4 }, change: expect.stringContaining('--memory=SIZE') },
    ]);
    expect(status).toBe(0);
  });

  it('that are left out say so, as the journal would; with $PIDONE_STRICT they fail', async () => {
    const unit = packages.simple('CPUSchedulingPolicy=rr\nAmbientCapabilities=CAP_NET_ADMIN');
    const limits = { RTPRIO: { soft: 0, hard: 0 } };
    expect((await diagnosis(machine([unit], { limits }))).units).toMatchObject([
      { verdict: 'limited', reason: 'The container has no CAP_NET_ADMIN, leaving it out of AmbientCapabilities=.' },
      {
        verdict: 'limited',
        reason: 'The container has no CAP_SYS_NICE, going on without all of CPUSchedulingPolicy=.',
        place: { line: 3 },
      },
    ]);
    const strict = await machine([unit], { limits }).call('pidone', 'doctor --json', { env: { PIDONE_STRICT: 'yes' } });
    expect(JSON.parse(strict.out)).toMatchObject({
      units: [{ verdict: 'fails', reason: 'the container has no CAP_SYS_NICE' }],
    });
  });
});

describe('the container', () => {
  const factOf = async (options: WorldOptions, name: string): Promise<Document['container'][number] | undefined> =>
    (await diagnosis(machine([], options))).container.find((fact) => fact.name === name);

  it('lacks rights, and what follows is said', async () => {
    expect(await factOf({}, 'no CAP_SYS_ADMIN')).toMatchObject({
      limited: true,
      change: expect.stringContaining('--cap-add=SYS_ADMIN'),
    });
    expect(await factOf({ capabilities: everything }, 'no CAP_SYS_ADMIN')).toBeUndefined();
    expect(await factOf({ uid: 33, capabilities: 0n }, 'container')).toMatchObject({
      limited: true,
      text: expect.stringContaining('www-data (uid 33)'),
    });
  });

  it('has limits, a clock, and a stop that takes its time', async () => {
    expect(await factOf({ files: { '/sys/fs/cgroup/pids.max': '20\n' } }, 'control groups')).toMatchObject({
      text: expect.stringContaining('20 processes and threads'),
    });
    expect(await factOf({ limits: { NOFILE: { soft: 20, hard: 40 } } }, 'descriptors')).toMatchObject({
      limited: true,
      change: expect.stringContaining('--ulimit nofile='),
    });
    expect(await factOf({ now: 0 }, 'clock')).toMatchObject({ text: expect.stringContaining('1970-01-01') });
    const slow = await diagnosis(machine([packages.simple('TimeoutStopSec=200')]));
    expect(slow.container.find(({ name }) => name === 'stop')).toMatchObject({
      text: expect.stringContaining('3min 20s (a.service)'),
      change: expect.stringMatching(/^docker stop -t 210, .* terminationGracePeriodSeconds: 210\)$/),
    });
  });

  it('is seen as the manager sees it, whoever asks', async () => {
    const status = (uid: number, mask: string): string =>
      `Name:\tx\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nGid:\t0\t0\t0\t0\nGroups:\t\nNoNewPrivs:\t1\nSeccomp:\t2\n` +
      `CapPrm:\t${mask}\nCapEff:\t${mask}\nCapBnd:\t${mask}\n`;
    const w = machine([packages.simple('User=www-data')], { uid: 1000, pid: 7, init: 'systemd', capabilities: 0n });
    w.put('/proc/1/status', status(0, '00000000a80425fb'));
    w.put('/proc/7/status', status(1000, '0000000000000000'));
    expect(verdicts(await diagnosis(w))).toEqual([['a.service', 'fails']]);
    // its stamp says that PID 1 is a manager of this boot
    const init = w.host.process(1)!;
    w.put('/run/pidone/manager', `1 ${init.startTime} ${w.host.bootId}  ${init.startTime}\n`);
    const found = await diagnosis(w);
    expect(verdicts(found)).toEqual([]);
    expect(found.container).toContainEqual({ name: 'PID 1', text: 'pidone', limited: false, change: null });
    expect(found.container.find(({ name }) => name === 'system calls')).toMatchObject({
      text: expect.stringMatching(/filtered.*no_new_privs/),
    });
  });
});

describe('the page', () => {
  it('has everything in its order, and what is to be changed', async () => {
    const { out, status } = await machine([packages.nfs, packages.chrony, packages.timesyncd]).call('pidone', 'doctor');
    expect(status).toBe(1);
    expect(out.replace(/^This container\n(?: {2}.*\n)+/, '')).toMatchInlineSnapshot(`
      "
      Will fail (2)
        proc-fs-nfsd.mount: the container may not mount (no CAP_SYS_ADMIN)
            /usr/lib/systemd/system/proc-fs-nfsd.mount:7: Type=nfsd
            and with it nfs-server.service
            change: run the container with --cap-add=SYS_ADMIN, which is close to all rights over the machine; or systemctl mask proc-fs-nfsd.mount

      Will not start: a condition keeps them from containers like this one (1)
        chrony.service: its condition does not hold here: ConditionCapability=CAP_SYS_TIME
            /usr/lib/systemd/system/chrony.service:3: ConditionCapability=CAP_SYS_TIME
            change: run the container with --cap-add=SYS_TIME, with which it sets the clock of the machine

      Not run by pidone; to whoever needs one it is as good as there (1)
        systemd-timesyncd.service: the clock is the host's

      Some of them will fail here. 8 units were looked at, and the settings of 8.
      "
    `);
  });

  it('of a container in which nothing fails says so', async () => {
    const { out, status } = await machine([packages.simple('')]).call('pidone', 'doctor');
    expect([status, out]).toEqual([0, expect.stringMatching(/None of them will fail for what this container is\./)]);
  });
});

describe('a wrong call', () => {
  it.each([
    ['', 'A command is missing: doctor.\n'],
    ['nurse', 'Unknown command nurse: it is doctor, or the name of a program (pidone systemctl …).\n'],
    ['doctor --json=xml', 'Unknown mode --json=xml: it is short or pretty.\n'],
    ['doctor a@.service', 'a@.service: a template, which has no instance.\n'],
    ['doctor --frob', "pidone: unrecognized option '--frob'\n"],
  ])('pidone %s', async (line, err) => {
    expect(await machine([]).call('pidone', line)).toEqual({ status: 2, out: '', err });
  });
});
