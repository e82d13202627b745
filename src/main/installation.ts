/** Where pidone's own files are, seen from the bundle, and the manager's own directories and environment. */
import { dirname, join } from 'node:path';
import type { Scope } from '../control/places.ts';
import { type Host, SystemError } from '../sys/host.ts';
import { type LookupPaths, lookupPaths } from '../unitfile/files/load-path.ts';
import { parseEnvFile } from '../unitfile/language/env-file.ts';
import { systemDirectories } from '../unitfile/language/specifiers.ts';
import type { UnitManager } from '../units/unit.ts';

const library = dirname(decodeURIComponent(new URL(import.meta.url).pathname));

/** The front door's executable. */
export function frontDoor(): string {
  return join(library, 'bin/systemctl');
}

/** What the front door is called with for a manager that goes on from the state in a descriptor; `words` are those of before. */
export const argvAnew = (words: readonly string[], stateFd: number): string[] => [
  'systemctl',
  'init',
  `--state-fd=${stateFd}`,
  ...words.filter((word) => !/^--(?:state|control)-fd=/.test(word)),
];

/** Calls `systemctl init` with these words, in a session of its own and with nobody to speak to. */
export function spawnInit(host: Host, words: readonly string[]): ReturnType<Host['spawn']> {
  return host.spawn({
    path: frontDoor(),
    argv: ['systemctl', 'init', ...words],
    env: Object.entries(host.environment).map(([name, value]) => `${name}=${value}`),
    stdin: { kind: 'null' },
    stdout: { kind: 'null' },
    stderr: { kind: 'null' },
    umask: 0o022,
    limits: {},
    ignoreSigpipe: false,
    session: true,
    noNewPrivileges: false,
  });
}

/** The base units, last in the load path. */
export function ownUnits(scope: Scope): string {
  return join(library, scope === 'system' ? 'units' : 'user-units');
}

/** A system's manager of a user who is not root: PID 1 of a container that runs as somebody else. */
export const isRootless = (host: Host, scope: Scope): boolean => scope === 'system' && host.uid !== 0;

/**
 * The load path. A rootless manager is the only one that its user has: it reads that user's own units too, and before the
 * others, some of which it can't start.
 */
export function pathsOf(host: Host, scope: Scope, runtime: string): LookupPaths {
  const env = host.environment;
  const home = env.HOME || host.lookupUser(String(host.uid))?.home || '/';
  if (scope === 'user')
    return lookupPaths({ scope, env: { ...env, XDG_RUNTIME_DIR: runtime }, ownUnits: ownUnits(scope), home });
  const { usrLibFirst } = host.voice.unitFiles;
  const system = lookupPaths({ scope, env, ownUnits: ownUnits(scope), runtime, usrLibFirst });
  if (!isRootless(host, scope)) return system;
  const own = [env.XDG_CONFIG_HOME || `${home}/.config`, env.XDG_DATA_HOME || `${home}/.local/share`];
  return { ...system, search: [...own.map((directory) => `${directory}/systemd/user`), ...system.search] };
}

/** systemd.unit(5), specifiers %t %S %C %L %E %D; `run` is what a system has for /run, a user for $XDG_RUNTIME_DIR. */
export function directoriesOf(host: Host, scope: Scope, run?: string): UnitManager['directories'] {
  if (scope === 'system') return { ...systemDirectories, runtime: run ?? systemDirectories.runtime };
  const env = host.environment;
  const home = env.HOME ?? '/';
  const config = env.XDG_CONFIG_HOME || `${home}/.config`;
  return {
    runtime: run ?? (env.XDG_RUNTIME_DIR || `/run/user/${host.uid}`),
    state: config,
    cache: env.XDG_CACHE_HOME || `${home}/.cache`,
    logs: `${config}/log`,
    configuration: config,
    data: env.XDG_DATA_HOME || `${home}/.local/share`,
  };
}

const localeVariables = [
  'LANG',
  'LANGUAGE',
  'LC_CTYPE',
  'LC_NUMERIC',
  'LC_TIME',
  'LC_COLLATE',
  'LC_MONETARY',
  'LC_MESSAGES',
  'LC_PAPER',
  'LC_NAME',
  'LC_ADDRESS',
  'LC_TELEPHONE',
  'LC_MEASUREMENT',
  'LC_IDENTIFICATION',
];

/** locale.conf(5), and where Debian keeps the same. */
const localeFiles = ['/etc/locale.conf', '/etc/default/locale'];

function systemLocale(host: Host): string[] {
  for (const path of localeFiles) {
    try {
      const { pairs } = parseEnvFile(host.files.readText(path, 64 * 1024), path);
      const set = new Map(pairs.filter(([name, value]) => localeVariables.includes(name) && value !== ''));
      if (set.size > 0) return [...set].map(([name, value]) => `${name}=${value}`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }
  return ['LANG=C.UTF-8'];
}

/** Services call systemd-notify and its kin: where the image has none of its own, ours come last. */
function ownPrograms(host: Host): string {
  return host.files.access('/usr/bin/systemd-notify', 'exec') ? '' : `:${join(library, 'bin')}`;
}

/**
 * What services inherit: the system's manager starts from a clean environment with a path and the locale, a user's
 * from its own (systemd.exec(5), "Environment Variables in Spawned Processes"). `run` as in directoriesOf.
 */
export function managerEnvironment(host: Host, scope: Scope, run?: string): string[] {
  if (scope === 'user') {
    const own = { ...host.environment, ...(run === undefined ? {} : { XDG_RUNTIME_DIR: run }) };
    return Object.entries(own).map(([name, value]) => `${name}=${value}`);
  }
  return [...systemLocale(host), `PATH=${host.voice.manager.path}${ownPrograms(host)}`];
}
