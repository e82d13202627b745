/** What the container permits its manager, each fact with what follows from it. */
import { canMount, canRaiseLimits, canSchedule } from '../../exec/confinement.ts';
import { memoryLimit, processLimit } from '../../sys/cgroup.ts';
import type { Host } from '../../sys/host.ts';
import { reservedDescriptors } from '../../sys/reserve.ts';
import { evaluateCondition } from '../../unitfile/conditions/conditions.ts';
import { inUserNamespace } from '../../unitfile/conditions/machine.ts';
import { formatCapabilitySet } from '../../values/capabilities.ts';
import { formatTimeSpan } from '../../values/time/time-span.ts';
import { capabilityLimit, idLimit, initLimit, procLimit, userLimit } from '../common/limits.ts';
import { grant } from './changes.ts';
import type { Examination } from './examine.ts';
import { hasCapability, lacksLoopback6 } from './needs.ts';
import type { Patient } from './patient.ts';

export interface Fact {
  readonly name: string;
  readonly text: string;
  /** Something that a unit may ask for is not to be had. */
  readonly limited: boolean;
  readonly change: string | undefined;
}

export function factsOf(patient: Patient, { slowestStop }: Pick<Examination, 'slowestStop'>): Fact[] {
  const { host } = patient;
  return [
    whoFact(patient),
    initFact(patient),
    ...capabilityFacts(host),
    namespaceFact(host),
    filterFact(patient),
    runFact(host),
    groupFact(host),
    ...limitFacts(host),
    clockFact(host),
    ...networkFacts(host),
    ...procFacts(host),
    stopFact(slowestStop),
  ];
}

const fact = (name: string, text: string, limited = false, change?: string): Fact => ({ name, text, limited, change });

function whoFact({ host }: Patient): Fact {
  const { container } = host.virtualization();
  const where = container === 'none' ? 'no container' : container;
  const limit = userLimit(host, 'system') ?? capabilityLimit(host, 'system') ?? idLimit(host, 'system');
  const who = host.uid === 0 ? 'root' : `uid ${host.uid}`;
  return fact('container', limit === undefined ? `${where}, as ${who}` : `${where}. ${limit}`, limit !== undefined);
}

/** PID 1, and what stands for it. */
function initFact({ host, manager }: Patient): Fact {
  if (manager === 1) return fact('PID 1', 'pidone');
  const below = initLimit(host);
  if (manager !== undefined && below !== undefined) return fact('PID 1', below);
  const init = host.pid === 1 ? 'this program' : (host.process(1)?.comm ?? 'unknown');
  const what = manager === undefined ? 'no manager runs' : `a manager was started for a call, as process ${manager}`;
  return fact(
    'PID 1',
    `${init}; ${what}: nothing is started at a boot, and docker stop stops no service in order`,
    false,
    'CMD ["/usr/bin/systemctl"] in the Dockerfile, directly or below --init',
  );
}

/** Capabilities that units of many packages ask for, and what becomes of them without. */
const asked: readonly (readonly [name: string, without: string, has?: (host: Host) => boolean])[] = [
  [
    'CAP_SYS_ADMIN',
    'no mounts, no namespaces: sandboxing by them is left out, BindPaths= and mount units fail',
    canMount,
  ],
  ['CAP_SYS_NICE', 'priorities are left out, and said', canSchedule],
  ['CAP_SYS_RESOURCE', 'limits rise no further than those of the container', canRaiseLimits],
  ['CAP_SYS_PTRACE', 'programs of other users are not recognized by /proc/PID/exe (start-stop-daemon --exec)'],
  ['CAP_NET_ADMIN', 'no network devices, routes or packet filters can be set'],
  ['CAP_SYS_CHROOT', 'RootDirectory= fails'],
  ['CAP_SETPCAP', 'CapabilityBoundingSet= and SecureBits= fail'],
  ['CAP_NET_BIND_SERVICE', 'ports below 1024 fail, where the machine keeps them for root'],
  ['CAP_KILL', 'processes of other users get no signal'],
  ['CAP_CHOWN', 'StateDirectory= and its kin can’t be given to the user of a service'],
];

function capabilityFacts(host: Host): Fact[] {
  const { effective } = host.capabilities();
  const names = formatCapabilitySet(effective)
    .split(' ')
    .filter(Boolean)
    .map((name) => name.slice(4).toUpperCase());
  const lacking = asked.filter(([name, , has = () => hasCapability(host, name)]) => !has(host));
  return [
    fact('capabilities', names.length === 0 ? 'none' : names.length > 40 ? 'all' : names.join(' ')),
    ...lacking.map(([name, without]) => fact(`no ${name}`, without, true, grant(name))),
  ];
}

function namespaceFact(host: Host): Fact {
  if (!inUserNamespace(host)) return fact('user namespace', 'that of the machine');
  return fact('user namespace', 'one of its own: rights count for what belongs to it, not for the machine', true);
}

function filterFact({ rights }: Patient): Fact {
  const seccomp = rights?.seccomp ?? 'unknown';
  const plain = seccomp === 'filter' ? 'filtered by the engine (seccomp)' : `seccomp ${seccomp}`;
  if (rights?.noNewPrivileges !== true) return fact('system calls', plain);
  return fact(
    'system calls',
    `${plain}; no_new_privs: sudo, su and file capabilities bring no rights`,
    true,
    'run the container without --security-opt=no-new-privileges',
  );
}

/** Whether a path lies on a file system that is mounted to be written to. */
const isWritable = (host: Host, parameter: string): boolean =>
  evaluateCondition({ type: 'PathIsReadWrite', negate: false, parameter }, host, {
    scope: 'system',
    environment: [],
  }) === true;

function runFact(host: Host): Fact {
  if (
    isWritable(host, '/run/systemd') ||
    (host.files.tryStat('/run/systemd') === undefined && isWritable(host, '/run'))
  )
    return fact('/run', 'can be written');
  return fact(
    '/run',
    'can’t be written: the manager keeps its state in /dev/shm, and programs that look for /run/systemd/system will think that systemd does not run',
    true,
    'run the container with --tmpfs /run',
  );
}

function groupFact(host: Host): Fact {
  const version = host.mountTable().findLast(({ target }) => target === '/sys/fs/cgroup')?.fstype;
  const kind = version === 'cgroup2' ? 'version 2' : version === undefined ? 'none seen' : 'version 1';
  const memory = memoryLimit(host);
  const processes = processLimit(host);
  const limits = [
    memory === undefined ? 'memory of the machine' : `${Math.round(memory / 1024 ** 2)} MiB of memory`,
    processes === undefined ? 'processes as the machine has' : `${processes.most} processes and threads`,
  ];
  const text = `${kind}; ${limits.join(', ')}. MemoryMax=, CPUQuota= and their kin do nothing: limits are the engine’s`;
  return fact('control groups', text, true, 'run the container with --memory=, --cpus=, --pids-limit=');
}

/** With fewer descriptors than this there are not enough for a boot and some twenty services (docs/containers.md). */
const fewDescriptors = 64;

function limitFacts(host: Host): Fact[] {
  const { hard } = host.limit('NOFILE');
  const kept = Math.min(reservedDescriptors(host), hard);
  const few = hard < fewDescriptors;
  const nproc = host.limit('NPROC').soft;
  return [
    fact(
      'descriptors',
      Number.isFinite(hard) ? `${hard}, of which the manager keeps ${kept} for itself` : 'as many as the machine has',
      few,
      few ? 'run the container with --ulimit nofile=1024:4096' : undefined,
    ),
    ...(host.uid !== 0 && Number.isFinite(nproc)
      ? [fact('processes', `${nproc} of this user (RLIMIT_NPROC)`, false)]
      : []),
  ];
}

/** Nothing of this kind was before it. */
const firstPlausible = Date.UTC(2024, 0, 1);

function clockFact(host: Host): Fact {
  const now = host.now();
  if (now < firstPlausible)
    return fact(
      'clock',
      `stands at ${new Date(now).toISOString().slice(0, 10)}: certificates and timers go wrong`,
      true,
    );
  if (hasCapability(host, 'CAP_SYS_TIME') && !inUserNamespace(host))
    return fact('clock', 'that of the machine, can be set');
  return fact('clock', 'that of the machine, can’t be set (no CAP_SYS_TIME): time servers do not run', true);
}

function networkFacts(host: Host): Fact[] {
  if (!lacksLoopback6(host)) return [];
  const change = 'run the container with --sysctl net.ipv6.conf.all.disable_ipv6=0, or in a network with IPv6';
  return [fact('IPv6', 'is there without ::1: programs that listen on it end', true, change)];
}

function procFacts(host: Host): Fact[] {
  const limit = procLimit(host);
  return limit === undefined ? [] : [fact('/proc', limit, true)];
}

/** docker stop waits for so long, milliseconds, where nobody says otherwise. */
const usualGraceMs = 10_000;

function stopFact(slowest: Examination['slowestStop']): Fact {
  if (slowest === undefined || slowest.ms <= usualGraceMs)
    return fact('stop', 'no service takes longer than docker stop waits, 10 s');
  const seconds = Math.ceil(slowest.ms / 1000) + 10;
  const span = formatTimeSpan(slowest.ms);
  return fact(
    'stop',
    `a service may take ${span} (${slowest.unit}), docker stop kills after 10 s; from inside it can’t be seen what was asked for`,
    false,
    `docker stop -t ${seconds}, or --stop-timeout=${seconds} of docker run and podman run ` +
      `(compose: stop_grace_period: ${seconds}s, Kubernetes: terminationGracePeriodSeconds: ${seconds})`,
  );
}
