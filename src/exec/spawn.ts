/** From the settings of a unit and one command line to a running process. */
import type { Journal, OpenedStream } from '../journal/journal.ts';
import { errorText } from '../sys/error-text.ts';
import { type Host, type LimitName, type SpawnFailure, type SpawnRequest, SystemError } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import type { OpenFileSetting } from '../unitfile/directives/shapes.ts';
import type { ExecCommand } from '../unitfile/language/exec-command.ts';
import { expandCommandLine } from '../unitfile/language/exec-command.ts';
import { allCapabilities, formatCapabilitySet } from '../values/capabilities.ts';
import { parsePersonality } from '../values/names.ts';
import { writeCredentials } from './credentials.ts';
import {
  type DirectoryRoots,
  directoryPaths,
  directoryVariables,
  makeDirectories,
  privateDirectories,
} from './directories.ts';
import { asMap, loadEnvironmentFiles, mergeEnvironment, passedEnvironment, unsetEnvironment } from './environment.ts';
import { locateExecutable } from './executable.ts';
import { exitStatusOf, SpawnError, StepFailure, stepMessages } from './failure.ts';
import { type Identity, loginOf, ownHome, resolveIdentity } from './identity.ts';
import { ipcOwnersOf } from './remove-ipc.ts';
import {
  type BindMount,
  baseDirectories,
  canMount,
  isConfined,
  type PrivateTmp,
  rootSteps,
  sandboxOf,
} from './sandbox.ts';
import { applySeccomp } from './seccomp/apply.ts';
import { type PassedFd, resolveStdio, type Stdio, terminalPath, usesSocket, usesTerminal } from './stdio.ts';
import type { ProcessTracker } from './tracker.ts';

/** A unit, as far as starting its processes goes. */
export interface SpawnOwner {
  readonly id: string;
  readonly invocationId: string;
  readonly manager: {
    readonly host: Host;
    readonly scope: 'system' | 'user';
    readonly tracker: ProcessTracker;
    readonly directories: DirectoryRoots;
    readonly journal: Pick<Journal, 'openStream' | 'log'>;
    environmentBlock(): string[];
  };
  log(level: LogLevel, message: string, fields?: Record<string, string>): void;
}

export interface SpawnParameters {
  exec: ExecSettings;
  command: ExecCommand;
  /** What the unit's type adds to the environment: NOTIFY_SOCKET, MAINPID … */
  environment: string[];
  /** User, limits, capabilities, namespaces: PermissionsStartOnly= takes them from control commands. */
  sandbox: boolean;
  /** RootDirectory=: RootDirectoryStartOnly= takes it from control commands. */
  chroot: boolean;
  ttyStdin: boolean;
  writeCredentials: boolean;
  /** WATCHDOG_USEC, microseconds; undefined: none. */
  watchdogUSec?: string;
  /** LISTEN_FDS, sockets before stored ones. */
  fds?: readonly PassedFd[];
  /** How many of `fds` are sockets. */
  socketCount?: number;
  nonBlocking?: boolean;
  /** OpenFile= of systemd.service(5): opened for this process and passed after `fds`. */
  openFiles?: readonly OpenFileSetting[];
  given?: { stdin?: number; stdout?: number; stderr?: number };
  idleFd?: number;
  privateTmp?: () => PrivateTmp;
}

export interface Spawned {
  pid: number;
  /** The program does not run: the process ends with the status of a step (200–243). */
  failed: boolean;
  uid: number | undefined;
  gid: number | undefined;
}

const spawnFailed = { MESSAGE_ID: '641257651c1b4ec9a8624d7a40a9e1e7' };

const limitNames: readonly LimitName[] = [
  'CPU',
  'FSIZE',
  'DATA',
  'STACK',
  'CORE',
  'RSS',
  'NOFILE',
  'AS',
  'NPROC',
  'MEMLOCK',
  'LOCKS',
  'SIGPENDING',
  'MSGQUEUE',
  'NICE',
  'RTPRIO',
  'RTTIME',
];

/**
 * Starts one process of the unit and adopts it. What fails on the way is logged, and the process ends with the status
 * that systemd.exec(5) names for it. Throws SpawnError, already logged, where there can be no process at all.
 */
export function spawnCommand(owner: SpawnOwner, parameters: SpawnParameters): Spawned {
  const { host, tracker } = owner.manager;
  let prepared: Prepared;
  try {
    prepared = new Preparation(owner, parameters).prepare();
  } catch (error) {
    if (error instanceof SpawnError)
      owner.log(3, error.message.endsWith('.') ? error.message : `${error.message}: ${errorText(error.code)}`);
    throw error;
  }
  try {
    const { path } = parameters.command;
    const step = ({ step, code }: SpawnFailure): StepFailure => {
      const { path: program, mounts = [], networkNamespace, ipcNamespace } = prepared.request;
      // Opening fails for what the file is, joining for other reasons.
      const [kind, namespace] = step === 'NETWORK' ? ['network', networkNamespace] : ['IPC', ipcNamespace];
      if ((step === 'NETWORK' || step === 'NAMESPACE') && namespace !== undefined && code !== 'EPERM')
        return new StepFailure(step, `Failed to open ${kind} namespace path ${namespace}`, code);
      const about = (stepMessages[step] ?? `Failed at step ${step}`).replace('%s', program);
      // The child cannot say which mount it was; a path that does not exist can be told from here.
      const missing =
        step === 'NAMESPACE' && code === 'ENOENT'
          ? mounts.find((m) => !m.optional && m.kind !== 'tmpfs' && !host.files.access(m.source ?? m.target, 'exists'))
          : undefined;
      const where = missing === undefined ? '' : `: ${missing.source ?? `/run/systemd/unit-root${missing.target}`}`;
      return new StepFailure(step, about + where, code);
    };
    let child = 0;
    prepared.request.onLateFailure = (late) => willTell(owner, path, child, step(late));
    const { pid, failure } = host.spawn(prepared.request);
    child = pid;
    tracker.spawned(pid, owner.id);
    if (prepared.identity !== undefined) ipcOwnersOf(host).hold(owner.id, prepared.identity, parameters.exec.RemoveIPC);
    for (const stream of prepared.streams) stream.setProcess({ pid, ...idsOf(prepared.identity) });
    if (prepared.failure !== undefined) willTell(owner, path, pid, prepared.failure);
    else if (failure !== undefined) willTell(owner, path, pid, step(failure));
    const failed = prepared.failure !== undefined || failure !== undefined;
    return { pid, failed, uid: prepared.identity?.uid, gid: prepared.identity?.gid };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    owner.log(3, `Failed to fork: ${errorText(error.code)}`);
    throw new SpawnError('Failed to fork', error.code);
  } finally {
    for (const { fd } of [...prepared.streams, ...prepared.opened]) host.closeFd(fd);
  }
}

function idsOf(identity: Identity | undefined): { uid?: number; gid?: number } {
  return {
    ...(identity?.uid === undefined ? {} : { uid: identity.uid }),
    ...(identity?.gid === undefined ? {} : { gid: identity.gid }),
  };
}

/** What children that could not run their program have to say, by pid: told a little later, as they would themselves. */
const lastWords = new WeakMap<Host, Map<number, () => void>>();

/** Tells what a child failed at, if anything; before its exit is told. */
export function tellFailure(host: Host, pid: number): void {
  const words = lastWords.get(host)?.get(pid);
  if (words === undefined) return;
  lastWords.get(host)?.delete(pid);
  words();
}

/** In the words of systemd's child: what failed, then at which step. */
function willTell(owner: SpawnOwner, path: string, pid: number, failure: StepFailure): void {
  const { host, journal } = owner.manager;
  const reason = errorText(failure.code);
  const comm = `(${path.replace(/.*\//, '').slice(-8)})`;
  const fields = {
    ...spawnFailed,
    EXECUTABLE: path,
    ...(owner.invocationId === '' ? {} : { INVOCATION_ID: owner.invocationId }),
  };
  const say = (priority: LogLevel, text: string, more: Record<string, string>): void =>
    journal.log({
      message: `${owner.id}: ${text}: ${reason}`,
      priority,
      unit: owner.id,
      identifier: comm,
      process: { pid, comm },
      fields: more,
    });
  const all = lastWords.get(host) ?? new Map<number, () => void>();
  lastWords.set(host, all);
  all.set(pid, () => {
    const located = failure.step === 'EXEC' && !failure.message.startsWith('Failed to execute');
    say(located ? 6 : 3, failure.message, located ? fields : {});
    if (!failure.ignored) say(3, `Failed at step ${failure.step} spawning ${path}`, fields);
  });
  host.defer(() => tellFailure(host, pid));
}

interface Prepared {
  request: SpawnRequest;
  streams: OpenedStream[];
  /** OpenFile=: to be closed once the child has its own. */
  opened: PassedFd[];
  failure: StepFailure | undefined;
  identity: Identity | undefined;
}

class Preparation {
  readonly #owner: SpawnOwner;
  readonly #p: SpawnParameters;
  readonly #host: Host;
  readonly #sandboxed: boolean;
  readonly #directories: string[];
  #identity: Identity | undefined;
  #stdio: Stdio | undefined;
  readonly #opened: PassedFd[] = [];

  constructor(owner: SpawnOwner, parameters: SpawnParameters) {
    this.#owner = owner;
    this.#p = parameters;
    this.#host = owner.manager.host;
    this.#sandboxed = parameters.sandbox && !parameters.command.fullyPrivileged;
    this.#directories = directoryPaths(parameters.exec, owner.manager.directories);
  }

  prepare(): Prepared {
    const { exec, command } = this.#p;
    const socket = this.#stdioSocket();
    const files = loadEnvironmentFiles(this.#host, exec.EnvironmentFile, (message) => this.#owner.log(4, message));
    const request = this.#blank();
    try {
      this.#identity = resolveIdentity(this.#host, exec, this.#owner.id, this.#directories);
      this.#stdio = this.#openStdio(socket);
      Object.assign(request, { stdin: this.#stdio.stdin, stdout: this.#stdio.stdout, stderr: this.#stdio.stderr });
      this.#makeDirectories();
      if (this.#p.writeCredentials)
        writeCredentials(this.#host, exec, this.#owner.manager.directories.runtime, this.#owner.id, this.#identity.uid);
      this.#openFiles();
      const passed = [...((socket === undefined ? this.#p.fds : undefined) ?? []), ...this.#opened];
      const env = this.#environment(files, passed);
      request.env = env;
      request.argv = expandCommandLine(command, asMap(env));
      this.#setContext(request);
      if (passed.length > 0) {
        request.fds = passed.map(({ fd }) => fd);
        request.fdsNonBlocking = this.#p.nonBlocking ?? false;
      }
      this.#setSandbox(request);
      request.path = this.#locate(request);
    } catch (error) {
      if (!(error instanceof StepFailure)) {
        for (const { fd } of [...(this.#stdio?.streams ?? []), ...this.#opened]) this.#host.closeFd(fd);
        throw error;
      }
      request.exitAtOnce = error.ignored ? 0 : exitStatusOf(error.step);
      return this.#prepared(request, error);
    }
    return this.#prepared(request, undefined);
  }

  #prepared(request: SpawnRequest, failure: StepFailure | undefined): Prepared {
    return {
      request,
      streams: this.#stdio?.streams ?? [],
      opened: this.#opened,
      failure,
      identity: this.#identity,
    };
  }

  #openFiles(): void {
    const how = { readonly: 'read', readwrite: 'readwrite', append: 'append', truncate: 'truncate' } as const;
    for (const { path, fdName, access, graceful } of this.#p.openFiles ?? [])
      try {
        this.#opened.push({ fd: this.#host.openFd(path, how[access]), name: fdName });
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        if (!graceful) throw new StepFailure('FDS', 'Failed to get OpenFile= file descriptors', error.code);
        this.#owner.log(7, `Failed to get OpenFile= file descriptor for ${path}, ignoring: ${errorText(error.code)}`);
      }
  }

  #blank(): SpawnRequest {
    const { exec, command } = this.#p;
    const tag = this.#owner.manager.tracker.tagFor(this.#owner.id);
    return {
      path: command.path,
      argv: command.argv,
      env: [],
      stdin: { kind: 'null' },
      stdout: { kind: 'null' },
      stderr: { kind: 'null' },
      umask: exec.UMask,
      limits: {},
      ignoreSigpipe: exec.IgnoreSIGPIPE,
      session: true,
      noNewPrivileges: false,
      ...(tag === undefined ? {} : { tag }),
      ...(this.#p.idleFd === undefined ? {} : { idleFd: this.#p.idleFd }),
    };
  }

  /** The one socket that stands for stdin or stdout; then no descriptors are passed. */
  #stdioSocket(): number | undefined {
    if (!usesSocket(this.#p.exec)) return undefined;
    const count = this.#p.socketCount ?? 0;
    if (count > 1) throw new SpawnError('Got more than one socket.', 'EINVAL');
    if (count === 0) throw new SpawnError('Got no socket.', 'EINVAL');
    return this.#p.fds![0]!.fd;
  }

  #openStdio(socket: number | undefined): Stdio {
    const owner = this.#owner;
    return resolveStdio({
      host: this.#host,
      exec: this.#p.exec,
      path: this.#p.command.path,
      ttyStdin: this.#p.ttyStdin,
      socket,
      named: this.#p.fds ?? [],
      given: this.#p.given ?? {},
      stream: { unit: owner.id, invocationId: owner.invocationId },
      openStream: (facts) => owner.manager.journal.openStream(facts),
      warn: (message) => owner.log(4, message),
    });
  }

  #makeDirectories(): void {
    const { manager } = this.#owner;
    makeDirectories(this.#host, this.#p.exec, manager.directories, this.#identity!, {
      privateRoot: canMount(this.#host),
      chown: manager.scope === 'system',
      warn: (message) => this.#owner.log(4, message),
    });
  }

  #environment(files: string[], fds: readonly PassedFd[]): string[] {
    const { exec, environment, watchdogUSec } = this.#p;
    const { manager, id, invocationId } = this.#owner;
    const { home, username, shell } = this.#identity!;
    const own: string[] = [];
    if (fds.length > 0)
      own.push('LISTEN_PID=', `LISTEN_FDS=${fds.length}`, `LISTEN_FDNAMES=${fds.map((f) => f.name).join(':')}`);
    if (watchdogUSec !== undefined) own.push('WATCHDOG_PID=', `WATCHDOG_USEC=${watchdogUSec}`);
    if (exec.SetLoginEnvironment !== false) {
      const needed = exec.SetLoginEnvironment === true || exec.WorkingDirectory?.path === '~';
      const ownUser = exec.SetLoginEnvironment === true ? loginOf(this.#host) : undefined;
      const login = { home: home ?? (needed ? ownHome(this.#host) : undefined), name: username ?? ownUser?.name };
      if (login.home !== undefined) own.push(`HOME=${login.home}`);
      if (login.name !== undefined) own.push(`LOGNAME=${login.name}`, `USER=${login.name}`);
      const loginShell = shell ?? ownUser?.shell;
      if (loginShell !== undefined) own.push(`SHELL=${loginShell}`);
    }
    if (invocationId !== '') own.push(`INVOCATION_ID=${invocationId}`);
    if (usesTerminal(exec)) own.push(`TERM=${this.#term()}`);
    if (this.#stdio?.journalStream !== undefined) own.push(`JOURNAL_STREAM=${this.#stdio.journalStream}`);
    own.push(...directoryVariables(exec, manager.directories));
    if (exec.SetCredential.length > 0 || exec.LoadCredential.length > 0)
      own.push(`CREDENTIALS_DIRECTORY=${manager.directories.runtime}/credentials/${id}`);
    own.push('SYSTEMD_EXEC_PID=');

    const search = exec.ExecSearchPath.length > 0 ? [`PATH=${exec.ExecSearchPath.join(':')}`] : [];
    const merged = mergeEnvironment(
      manager.environmentBlock(),
      environment,
      own,
      search,
      passedEnvironment(this.#host.environment, exec.PassEnvironment),
      exec.Environment,
      files,
    );
    return unsetEnvironment(merged, exec.UnsetEnvironment);
  }

  /** Sockets of the manager that a program in another root is to reach. */
  get #sockets(): string[] {
    const notify = this.#p.environment.find((entry) => entry.startsWith('NOTIFY_SOCKET='))?.slice(14);
    return notify?.startsWith('/') ? [notify] : [];
  }

  #term(): string {
    const tty = terminalPath(this.#p.exec);
    const own = tty === '/dev/console' ? this.#host.environment.TERM : undefined;
    return own ?? (/^\/dev\/(tty\d+|console)$/.test(tty) ? 'linux' : 'vt220');
  }

  #setContext(request: SpawnRequest): void {
    const { exec, command, chroot } = this.#p;
    const { uid, gid, groups, home } = this.#identity!;
    const setuid = this.#p.sandbox && !command.fullyPrivileged && !command.noSetuid;
    // The groups of the user are set even where its ids are not: initgroups(3) comes before.
    if (groups !== undefined) request.groups = groups;
    if (setuid) {
      if (uid !== undefined) request.uid = uid;
      if (gid !== undefined) request.gid = gid;
    }
    const { WorkingDirectory: wanted, RootDirectory: root } = exec;
    const directory = wanted?.path === '~' ? (home ?? ownHome(this.#host)) : (wanted?.path ?? '/');
    if (directory === undefined) throw new StepFailure('CHDIR', 'Failed to determine $HOME for user', 'ENXIO');
    const inRoot = root !== undefined && !chroot ? `${root}/${directory}` : directory;
    request.cwd = { path: inRoot, optional: wanted?.optional ?? false };
    if (root !== undefined && chroot) request.root = root;

    if (exec.Nice !== undefined) request.nice = exec.Nice;
    if (exec.OOMScoreAdjust !== undefined) request.oomScoreAdjust = exec.OOMScoreAdjust;
    if (exec.IOSchedulingClass !== undefined || exec.IOSchedulingPriority !== undefined)
      request.ioprio = { class: exec.IOSchedulingClass ?? 2, priority: exec.IOSchedulingPriority ?? 4 };
    if (
      exec.CPUSchedulingPolicy !== undefined ||
      exec.CPUSchedulingPriority !== undefined ||
      exec.CPUSchedulingResetOnFork
    )
      request.scheduling = {
        policy: exec.CPUSchedulingPolicy ?? 0,
        priority: exec.CPUSchedulingPriority ?? 0,
        resetOnFork: exec.CPUSchedulingResetOnFork,
      };
    if (exec.CPUAffinity.length > 0) request.cpuAffinity = exec.CPUAffinity;
    if (exec.TimerSlackNSec !== undefined) request.timerSlackNs = Number(exec.TimerSlackNSec);
    if (exec.Personality !== undefined) request.personality = parsePersonality(exec.Personality)!;
    if (exec.CoredumpFilter !== undefined) request.coredumpFilter = exec.CoredumpFilter;
    if (exec.NetworkNamespacePath !== undefined) request.networkNamespace = exec.NetworkNamespacePath;
    // systemd has a place to keep the namespace in only where one of these asks for it.
    const kept = exec.PrivateIPC || exec.PrivateTmp || exec.PrivateNetwork || exec.NetworkNamespacePath !== undefined;
    if (exec.IPCNamespacePath !== undefined && kept) request.ipcNamespace = exec.IPCNamespacePath;
    this.#setTerminal(request);

    if (!this.#sandboxed) return;
    for (const name of limitNames) {
      const limit = exec[`Limit${name}`];
      if (limit !== undefined) request.limits[name] = limit;
    }
    if (exec.CapabilityBoundingSet !== allCapabilities) request.capabilityBounding = exec.CapabilityBoundingSet;
    // Also where it is empty: what the manager may pass on is not the service's.
    request.capabilityAmbient = this.#ambient();
    if (exec.SecureBits !== 0) request.secureBits = exec.SecureBits;
    request.noNewPrivileges = exec.NoNewPrivileges;
    if (exec.RestrictRealtime) request.limits.RTPRIO ??= { soft: 0, hard: 0 };
    applySeccomp(this.#host, exec, request, (message) => this.#owner.log(7, message));
  }

  /** AmbientCapabilities=, without those that the container does not have. */
  #ambient(): bigint {
    const wanted = this.#p.exec.AmbientCapabilities;
    if (wanted === 0n || !isConfined(this.#host)) return wanted;
    const lacking = wanted & ~this.#host.capabilities().permitted;
    if (lacking !== 0n) {
      const names = formatCapabilitySet(lacking).toUpperCase();
      this.#owner.log(4, `The container has no ${names}, leaving it out of AmbientCapabilities=.`);
    }
    return wanted & ~lacking;
  }

  /** Nothing is covered where the target is missing, is the empty file that a mount once needed, or a socket. */
  #leavesOut({ source, target }: BindMount): boolean {
    if (!isConfined(this.#host) || this.#p.exec.RootDirectory !== undefined) return false;
    const there = this.#host.files.tryStat(target);
    const empty = there === undefined || there.type === 'socket' || (there.type === 'file' && there.size === 0);
    if (!empty) return false;
    this.#owner.log(
      4,
      `The container may not mount (CAP_SYS_ADMIN), leaving out BindReadOnlyPaths=${source}:${target}.`,
    );
    return true;
  }

  #setTerminal(request: SpawnRequest): void {
    const { TTYVHangup: hangUp, TTYReset: reset, TTYRows: rows, TTYColumns: columns } = this.#p.exec;
    if (!hangUp && !reset && rows === undefined && columns === undefined) return;
    const given = this.#p.given?.stdin !== undefined;
    request.terminal = {
      hangUp,
      reset,
      ...(given || (!hangUp && !reset) ? {} : { path: terminalPath(this.#p.exec) }),
      ...(rows === undefined ? {} : { rows }),
      ...(columns === undefined ? {} : { columns }),
    };
  }

  #setSandbox(request: SpawnRequest): void {
    const able = canMount(this.#host);
    const { exec } = this.#p;
    let privateTmp: PrivateTmp | undefined;
    if (able && this.#sandboxed && exec.PrivateTmp)
      try {
        privateTmp = this.#p.privateTmp?.();
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        throw new StepFailure('NAMESPACE', 'Failed to set up mount namespacing', error.code);
      }
    const ownRoot = able && request.root !== undefined && exec.MountAPIVFS !== false;
    if (ownRoot) this.#makeBaseDirectories(request.root!);
    const { mounts, namespaces, propagation, required } = sandboxOf(exec, {
      apply: this.#sandboxed,
      privateTmp,
      leavesOut: (mount) => this.#leavesOut(mount),
      directories: this.#directories,
      privateDirectories: able ? privateDirectories(exec, this.#owner.manager.directories) : [],
      rootSteps: ownRoot ? rootSteps(this.#directories, this.#sockets) : [],
      mountPoints: () => this.#host.mountTable().map((mount) => mount.target),
    });
    if (!able && !required) return;
    if (namespaces.length === 0) return;
    request.namespaces = namespaces;
    request.mounts = mounts;
    if (namespaces.includes('mount')) request.propagation = propagation;
    request.namespacesRequired = required;
  }

  #makeBaseDirectories(root: string): void {
    const { files } = this.#host;
    for (const name of baseDirectories)
      try {
        if (files.tryLstat(`${root}/${name}`) === undefined)
          files.mkdir(`${root}/${name}`, name === 'root' ? 0o750 : 0o755);
      } catch (error) {
        // A root that cannot be written to has what it needs, or the mounts tell what it lacks.
        if (!(error instanceof SystemError)) throw error;
      }
  }

  /** The program. Inside another root or under mounts of its own only the child can see it. */
  #locate(request: SpawnRequest): string {
    const { command, exec } = this.#p;
    const hidden = request.root !== undefined || (request.namespacesRequired ?? false);
    if (hidden && command.path.startsWith('/')) return command.path;
    const located = locateExecutable(this.#host, command.path, exec.ExecSearchPath);
    if ('path' in located) return located.path;
    if (command.ignoreFailure)
      throw new StepFailure('EXEC', `Executable ${command.path} missing, skipping`, located.code, true);
    throw new StepFailure('EXEC', `Failed to locate executable ${command.path}`, located.code);
  }
}
