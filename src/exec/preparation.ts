/**
 * Everything that happens before a process is made: from the settings of a unit and one command line to the request for one
 * spawn. Files are opened and directories made here, in the manager; what only the child can do is in the request.
 */
import type { Journal, OpenedStream } from '../journal/journal.ts';
import { errorText } from '../sys/error-text.ts';
import { type Host, type SpawnRequest, SystemError } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import type { OpenFileSetting } from '../unitfile/directives/shapes.ts';
import { byShell, type ExecCommand, expandCommandLine } from '../unitfile/language/exec-command.ts';
import type { LoadedUnit } from '../unitfile/load/loaded-unit.ts';
import { canMount, isBoundToUser } from './confinement.ts';
import { setContext } from './context.ts';
import { writeCredentials } from './credentials.ts';
import { type DirectoryRoots, directoryPaths, linkDirectories, makeDirectories } from './directories.ts';
import { asMap, loadEnvironmentFiles, processEnvironment } from './environment.ts';
import { locateExecutable } from './executable.ts';
import { exitStatusOf, notLocated, SpawnError, StepFailure } from './failure.ts';
import { type Identity, loginOf, resolveIdentity, resolveOwnIdentity } from './identity.ts';
import { sayOnce } from './left-out.ts';
import { oomScoresOf } from './oom-score.ts';
import type { PrivateTmp } from './private-tmp.ts';
import { setSandbox } from './sandbox.ts';
import { type PassedFd, resolveStdio, type Stdio, usesSocket } from './stdio.ts';
import type { ProcessTracker } from './tracker.ts';

/** A unit, as far as starting its processes goes. */
export interface SpawnOwner {
  readonly id: string;
  readonly invocationId: string;
  readonly manager: {
    readonly host: Host;
    readonly scope: 'system' | 'user';
    /** As systemd: settings of speed that the container can't give fail the process. */
    readonly strict?: boolean;
    readonly tracker: ProcessTracker;
    readonly directories: DirectoryRoots;
    readonly journal: Pick<Journal, 'openStream' | 'log' | 'consoleMode'>;
    environmentBlock(): string[];
  };
  /** Directives in the unit's own files that the container may not permit: 'Service.LimitNOFILE'. */
  readonly loaded: { readonly unsure: readonly string[] } & Pick<LoadedUnit, 'exec'>;
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
  /** A command of the start, which may read what was written for another one. */
  seesCredentials?: boolean;
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
  /** It is not made where it would take descriptors that the manager keeps for itself: whatever begins a service. */
  keepsReserve?: boolean;
}

export interface Prepared {
  request: SpawnRequest;
  streams: readonly OpenedStream[];
  /** OpenFile=: to be closed once the child has its own. */
  opened: readonly PassedFd[];
  /** A step has failed already: the child ends with its status. */
  failure: StepFailure | undefined;
  identity: Identity | undefined;
  /** Names of variables that the command line asks for and that are not set. */
  unset: ReadonlySet<string>;
}

/** Throws SpawnError where there can be no process; nothing stays open then. */
export function prepareProcess(owner: SpawnOwner, parameters: SpawnParameters): Prepared {
  return new Preparation(owner, parameters).prepare();
}

class Preparation {
  readonly #owner: SpawnOwner;
  readonly #parameters: SpawnParameters;
  readonly #host: Host;
  #identity: Identity | undefined;
  #stdio: Stdio | undefined;
  readonly #opened: PassedFd[] = [];
  readonly #unset = new Set<string>();

  constructor(owner: SpawnOwner, parameters: SpawnParameters) {
    this.#owner = owner;
    this.#parameters = parameters;
    this.#host = owner.manager.host;
  }

  prepare(): Prepared {
    const socket = this.#stdioSocket();
    const files = loadEnvironmentFiles(this.#host, this.#parameters.exec.EnvironmentFile, (message) =>
      this.#owner.log(4, message),
    );
    const request = this.#blank();
    let failure: StepFailure | undefined;
    try {
      this.#complete(request, files, socket);
    } catch (error) {
      if (!(error instanceof StepFailure)) {
        for (const { fd } of [...(this.#stdio?.streams ?? []), ...this.#opened]) this.#host.closeFd(fd);
        throw error;
      }
      failure = error;
      request.exitAtOnce = error.ignored ? 0 : exitStatusOf(error.step);
    }
    return {
      request,
      streams: this.#stdio?.streams ?? [],
      opened: this.#opened,
      failure,
      identity: this.#identity,
      unset: this.#unset,
    };
  }

  /** The order says which step is told of where several would fail: systemd's child has it. */
  #complete(request: SpawnRequest, files: readonly string[], socket: number | undefined): void {
    const { exec, command, sandbox, chroot, privateTmp, given } = this.#parameters;
    const { directories: roots, scope, strict = false } = this.#owner.manager;
    const sandboxed = sandbox && !command.fullyPrivileged;
    const log = (level: LogLevel, message: string): void => this.#owner.log(level, message);
    const sayWithheld = (level: LogLevel, message: string): void => sayOnce(this.#owner, level, message);
    const identity = isBoundToUser(this.#owner.manager)
      ? resolveOwnIdentity(this.#host, exec)
      : resolveIdentity(this.#host, exec, directoryPaths(exec, roots));
    this.#identity = identity;
    const stdio = this.#openStdio(socket);
    this.#stdio = stdio;
    Object.assign(request, { stdin: stdio.stdin, stdout: stdio.stdout, stderr: stdio.stderr });
    this.#makeDirectories(identity);
    if (this.#parameters.writeCredentials) this.#writeCredentials(roots.runtime, identity.uid);
    this.#openFiles();
    const passed = [...((socket === undefined ? this.#parameters.fds : undefined) ?? []), ...this.#opened];
    request.env = this.#environment(identity, stdio, files, passed);
    const argv = expandCommandLine(command, asMap(request.env), this.#unset);
    const program = byShell(command, argv, this.#shellOf(identity));
    request.argv = program.argv;
    setContext(request, {
      host: this.#host,
      scope,
      strict,
      exec,
      identity,
      setuid: sandboxed && !command.noSetuid,
      chroot,
      sandboxed,
      givenInput: given?.stdin !== undefined,
      log,
      sayWithheld,
    });
    this.#mark(request, identity);
    if (passed.length > 0) {
      request.fds = passed.map(({ fd }) => fd);
      request.fdsNonBlocking = this.#parameters.nonBlocking ?? false;
    }
    const sockets = this.#sockets;
    const { host } = this.#owner.manager;
    setSandbox(request, { host, scope, strict, exec, roots, apply: sandboxed, sockets, privateTmp, sayWithheld });
    if (request.mounts === undefined || request.mounts.length === 0) linkDirectories(this.#host, exec, roots);
    request.path = this.#locate(request, program.path);
    // The kernel would make one of an empty word; the C library, and so systemd, does not let it.
    if (program.argv.length === 0) throw new StepFailure('EXEC', `Failed to execute ${request.path}`, 'EINVAL');
  }

  #blank(): SpawnRequest {
    const { exec, command } = this.#parameters;
    const score = oomScoresOf(this.#host).toSet(exec.OOMScoreAdjust);
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
      ...(score === undefined ? {} : { oomScoreAdjust: score }),
      ...(this.#parameters.idleFd === undefined ? {} : { idleFd: this.#parameters.idleFd }),
    };
  }

  /** Without User= it is the manager's own user whose shell runs. */
  #shellOf({ shell }: Identity): string | undefined {
    const { exec } = this.#parameters;
    return exec.User === undefined && !exec.DynamicUser ? loginOf(this.#host)?.shell : shell;
  }

  #mark(request: SpawnRequest, { uid }: Identity): void {
    const { LOCKS, RTTIME } = request.limits;
    const own = { tag: LOCKS !== undefined, check: RTTIME !== undefined };
    const mark = this.#owner.manager.tracker.markOf(this.#owner.id, uid, own);
    if (mark?.tag !== undefined && !own.tag) request.tag = mark.tag;
    if (mark?.check !== undefined && !own.check) request.check = mark.check;
  }

  /** The one socket that stands for stdin or stdout; then no descriptors are passed. */
  #stdioSocket(): number | undefined {
    if (!usesSocket(this.#parameters.exec)) return undefined;
    const count = this.#parameters.socketCount ?? 0;
    if (count > 1) throw new SpawnError('Got more than one socket.', 'EINVAL');
    if (count === 0) throw new SpawnError('Got no socket.', 'EINVAL');
    return this.#parameters.fds![0]!.fd;
  }

  #openStdio(socket: number | undefined): Stdio {
    const owner = this.#owner;
    return resolveStdio({
      host: this.#host,
      exec: this.#parameters.exec,
      path: this.#parameters.command.path,
      ttyStdin: this.#parameters.ttyStdin,
      socket,
      named: this.#parameters.fds ?? [],
      given: this.#parameters.given ?? {},
      jsonConsole: owner.manager.journal.consoleMode === 'json',
      stream: { unit: owner.id, invocationId: owner.invocationId },
      openStream: (facts) => owner.manager.journal.openStream(facts),
      warn: (message) => owner.log(4, message),
    });
  }

  #makeDirectories(identity: Identity): void {
    const { manager } = this.#owner;
    makeDirectories(this.#host, this.#parameters.exec, manager.directories, identity, {
      privateRoot: canMount(this.#host),
      chown: manager.scope === 'system' && !isBoundToUser(manager),
      warn: (message) => this.#owner.log(4, message),
    });
  }

  #writeCredentials(runtime: string, uid: number | undefined): void {
    const { id, manager } = this.#owner;
    const { inheritedMissing } = this.#host.voice.manager;
    const missing = writeCredentials(this.#host, this.#parameters.exec, runtime, id, uid);
    if (inheritedMissing === undefined) return;
    for (const name of missing) manager.journal.log({ message: inheritedMissing(id, name), priority: 6, unit: id });
  }

  #openFiles(): void {
    const how = { readonly: 'read', readwrite: 'readwrite', append: 'append', truncate: 'truncate' } as const;
    for (const { path, fdName, access, graceful } of this.#parameters.openFiles ?? [])
      try {
        this.#opened.push({ fd: this.#host.openFd(path, how[access]), name: fdName });
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        const what = `Failed to get OpenFile= file descriptor for '${path}'`;
        this.#owner.log(graceful ? 7 : 3, `${what}${graceful ? ', ignoring' : ''}: ${errorText(error.code)}`);
        if (!graceful) throw new StepFailure('FDS', 'Failed to get OpenFile= file descriptors', error.code);
      }
  }

  #environment(identity: Identity, stdio: Stdio, files: readonly string[], passed: readonly PassedFd[]): string[] {
    const { manager, id, invocationId } = this.#owner;
    const { exec, environment, seesCredentials, watchdogUSec } = this.#parameters;
    return processEnvironment({
      host: this.#host,
      exec,
      unit: id,
      invocationId,
      roots: manager.directories,
      manager: manager.environmentBlock(),
      type: environment,
      files,
      identity,
      passed,
      seesCredentials: seesCredentials === true || this.#host.voice.manager.credentialsAlways,
      watchdogUSec,
      journalStream: stdio.journalStream,
    });
  }

  /** Sockets of the manager that a program in another root is to reach. */
  get #sockets(): string[] {
    const notify = this.#parameters.environment.find((entry) => entry.startsWith('NOTIFY_SOCKET='))?.slice(14);
    return notify?.startsWith('/') ? [notify] : [];
  }

  /** The program. Inside another root or under mounts of its own only the child can see it, or whether it may be run. */
  #locate(request: SpawnRequest, path: string): string {
    const { command, exec } = this.#parameters;
    if (path.startsWith('/') && (request.root !== undefined || (request.mounts?.length ?? 0) > 0)) {
      request.locate = command.ignoreFailure ? 'if it is there' : 'always';
      // Mounts that only take away leave in place what is there.
      if (request.root !== undefined || request.namespacesRequired === true) return path;
    }
    const located = locateExecutable(this.#host, path, exec.ExecSearchPath);
    if ('path' in located) return located.path;
    throw notLocated(this.#host, path, located.code, command.ignoreFailure);
  }
}
