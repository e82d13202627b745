/** Specifiers: systemd.unit(5) "SPECIFIERS". */

import type { Host } from '../../sys/host.ts';
import { byteLength } from '../../text/bytes.ts';
import { parentOf, pathIsAbsolute, pathIsNormalized, pathIsValid } from '../../text/paths.ts';
import { architectureName } from '../../values/architectures.ts';
import { parseEnvFile } from './env-file.ts';
import {
  replaceUnitInstance,
  unescapeUnitName,
  unescapeUnitPath,
  unitInstance,
  unitNameKind,
  unitNameToPath,
  unitPrefix,
  unitPrefixAndInstance,
} from './unit-name.ts';

export interface SpecifierError {
  /** Name of the errno. */
  error: string;
  /** Its text, as messages end in it. */
  message: string;
}

const badSlot: SpecifierError = { error: 'EBADSLT', message: 'Invalid slot' };
const tooLong: SpecifierError = { error: 'ENAMETOOLONG', message: 'File name too long' };
const invalid: SpecifierError = { error: 'EINVAL', message: 'Invalid argument' };
const notFound: SpecifierError = { error: 'ENOENT', message: 'No such file or directory' };
const emptyFile: SpecifierError = { error: 'ENOMEDIUM', message: 'No medium found' };
const notInitialized: SpecifierError = { error: 'ENOPKG', message: 'Package not installed' };
const noOsRelease: SpecifierError = { error: 'EUNATCH', message: 'Protocol driver not attached' };

/** Where a manager keeps things: /run, /var/lib, /var/cache, /var/log, /etc, /usr/share, or the user's own. */
export interface SpecifierDirectories {
  runtime: string;
  state: string;
  cache: string;
  logs: string;
  configuration: string;
  data: string;
}

export const systemDirectories: SpecifierDirectories = {
  runtime: '/run',
  state: '/var/lib',
  cache: '/var/cache',
  logs: '/var/log',
  configuration: '/etc',
  data: '/usr/share',
};

/**
 * Facts of the machine and the manager that specifiers stand for. Read when first asked for, then kept: make a new
 * one for each reload.
 */
export class SpecifierFacts {
  readonly host: Host;
  readonly scope: 'system' | 'user' | 'global';
  readonly directories: SpecifierDirectories;
  /** An offline root directory, for `systemctl --root=`. */
  readonly root: string | undefined;
  readonly #cache = new Map<string, string | SpecifierError>();
  /** Of whom services run as by default. */
  readonly #ids: { uid: number; gid: number };
  #osRelease: ReadonlyMap<string, string> | undefined | null = null;

  constructor(
    host: Host,
    options: {
      scope?: 'system' | 'user' | 'global';
      directories?: SpecifierDirectories;
      root?: string;
      /** The system's services run as the manager's user; else as root. */
      rootless?: boolean;
    } = {},
  ) {
    this.host = host;
    this.scope = options.scope ?? 'system';
    this.directories = options.directories ?? systemDirectories;
    this.root = options.root;
    const rootless = this.scope === 'user' || options.rootless === true;
    this.#ids = rootless ? { uid: host.uid, gid: host.gid } : { uid: 0, gid: 0 };
  }

  /** The value of a specifier that depends on no unit. */
  get(specifier: string): string | SpecifierError {
    let value = this.#cache.get(specifier);
    if (value === undefined) {
      value = this.#compute(specifier);
      this.#cache.set(specifier, value);
    }
    return value;
  }

  #readEnvFile(path: string): ReadonlyMap<string, string> | undefined {
    const files = this.host.files;
    const full = `${this.root ?? ''}${path}`;
    if (files.tryStat(full)?.type !== 'file') return undefined;
    try {
      return new Map(parseEnvFile(files.readText(full), full).pairs);
    } catch {
      return undefined;
    }
  }

  #os(field: string): string | SpecifierError {
    if (this.#osRelease === null) {
      this.#osRelease = this.#readEnvFile('/etc/os-release') ?? this.#readEnvFile('/usr/lib/os-release');
    }
    return this.#osRelease === undefined ? noOsRelease : (this.#osRelease.get(field) ?? '');
  }

  #shortHostname(): string {
    const name = this.host.hostname;
    const dot = name.indexOf('.');
    return dot < 0 ? name : name.slice(0, dot);
  }

  #machineId(): string | SpecifierError {
    if (this.root === undefined) return this.host.machineId ?? notFound;
    try {
      const text = this.host.files.readText(`${this.root}/etc/machine-id`).trim();
      if (text === '') return emptyFile;
      if (text === 'uninitialized') return notInitialized;
      return /^[0-9a-f]{32}$/.test(text) ? text : invalid;
    } catch {
      return noOsRelease;
    }
  }

  #home(): string | SpecifierError {
    const home = this.host.environment.HOME;
    // the kernel gives PID 1 a HOME of /, which systemd does not take for one
    if (home !== undefined && home !== '/' && pathIsAbsolute(home) && pathIsNormalized(home)) return home;
    if (this.host.uid === 0) return '/root';
    return this.host.lookupUser(String(this.host.uid))?.home ?? notFound;
  }

  #shell(): string | SpecifierError {
    const shell = this.host.environment.SHELL;
    if (shell !== undefined && pathIsAbsolute(shell) && pathIsNormalized(shell)) return shell;
    const record = this.host.lookupUser(String(this.host.uid));
    return record?.shell || (this.host.uid === 0 ? '/bin/sh' : notFound);
  }

  #temporary(fallback: string): string {
    if (this.root !== undefined) return fallback;
    for (const name of ['TMPDIR', 'TEMP', 'TMP']) {
      const path = this.host.environment[name];
      if (path === undefined || !pathIsAbsolute(path) || !pathIsValid(path) || !pathIsNormalized(path)) continue;
      if (this.host.files.tryStat(path)?.type === 'directory') return path;
    }
    return fallback;
  }

  #compute(specifier: string): string | SpecifierError {
    switch (specifier) {
      case 'a':
        return architectureName(this.host.uname().machine) ?? '';
      case 'A':
        return this.#os('IMAGE_VERSION');
      case 'b':
        return this.host.bootId;
      case 'B':
        return this.#os('BUILD_ID');
      case 'H':
        return this.host.hostname;
      case 'l':
        return this.#shortHostname();
      case 'q':
        return this.#readEnvFile('/etc/machine-info')?.get('PRETTY_HOSTNAME') || this.#shortHostname();
      case 'm':
        return this.#machineId();
      case 'M':
        return this.#os('IMAGE_ID');
      case 'o':
        return this.#os('ID');
      case 'v':
        return this.host.uname().release;
      case 'w':
        return this.#os('VERSION_ID');
      case 'W':
        return this.#os('VARIANT_ID');
      case 'g':
      case 'G': {
        if (this.scope === 'global') return invalid;
        const { gid } = this.#ids;
        if (specifier === 'G') return String(gid);
        return gid === 0 ? 'root' : (this.host.lookupGroup(String(gid))?.name ?? String(gid));
      }
      case 'u':
      case 'U': {
        if (this.scope === 'global') return invalid;
        const { uid } = this.#ids;
        if (specifier === 'U') return String(uid);
        return uid === 0 ? 'root' : (this.host.lookupUser(String(uid))?.name ?? String(uid));
      }
      case 'h':
        return this.#home();
      case 's':
        return this.#shell();
      case 'T':
        return this.#temporary('/tmp');
      case 'V':
        return this.#temporary('/var/tmp');
      case 'C':
        return this.directories.cache;
      case 'E':
        return this.directories.configuration;
      case 'D':
        return this.directories.data;
      case 'L':
        return this.directories.logs;
      case 'S':
        return this.directories.state;
      case 't':
        return this.directories.runtime;
      default:
        return badSlot;
    }
  }
}

/** For which unit specifiers are expanded. */
export interface SpecifierContext {
  readonly facts: SpecifierFacts;
  /** The unit's name. */
  readonly unit: string;
  /** Its fragment, for %y and %Y. */
  readonly fragmentPath?: string | undefined;
  /** DefaultInstance= of a template that is being installed. */
  readonly defaultInstance?: string | undefined;
  /** Control group of the unit, of its slice, and of the manager, for the deprecated %c, %r and %R. */
  readonly controlGroups?: { unit: string; slice: string; root: string } | undefined;
  /** Told of deprecated specifiers. */
  readonly warn?: (message: string) => void;
}

export type SpecifierTable = ReadonlyMap<string, (context: SpecifierContext) => string | SpecifierError>;

type Entry = [string, (context: SpecifierContext) => string | SpecifierError];

function fact(letters: string): Entry[] {
  return [...letters].map((letter): Entry => [letter, (context) => context.facts.get(letter)]);
}

const system = fact('aAbBHlqmMovwW');
const credentials = fact('gGuU');
const temporary = fact('TV');

function lastComponent(context: SpecifierContext): string | SpecifierError {
  const prefix = unitPrefix(context.unit);
  return prefix === undefined ? invalid : prefix.slice(prefix.lastIndexOf('-') + 1);
}

function unescaped(text: string | SpecifierError): string | SpecifierError {
  return typeof text === 'string' ? (unescapeUnitName(text) ?? invalid) : text;
}

const nameParts: Entry[] = [
  ['i', ({ unit }) => unitInstance(unit) ?? ''],
  ['j', lastComponent],
  ['n', ({ unit }) => unit],
  ['N', ({ unit }) => unitPrefixAndInstance(unit) ?? invalid],
  ['p', ({ unit }) => unitPrefix(unit) ?? invalid],
];

function realPath(context: SpecifierContext): string | SpecifierError {
  if (context.fragmentPath === undefined) return notFound;
  try {
    return context.facts.host.files.realpath(context.fragmentPath);
  } catch {
    return notFound;
  }
}

function controlGroup(letter: string, which: 'unit' | 'slice' | 'root'): Entry {
  return [
    letter,
    (context) => {
      context.warn?.(
        `Specifier '%${letter}' used in unit configuration, which is deprecated. Please update your unit file, as it does not work as intended.`,
      );
      return context.controlGroups?.[which] ?? '';
    },
  ];
}

/** What may stand in names of units: %i %j %n %N %p, facts of the system and its user. */
export const unitNameSpecifiers: SpecifierTable = new Map([...nameParts, ...system, ...credentials]);

/** Everything. */
export const unitFullSpecifiers: SpecifierTable = new Map<string, Entry[1]>([
  ...nameParts,
  ['I', ({ unit }) => unescaped(unitInstance(unit) ?? '')],
  ['J', (context) => unescaped(lastComponent(context))],
  ['P', ({ unit }) => unescaped(unitPrefix(unit) ?? invalid)],
  [
    'f',
    ({ unit }) => {
      const instance = unitInstance(unit);
      return (instance ? unescapeUnitPath(instance) : unitNameToPath(unit)) ?? invalid;
    },
  ],
  ['y', realPath],
  [
    'Y',
    (context) => {
      const path = realPath(context);
      return typeof path === 'string' ? parentOf(path) : path;
    },
  ],
  controlGroup('c', 'unit'),
  controlGroup('r', 'slice'),
  controlGroup('R', 'root'),
  ...fact('CDELSt'),
  ['d', ({ facts, unit }) => `${facts.directories.runtime}/credentials/${unit}`],
  ...fact('hs'),
  ...system,
  ...credentials,
  ...temporary,
]);

/** For Alias=, WantedBy= and their kin: templates take DefaultInstance= where they have no instance. */
export const installSpecifiers: SpecifierTable = new Map<string, Entry[1]>([
  [
    'i',
    ({ unit, defaultInstance }) => unitInstance(unit) || (unitInstance(unit) === '' ? (defaultInstance ?? '') : ''),
  ],
  ['j', lastComponent],
  [
    'n',
    ({ unit, defaultInstance }) => {
      if (unitNameKind(unit) !== 'template' || defaultInstance === undefined) return unit;
      return replaceUnitInstance(unit, defaultInstance) ?? invalid;
    },
  ],
  [
    'N',
    ({ unit, defaultInstance }) => {
      const prefix = unitPrefixAndInstance(unit);
      if (prefix === undefined) return invalid;
      return prefix.endsWith('@') && defaultInstance !== undefined ? prefix + defaultInstance : prefix;
    },
  ],
  ['p', ({ unit }) => unitPrefix(unit) ?? invalid],
  ...system,
  ...credentials,
]);

/** Where no unit is involved: environment of the manager, sysusers, tmpfiles. */
export const systemAndTmpSpecifiers: SpecifierTable = new Map([...system, ...temporary]);

/** How long a text may become: a name, a path, a descriptor's name, a line, the environment. */
export const specifierLimits = {
  name: 256,
  path: 4095,
  fd: 255,
  cred: 255,
  full: 1024 * 1024,
  env: 2 * 1024 * 1024,
} as const;

function isPossible(character: string): boolean {
  return /^[A-Za-z0-9]$/.test(character);
}

/**
 * Replaces `%x` by what `table` has for it and `%%` by `%`. An unknown letter is an error; `%` before anything else
 * stays. `limit` bounds the bytes of the result.
 */
export function expandSpecifiers(
  text: string,
  context: SpecifierContext,
  table: SpecifierTable,
  limit: number = specifierLimits.full,
): { text: string } | SpecifierError {
  let result = '';
  let run = 0;
  let position = text.indexOf('%');
  while (position >= 0 && position + 1 < text.length) {
    result += text.slice(run, position);
    const character = text[position + 1]!;
    run = position + 2;
    if (character === '%') {
      result += '%';
    } else {
      const lookup = table.get(character);
      if (lookup !== undefined) {
        const value = lookup(context);
        if (typeof value !== 'string') return value;
        result += value;
      } else if (isPossible(character)) {
        return badSlot;
      } else {
        run = position + 1;
        result += '%';
      }
    }
    if (result.length > limit) return tooLong;
    position = text.indexOf('%', run);
  }
  result += text.slice(run);
  if (result.length > limit || (result.length * 3 > limit && byteLength(result) > limit)) return tooLong;
  return { text: result };
}

/** `%` doubled, so that expansion gives the text back. */
export function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}
