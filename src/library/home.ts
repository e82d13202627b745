/**
 * The directory of a machine: everything of its manager lies below it, and goes with it.
 *
 *   owner      the process that it belongs to
 *   bin/       systemctl and its kin, which speak with this manager; first in PATH
 *   config/    the manager's own settings, unit files that were written, links of `enable`; state and logs of units
 *   run/       what /run is to a system: sockets, RuntimeDirectory=
 *   units/N/   units that were given as texts and objects
 *
 * Its path is short, for the name of a socket ends at 107 bytes.
 */
import { basename, join, resolve } from 'node:path';
import * as host from '../sys/library-host.ts';
import { InvalidOption } from '../terms/errors.ts';
import { checkFileName, sectionLines, unitText } from '../terms/unit-text.ts';
import type { MachinePaths, SuperviseOptions, UnitSource } from './api.ts';
import { installation } from './installation.ts';

/** Leaves room for run/systemd/notify and for sockets of services. */
const baseLimit = 40;
const otherBases = ['/tmp', '/dev/shm', '/var/tmp'];
/** In its name is who makes it: until `owner` is written nothing else tells. */
const prefix = `pidone.${host.ownPid.toString(36)}.`;
const named = /^pidone\.([\da-z]+)\.\w{6}$/;

/** Of the variables of this process those that services get: what a login would give them. */
const inherited = /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LANGUAGE|LC_[A-Z]+)$/;

/** Names that the front door answers to. */
const programs = [
  'systemctl',
  'journalctl',
  'systemd-analyze',
  'systemd-cat',
  'systemd-cgls',
  'systemd-escape',
  'systemd-mount',
  'systemd-notify',
  'systemd-run',
  'systemd-tmpfiles',
  'systemd-umount',
];

export class Home {
  readonly directory: string;

  /** Throws an Error where none can be made. */
  constructor() {
    this.directory = makeDirectory();
    host.files.write(this.#in('owner'), `${host.processWorld()}\n${host.ownPid} ${host.startTimeOf(host.ownPid)}\n`);
    // Services may run as another user, where root starts them.
    if (host.ownUid === 0) host.files.setMode(this.directory, 0o711);
    host.files.makeDirectory(this.#in('run'), 0o700);
    host.files.makeDirectory(this.#in('config/systemd/user'));
    for (const name of ['cache', 'data', 'state', 'bin']) host.files.makeDirectory(this.#in(name));
    if (host.files.exists(installation.frontDoor))
      for (const program of programs) host.files.link(installation.frontDoor, this.#in(`bin/${program}`));
  }

  #in(path: string): string {
    return join(this.directory, path);
  }

  /** The control socket. */
  get control(): string {
    return this.#in('run/pidone/control');
  }

  get paths(): MachinePaths {
    const config = this.#in('config');
    return {
      runtime: this.#in('run'),
      state: config,
      cache: this.#in('cache'),
      logs: join(config, 'log'),
      configuration: config,
    };
  }

  /** Throws InvalidOption. */
  writeSettings(settings: NonNullable<SuperviseOptions['settings']>): void {
    const lines = sectionLines('settings', 'Manager', { ...settings });
    host.files.write(this.#in('config/systemd/user.conf'), `${lines.join('\n')}\n`);
  }

  /** A unit file or a drop-in, before all others of its name. Throws InvalidOption. */
  write(name: string, unit: Parameters<typeof unitText>[1], directory = this.#in('config/systemd/user')): void {
    checkFileName(name);
    const path = join(directory, name);
    host.files.makeDirectory(resolve(path, '..'));
    host.files.write(path, unitText(name, unit));
  }

  /** Lays out units. Directories in which they are, the most important first. Throws InvalidOption. */
  layOut(sources: UnitSource | readonly UnitSource[]): string[] {
    const list = Array.isArray(sources) ? (sources as readonly UnitSource[]) : [sources as UnitSource];
    return list.map((source, index) => {
      const place = this.#in(`units/${index}`);
      if (typeof source !== 'string' && !(source instanceof URL)) {
        host.files.makeDirectory(place);
        for (const [name, unit] of Object.entries(source)) this.write(name, unit, place);
        return place;
      }
      const path = source instanceof URL ? decodeURIComponent(source.pathname) : source;
      const directory = resolve(host.workingDirectory(), path);
      if (!host.files.isDirectory(directory))
        throw new InvalidOption(`units: ${directory} is not a directory; units by name are an object`);
      if (!directory.includes(':')) return directory;
      // The load path is a list that colons divide.
      host.files.makeDirectory(this.#in('units'));
      host.files.link(directory, place);
      return place;
    });
  }

  /** What the manager and its services get; `units` as `layOut` has them. */
  environment(
    units: readonly string[],
    own: Readonly<Record<string, string | undefined>>,
    ports: Readonly<Record<string, number>>,
  ): Record<string, string> {
    const runtime = this.#in('run');
    const written = [this.#in('config/systemd/user.control'), `${runtime}/systemd/user.control`];
    const load = [...written, `${runtime}/systemd/transient`, this.#in('config/systemd/user'), ...units];
    const variables: Record<string, string | undefined> = {
      ...Object.fromEntries(Object.entries(host.environment()).filter(([name]) => inherited.test(name))),
      ...own,
      XDG_RUNTIME_DIR: runtime,
      XDG_CONFIG_HOME: this.#in('config'),
      XDG_CACHE_HOME: this.#in('cache'),
      XDG_DATA_HOME: this.#in('data'),
      XDG_STATE_HOME: this.#in('state'),
      SYSTEMD_UNIT_PATH: [...load, `${runtime}/systemd/user`].join(':'),
      PIDONE_SOCKET: this.control,
      PIDONE_OWNED: this.directory,
      ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`PORT_${name}`, String(port)])),
    };
    variables.PATH = [this.#in('bin'), variables.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(':');
    return Object.fromEntries(
      Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
  }

  /** For whoever calls systemctl and its kin. */
  get callersEnvironment(): Record<string, string> {
    const path = host.environment().PATH ?? '/usr/local/bin:/usr/bin:/bin';
    return { PIDONE_SOCKET: this.control, XDG_RUNTIME_DIR: this.#in('run'), PATH: `${this.#in('bin')}:${path}` };
  }

  /** As far as that is possible: what another user has put there stays. */
  remove(): void {
    try {
      host.files.remove(this.directory);
    } catch {
      // The next machine tries again.
    }
  }
}

function bases(): string[] {
  const usual = host.temporaryDirectory();
  const all = Buffer.byteLength(usual) <= baseLimit && !usual.includes(':') ? [usual, ...otherBases] : otherBases;
  return [...new Set(all)];
}

function makeDirectory(): string {
  let failure: unknown;
  for (const base of bases()) {
    try {
      return host.files.temporary(join(base, prefix));
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** Directories of machines of this user whose process is gone. Their managers may be about to go. */
export function abandoned(): string[] {
  const world = host.processWorld();
  const [boot] = world.split(' ');
  return bases()
    .flatMap((base) => namesIn(base).map((name) => join(base, name)))
    .filter((directory) => {
      if (host.files.ownerOfDirectory(directory) !== host.ownUid) return false;
      const [theirs = '', process = ''] = readOwner(directory).split('\n');
      // Who makes one and is killed before the next line is written leaves it empty.
      if (theirs === '')
        return host.startTimeOf(Number.parseInt(named.exec(basename(directory))![1]!, 36)) === undefined;
      // Of another container that shares the directory nothing is known.
      if (theirs !== world) return theirs.split(' ')[0] !== boot;
      const [pid, startTime] = process.split(' ');
      return host.startTimeOf(Number(pid)) !== startTime;
    });
}

function namesIn(base: string): string[] {
  try {
    return host.files.list(base).filter((name) => named.test(name));
  } catch {
    return [];
  }
}

function readOwner(directory: string): string {
  try {
    return host.files.read(join(directory, 'owner'));
  } catch {
    return '';
  }
}
