/**
 * Generators (systemd.generator(7)): programs that make units before units are loaded. Here: which run, what they get, what
 * becomes of what they print.
 *
 *   environment.ts  systemd.environment-generator(7): programs that print variables instead
 *   builtin.ts      generators that are part of the manager: init scripts, /etc/rc.local
 *   sysv.ts         what an init script comes to as a unit
 *
 * When they run, and that units are read again afterwards, is the manager's (../startup.ts, ../reload.ts).
 */
import { oomScoresOf } from '../../exec/oom-score.ts';
import { shortageText } from '../../exec/shortage.ts';
import { type Host, type StreamConnection, SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import type { LookupPaths } from '../../unitfile/files/load-path.ts';
import { isHiddenOrBackup } from '../../unitfile/files/unit-files.ts';
import type { ExitWatcher } from '../../units/unit.ts';
import { architectureName } from '../../values/architectures.ts';
import { signalName } from '../../values/signals.ts';
import { runFstabGenerator, runRcLocalGenerator, runSysvGenerator } from './builtin.ts';

const directories = {
  system: [
    '/run/systemd/system-generators',
    '/etc/systemd/system-generators',
    '/usr/local/lib/systemd/system-generators',
    '/usr/lib/systemd/system-generators',
  ],
  user: [
    '/run/systemd/user-generators',
    '/etc/systemd/user-generators',
    '/usr/local/lib/systemd/user-generators',
    '/usr/lib/systemd/user-generators',
  ],
} as const;

/** Generators of the systemd package that are for machines, with the reason why they are left out. */
const notRun: Readonly<Record<string, string>> = {
  'systemd-bless-boot-generator': 'there is no boot loader',
  'systemd-cryptsetup-generator': 'block devices are the host’s',
  'systemd-debug-generator': 'there is no kernel command line of the container’s own',
  'systemd-fstab-generator': 'mounts are the container engine’s',
  'systemd-getty-generator': 'the console is the output of the manager',
  'systemd-gpt-auto-generator': 'block devices are the host’s',
  'systemd-hibernate-resume-generator': 'a container does not hibernate',
  'systemd-integritysetup-generator': 'block devices are the host’s',
  'systemd-rc-local-generator': 'built in',
  'systemd-run-generator': 'there is no kernel command line of the container’s own',
  'systemd-system-update-generator': 'images are updated, not systems',
  'systemd-sysv-generator': 'built in',
  'systemd-veritysetup-generator': 'block devices are the host’s',
};

/** Milliseconds after which a generator is killed; what it has made by then counts. */
const timeoutMs = 90_000;

/** Is there until a first boot is complete (ConditionFirstBoot=). */
const firstBootFlag = '/run/systemd/first-boot';

export interface GeneratorSupport {
  readonly host: Host;
  readonly scope: 'system' | 'user';
  /** Variables of the manager's own process, then those that services get: KEY=VALUE, later ones count. */
  readonly environment: { ofProcess(): string[] };
  readonly exits: { watch(pid: number, watcher: ExitWatcher): void };
  log(level: 3 | 4 | 6 | 7, message: string): void;
}

/**
 * Empties the three directories for generated units and runs all generators at once; resolves when the last has ended.
 * A generator that fails is told in the log, the others count.
 */
export async function runGenerators(support: GeneratorSupport, paths: LookupPaths): Promise<void> {
  const { host, scope } = support;
  const { generator, generatorEarly, generatorLate } = paths;
  if (generator === undefined || generatorEarly === undefined || generatorLate === undefined) return;
  const outputs = [generator, generatorEarly, generatorLate];
  for (const directory of outputs) {
    host.files.removeTree(directory);
    host.files.mkdirs(directory, 0o755);
  }
  const env = environmentOf(support);
  if (scope === 'system') {
    const native = { ...paths, search: paths.search.filter((directory) => !outputs.includes(directory)) };
    const builtin = {
      host,
      paths: native,
      log: (level: 3 | 4 | 6 | 7, message: string) => support.log(level, message),
    };
    runSysvGenerator(builtin);
    runRcLocalGenerator(builtin);
    runFstabGenerator(builtin);
  }
  const programs = programsIn(host, directories[scope], (name) => Object.hasOwn(notRun, name));
  await Promise.all(programs.map((path) => runProgram(support, path, [path, ...outputs], env)));
  for (const directory of outputs)
    try {
      host.files.rmdir(directory);
    } catch (error) {
      // Only an empty one goes.
      if (!(error instanceof SystemError)) throw error;
    }
}

/** The manager's own environment, and what systemd.generator(7) promises. */
function environmentOf(support: GeneratorSupport): string[] {
  const { host, scope } = support;
  const { container, vm } = host.virtualization();
  const kind = container !== 'none' ? `container:${container}` : vm !== 'none' ? `vm:${vm}` : undefined;
  return [
    ...support.environment.ofProcess(),
    `SYSTEMD_SCOPE=${scope}`,
    ...(scope === 'system'
      ? ['SYSTEMD_IN_INITRD=0', `SYSTEMD_FIRST_BOOT=${host.files.access(firstBootFlag, 'exists') ? '1' : '0'}`]
      : []),
    ...(kind === undefined ? [] : [`SYSTEMD_VIRTUALIZATION=${kind}`]),
    `SYSTEMD_ARCHITECTURE=${architectureName(host.uname().machine) ?? ''}`,
    'SYSTEMD_EXEC_PID=',
  ];
}

/** Programs of the same name in a directory of higher priority, or a link to /dev/null there, hide others. */
export function programsIn(
  host: Host,
  searched: readonly string[],
  isLeftOut: (name: string) => boolean = () => false,
): string[] {
  const found = new Map<string, string | undefined>();
  for (const directory of searched) {
    for (const name of namesIn(host, directory)) {
      if (found.has(name) || isHiddenOrBackup(name) || isLeftOut(name)) continue;
      const path = `${directory}/${name}`;
      const stat = host.files.tryStat(path);
      if (stat === undefined) continue;
      const isMask = stat.type === 'char' || (stat.type === 'file' && stat.size === 0);
      if (isMask) found.set(name, undefined);
      else if (stat.type === 'file' && (stat.mode & 0o111) !== 0) found.set(name, path);
    }
  }
  const byName = [...found].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return byName.map(([, path]) => path).filter((path) => path !== undefined);
}

function namesIn(host: Host, directory: string): string[] {
  try {
    return host.files.readdir(directory);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return [];
  }
}

/**
 * Runs a generator to its end. What it prints is logged; `output` takes its stdout instead, up to a bound. What goes wrong
 * is told in the log.
 */
export function runProgram(
  support: GeneratorSupport,
  path: string,
  argv: string[],
  env: string[],
  output?: (text: string) => void,
): Promise<void> {
  const { host } = support;
  return new Promise((done) => {
    const said = new Said(support, path);
    const printed = output === undefined ? undefined : new Printed(host);
    const end = (): void => {
      said.finish();
      if (printed !== undefined) output?.(printed.finish());
      done();
    };
    try {
      const { pid } = host.spawn({
        path,
        argv,
        env: [...lastOfEach(env)],
        stdin: { kind: 'null' },
        stdout: { kind: 'fd', fd: printed?.fd ?? said.fd },
        stderr: { kind: 'fd', fd: said.fd },
        umask: 0o022,
        limits: {},
        ignoreSigpipe: true,
        session: true,
        noNewPrivileges: false,
        oomScoreAdjust: oomScoresOf(host).of(undefined),
      });
      const timer = host.after(timeoutMs, () => {
        support.log(3, `${path} timed out, killing it.`);
        host.kill(pid, 9);
      });
      support.exits.watch(pid, {
        processExited: ({ how, status }) => {
          timer.cancel();
          if (how !== 'exited') support.log(3, `${path} terminated by signal ${signalName(status)}.`);
          else if (status !== 0) support.log(3, `${path} failed with exit status ${status}.`);
          end();
        },
      });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      support.log(3, `Failed to run ${path}: ${shortageText(host, error.code)}`);
      end();
    } finally {
      host.closeFd(said.fd);
      if (printed !== undefined) host.closeFd(printed.fd);
    }
  });
}

/** The last assignment of each variable counts. */
function lastOfEach(env: readonly string[]): Iterable<string> {
  const byName = new Map<string, string>();
  for (const assignment of env) byName.set(assignment.slice(0, assignment.indexOf('=')), assignment);
  return byName.values();
}

/** Bytes that a generator may print where its output is read. */
const printedMax = 1024 * 1024;

/** What a program prints, as a whole. */
class Printed {
  readonly fd: number;
  readonly #connection: StreamConnection;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(host: Host) {
    const { connection, fd } = host.streamPair();
    this.fd = fd;
    this.#connection = connection;
    connection.onData = (chunk) => {
      if (this.#size < printedMax) this.#chunks.push(Buffer.from(chunk));
      this.#size += chunk.length;
    };
    connection.resume();
  }

  finish(): string {
    this.#connection.pull?.();
    this.#connection.destroy();
    return bytesToText(Buffer.concat(this.#chunks).subarray(0, printedMax));
  }
}

/** Lines that one generator may have logged. */
const linesMax = 200;
const lineMax = 2048;

/** What a generator prints goes to the log, line by line. */
class Said {
  readonly fd: number;
  readonly #connection: StreamConnection;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #lines = 0;

  constructor(support: GeneratorSupport, path: string) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const { connection, fd } = support.host.streamPair();
    this.fd = fd;
    this.#connection = connection;
    connection.onData = (chunk) => {
      const parts = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
      this.#rest = parts.pop()!.slice(0, lineMax);
      for (const line of parts)
        if (line !== '' && this.#lines++ < linesMax) support.log(6, `${name}: ${line.slice(0, lineMax)}`);
    };
    connection.onEnd = () => {
      if (this.#rest !== '' && this.#lines < linesMax) support.log(6, `${name}: ${this.#rest}`);
      this.#rest = '';
    };
    connection.resume();
  }

  /** The generator has ended; a process that it left behind is not listened to. */
  finish(): void {
    this.#connection.pull?.();
    this.#connection.onEnd();
    this.#connection.destroy();
  }
}
