/** Lines of tmpfiles.d(5), taken apart and checked. */

import type { ProgramContext } from '../../program/context.ts';
import { errorText } from '../../sys/error-text.ts';
import { type Host, SystemError } from '../../sys/host.ts';
import { textToBytes } from '../../text/bytes.ts';
import { parseMode } from '../../text/numbers.ts';
import { pathIsAbsolute, pathJoin, pathSimplify, pathStartsWith } from '../../text/paths.ts';
import { cUnescape } from '../../text/quoting.ts';
import {
  expandSpecifiers,
  type SpecifierContext,
  type SpecifierDirectories,
  type SpecifierError,
  SpecifierFacts,
  type SpecifierTable,
  specifierLimits,
  systemDirectories,
} from '../../unitfile/language/specifiers.ts';
import { credentialNameIsValid } from '../../values/names.ts';
import { parseTimeSpan } from '../../values/time/time-span.ts';
import { credentialsDirectory, sixWords } from '../common/config-files.ts';
import { parseAcl } from './acl.ts';
import { parseAgeBy, parseDevice, parseFlags, parseXattrs } from './arguments.ts';
import { parseCapabilityChange } from './capabilities.ts';
import {
  defaultAgeByDirectory,
  defaultAgeByFile,
  destructiveTypes,
  directoryTypes,
  type Item,
  type ItemTable,
  type ItemType,
  itemTypes,
} from './item.ts';
import type { Log } from './log.ts';
import { Names } from './names.ts';
import type { TmpfilesOptions } from './options.ts';

/**
 * What became of a line: 'skipped' also where it is not for this run; 'invalid' lines make the exit status 65, a line
 * that 'failed' for other reasons ends the reading of files that were named.
 */
export type LineResult = 'taken' | 'skipped' | 'invalid' | 'failed';

/** A line that is no good; the result says how bad. No text: it has been said. */
class BadLine extends Error {
  readonly result: LineResult;
  constructor(text: string, result: LineResult = 'invalid') {
    super(text);
    this.result = result;
  }
}

/** A line that is passed over in silence. */
class Skipped extends Error {}

const withoutArgument: ReadonlySet<string> = new Set('dvqQeDpxXrRmzZ');
const withSpecifiers: ReadonlySet<string> = new Set('CLfFw');

/** What base64 is not decoded for, in the words of the message. */
const noBase64: Readonly<Record<string, string>> = {
  L: 'symlink targets',
  C: 'copy sources',
  c: 'device node creation',
  b: 'device node creation',
  t: 'extended attributes',
  T: 'extended attributes',
  a: 'ACLs',
  A: 'ACLs',
  h: 'file attributes',
  H: 'file attributes',
  k: 'capabilities',
  K: 'capabilities',
};

const argumentRequired: Readonly<Record<string, string>> = {
  w: 'Write file requires argument.',
  c: 'Device file requires argument.',
  b: 'Device file requires argument.',
  t: 'Set extended attribute requires argument.',
  T: 'Set extended attribute requires argument.',
  a: 'Set ACLs requires argument.',
  A: 'Set ACLs requires argument.',
  h: 'Set file attribute requires argument.',
  H: 'Set file attribute requires argument.',
  k: 'Set capabilities requires argument.',
  K: 'Set capabilities requires argument.',
};

const emptyOrDash = (text: string | undefined): text is undefined | '' | '-' =>
  text === undefined || text === '' || text === '-';

/** Errors of specifiers that only say that a machine is not set up yet. */
const notSetUp: ReadonlySet<string> = new Set(['EUNATCH', 'ENOMEDIUM', 'ENOPKG', 'ENXIO', 'ENOENT']);

const factLetters = 'abBHlmovwWhCDLStgGuUTV';

const notDefined: SpecifierError = { error: 'ENXIO', message: 'No such device or address' };

/** A user's runtime and data directories, which are '' here where their variables are not set, stand for nothing then. */
const lookUp =
  (letter: string) =>
  ({ facts }: SpecifierContext): string | SpecifierError =>
    facts.get(letter) || ('tD'.includes(letter) ? notDefined : '');

const specifierTable: SpecifierTable = new Map([...factLetters].map((letter) => [letter, lookUp(letter)]));

function userDirectories(host: Host): SpecifierDirectories {
  const env = host.environment;
  const home = env.HOME ?? host.lookupUser(String(host.uid))?.home ?? '/';
  const config = env.XDG_CONFIG_HOME || `${home}/.config`;
  return {
    runtime: env.XDG_RUNTIME_DIR ?? '',
    state: config,
    cache: env.XDG_CACHE_HOME || `${home}/.cache`,
    logs: `${config}/log`,
    configuration: config,
    data: env.XDG_DATA_HOME ?? '',
  };
}

function directoriesOf(host: Host, { user, root }: TmpfilesOptions): SpecifierDirectories {
  if (user) return userDirectories(host);
  if (root === undefined) return systemDirectories;
  const below = Object.entries(systemDirectories).map(([name, path]) => [name, pathJoin(root, path)]);
  return Object.fromEntries(below) as SpecifierDirectories;
}

interface Fields {
  action: string;
  path: string;
  mode: string | undefined;
  user: string | undefined;
  group: string | undefined;
  age: string | undefined;
  argument: string | undefined;
}

interface Modifiers {
  boot: boolean;
  force: boolean;
  allowFailure: boolean;
  tryReplace: boolean;
  unbase64: boolean;
  fromCredential: boolean;
  purge: boolean;
  ifTargetExists: boolean;
}

const modifierNames: Readonly<Record<string, keyof Modifiers>> = {
  '!': 'boot',
  '+': 'force',
  '-': 'allowFailure',
  '=': 'tryReplace',
  '~': 'unbase64',
  '^': 'fromCredential',
  $: 'purge',
  '?': 'ifTargetExists',
};

/** Those that nobody knows stand in `unknown`. */
function readModifiers(action: string): Modifiers & { unknown: string } {
  const found: Modifiers & { unknown: string } = {
    boot: false,
    force: false,
    allowFailure: false,
    tryReplace: false,
    unbase64: false,
    fromCredential: false,
    purge: false,
    ifTargetExists: false,
    unknown: '',
  };
  const [, ...letters] = action;
  for (const letter of letters) {
    const name = Object.hasOwn(modifierNames, letter) ? modifierNames[letter] : undefined;
    if (name === undefined) {
      found.unknown += letter;
      continue;
    }
    if (found[name]) throw new BadLine(`Unknown modifiers in command '${action}'`);
    found[name] = true;
  }
  return found;
}

function readFields(line: string): Fields {
  const { words, rest, failed } = sixWords(line);
  if (failed) throw new BadLine('Failed to parse line: Invalid argument');
  const [action, path, mode, user, group, age] = words;
  if (action === undefined || path === undefined) throw new BadLine('Syntax error.');
  return { action, path, mode, user, group, age, argument: emptyOrDash(rest) ? undefined : rest };
}

/** Reads lines into a table, and says what is wrong with them. */
export class LineParser {
  readonly #context: ProgramContext;
  readonly #options: TmpfilesOptions;
  readonly #log: Log;
  readonly #table: ItemTable;
  readonly #names: Names;
  readonly #specifiers: SpecifierContext;
  #toldUnresolved = false;
  /** Modifiers that nobody knows and that have been told. */
  readonly #toldModifiers = new Set<string>();

  constructor(context: ProgramContext, options: TmpfilesOptions, log: Log, table: ItemTable) {
    this.#context = context;
    this.#options = options;
    this.#log = log;
    this.#table = table;
    this.#names = new Names(context.host, options.root);
    const { root } = options;
    const facts = new SpecifierFacts(context.host, {
      scope: options.user ? 'user' : 'system',
      directories: directoriesOf(context.host, options),
      ...(root === undefined ? {} : { root }),
    });
    this.#specifiers = { facts, unit: '' };
  }

  /** Takes one line; `where` is FILE:LINE. */
  parse(where: string, line: string): LineResult {
    try {
      const item = this.#read(where, line);
      if (this.#table.add(item)) return 'taken';
      this.#log.say('notice', `${where}: Duplicate line for path "${item.path}", ignoring.`);
      return 'skipped';
    } catch (error) {
      if (error instanceof Skipped) return 'skipped';
      if (!(error instanceof BadLine)) throw error;
      if (error.message !== '') this.#log.say('error', `${where}: ${error.message}`);
      return error.result;
    }
  }

  #read(where: string, line: string): Item {
    const fields = readFields(line);
    const { action } = fields;
    if (action === '') throw new BadLine(`Command too short '${action}'.`);
    const modifiers = readModifiers(action);
    const type = String.fromCodePoint(action.codePointAt(0)!) as ItemType;
    if (modifiers.unknown !== '') this.#unknownModifiers(where, action, type, modifiers);
    if (modifiers.boot && !this.#options.boot) throw new Skipped();
    const path = this.#path(where, fields.path);
    const item = this.#argument(where, newItem(type, path, fields.argument, modifiers), modifiers);
    if (!this.#includes(path)) throw new Skipped();
    this.#content(where, item, modifiers);
    const { root } = this.#options;
    if (root !== undefined) item.path = pathJoin(root, item.path);
    this.#owners(item, fields);
    readMode(item, fields.mode);
    readAge(item, fields.age);
    return item;
  }

  /**
   * A modifier of a release to come: the line is read without it, unless it would take something away or write over it, which
   * the modifier may be there to restrict.
   */
  #unknownModifiers(
    where: string,
    action: string,
    type: ItemType,
    { unknown, force }: ReturnType<typeof readModifiers>,
  ): void {
    const skipped = destructiveTypes.has(type) || force;
    const told = [...unknown].map((letter) => `${letter}${skipped}`);
    if (itemTypes.has(type) && told.some((each) => !this.#toldModifiers.has(each))) {
      const what = skipped ? 'leaving such lines out' : 'reading such lines without';
      this.#log.say('warning', `${where}: Unknown modifiers in command '${action}', ${what}.`);
    }
    for (const each of told) this.#toldModifiers.add(each);
    if (skipped) throw new Skipped();
  }

  #expand(where: string, text: string, limit: number, failure: (reason: string) => string): string {
    const expanded = expandSpecifiers(text, this.#specifiers, specifierTable, limit);
    if ('text' in expanded) return expanded.text;
    if (notSetUp.has(expanded.error)) this.#unresolved(where);
    const bad = expanded.error === 'EINVAL' || expanded.error === 'EBADSLT';
    throw new BadLine(failure(expanded.message), bad ? 'invalid' : 'failed');
  }

  /** A machine (or a root directory) that is not set up yet is no error. */
  #unresolved(where: string): never {
    if (!this.#toldUnresolved && this.#options.root === undefined) {
      const reason = this.#options.user ? 'Required $XDG_... variable not defined' : 'uninitialized /etc/ detected';
      this.#log.say('notice', `${where}: Failed to resolve specifier: ${reason}, skipping.`);
      this.#log.say('notice', 'All rules containing unresolvable specifiers will be skipped.');
    }
    this.#toldUnresolved = true;
    throw new Skipped();
  }

  #path(where: string, text: string): string {
    let path = this.#expand(
      where,
      text,
      specifierLimits.path,
      (reason) => `Failed to replace specifiers in '${text}': ${reason}`,
    );
    // The old name of /run, which is a link to it; two lines for one path shall be seen to be that.
    const legacy = pathStartsWith(path, '/var/run/');
    if (legacy) {
      const updated = pathJoin('/run', legacy);
      if (this.#context.host.voice.unitFiles.tellsLegacyPaths(where))
        this.#log.say(
          'notice',
          `${where}: Line references path below legacy directory /var/run/, updating ${path} → ${updated}; ` +
            'please update the tmpfiles.d/ drop-in file accordingly.',
        );
      path = updated;
    }
    if (!pathIsAbsolute(path)) throw new BadLine(`Path '${path}' not absolute.`);
    return pathSimplify(path);
  }

  /** What the type of the line makes of its argument. */
  #argument(where: string, item: Item, { unbase64, ifTargetExists }: Modifiers): Item {
    const { type, argument } = item;
    if (!itemTypes.has(type)) throw new BadLine(`Unknown command type '${type}'.`);
    if (ifTargetExists && type !== 'L')
      throw new BadLine(`Modifier '?' combined with line type '${type}' which does not support this modifier.`);
    if (unbase64 && noBase64[type] !== undefined)
      throw new BadLine(`base64 decoding not supported for ${noBase64[type]}.`);
    if (argument === undefined) {
      const text = argumentRequired[type];
      if (text !== undefined) throw new BadLine(text);
      return item;
    }
    const warn = (text: string): void => this.#log.say('warning', text);
    if (withoutArgument.has(type)) warn(`${where}: ${type} lines don't take argument fields, ignoring.`);
    switch (type) {
      case 'c':
      case 'b': {
        const device = parseDevice(argument);
        if ('code' in device) throw new BadLine(`Can't parse device file major/minor '${argument}'.`);
        item.device = device.device;
        break;
      }
      case 't':
      case 'T':
        item.xattrs = parseXattrs(argument, warn);
        break;
      case 'a':
      case 'A': {
        const { host } = this.#context;
        const names = {
          user: (name: string) => host.lookupUser(name)?.uid,
          group: (name: string) => host.lookupGroup(name)?.gid,
        };
        const acl = parseAcl(argument, names, !item.force);
        if (acl === undefined) warn(`Failed to parse ACL "${argument}": Invalid argument. Ignoring`);
        item.aclAccess = acl?.access;
        item.aclDefault = acl?.default;
        break;
      }
      case 'h':
      case 'H': {
        const flags = parseFlags(argument, item.path);
        if (typeof flags === 'string') {
          this.#log.say('error', flags);
          throw new BadLine('', 'invalid');
        }
        item.flags = flags;
        break;
      }
      case 'k':
      case 'K': {
        const change = parseCapabilityChange(argument);
        if (typeof change === 'string') warn(`${change}, ignoring.`);
        else item.capabilities = change;
        break;
      }
    }
    return item;
  }

  #includes(path: string): boolean {
    const { excludePrefixes, includePrefixes } = this.#options;
    const below = (prefix: string): boolean => pathStartsWith(path, prefix) !== undefined;
    if (excludePrefixes.some(below)) return false;
    return includePrefixes.length === 0 || includePrefixes.some(below);
  }

  /** Specifiers and escapes of the argument; where the content comes from elsewhere, that. */
  #content(where: string, item: Item, { unbase64, fromCredential }: Modifiers): void {
    if (!unbase64) this.#expandArgument(where, item);
    if (item.type === 'L') item.argument ??= pathJoin('/usr/share/factory', item.path);
    if (item.type === 'C') this.#copySource(item);
    let data = item.argument === undefined ? undefined : textToBytes(item.argument);
    if (fromCredential) data = this.#credential(item.argument);
    if (unbase64 && data !== undefined) {
      const decoded = decodeBase64(data.toString('latin1'));
      if ('code' in decoded) {
        const reason = errorText(decoded.code);
        throw new BadLine(`Failed to base64 decode specified argument '${item.argument}': ${reason}`, 'failed');
      }
      data = decoded;
    }
    item.data = data;
  }

  #expandArgument(where: string, item: Item): void {
    const failure = (reason: string): string => `Failed to substitute specifiers in argument: ${reason}`;
    if (item.argument !== undefined && withSpecifiers.has(item.type)) {
      const unescaped = cUnescape(item.argument);
      if (unescaped === undefined) {
        this.#log.say('error', `Failed to unescape parameter to write: ${item.argument}`);
        throw new BadLine(failure(errorText('EINVAL')));
      }
      item.argument = this.#expand(where, unescaped, specifierLimits.path, failure);
    }
    item.xattrs = item.xattrs.map(([name, value]) => [
      this.#expand(where, name, specifierLimits.full, failure),
      this.#expand(where, value, specifierLimits.full, failure),
    ]);
  }

  #copySource(item: Item): void {
    let source = item.argument ?? pathJoin('/usr/share/factory', item.path);
    if (!pathIsAbsolute(source)) throw new BadLine(`Source path '${source}' is not absolute.`);
    source = pathSimplify(pathJoin(this.#options.root ?? '', source));
    item.argument = source;
    try {
      this.#context.host.files.lstat(source);
    } catch (error) {
      if (!(error instanceof SystemError) || error.code === 'ENOENT') throw new Skipped();
    }
  }

  #credential(name: string | undefined): Buffer {
    if (name === undefined)
      throw new BadLine('Reading from credential requested, but no credential name specified.', 'failed');
    if (!credentialNameIsValid(name)) throw new BadLine(`Credential name not valid: ${name}`, 'failed');
    const directory = credentialsDirectory(this.#context);
    if (directory === undefined) throw new Skipped();
    try {
      return this.#context.host.files.readFile(pathJoin(directory, name));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'ENOENT') throw new Skipped();
      this.#log.say('error', `Failed to read credential '${name}': ${errorText(error.code)}`);
      throw new BadLine('', 'failed');
    }
  }

  #owners(item: Item, { user, group }: Fields): void {
    const { noUser, noGroup } = this.#context.host.voice.tmpfiles;
    if (!emptyOrDash(user)) {
      item.uidOnlyCreate = user.startsWith(':');
      const name = item.uidOnlyCreate ? user.slice(1) : user;
      const found = this.#names.user(name);
      if ('id' in found) item.uid = found.id;
      else if (!this.#options.graceful) throw new BadLine(noUser(name, errorText(found.code)));
    }
    if (!emptyOrDash(group)) {
      item.gidOnlyCreate = group.startsWith(':');
      const name = item.gidOnlyCreate ? group.slice(1) : group;
      const found = this.#names.group(name);
      if ('id' in found) item.gid = found.id;
      else if (!this.#options.graceful) throw new BadLine(noGroup(name, errorText(found.code)));
    }
  }
}

function newItem(type: ItemType, path: string, argument: string | undefined, modifiers: Modifiers): Item {
  const { force, allowFailure, tryReplace, ifTargetExists, purge } = modifiers;
  return {
    type,
    path,
    argument,
    data: undefined,
    xattrs: [],
    aclAccess: undefined,
    aclDefault: undefined,
    flags: undefined,
    capabilities: undefined,
    uid: undefined,
    gid: undefined,
    mode: directoryTypes.has(type) ? 0o755 : 0o644,
    modeSet: false,
    uidOnlyCreate: false,
    gidOnlyCreate: false,
    modeOnlyCreate: false,
    maskMode: false,
    age: undefined,
    ageByFile: defaultAgeByFile,
    ageByDirectory: defaultAgeByDirectory,
    keepFirstLevel: false,
    device: 0,
    force,
    allowFailure,
    tryReplace,
    ifTargetExists,
    purge,
    done: new Set(),
  };
}

function readMode(item: Item, field: string | undefined): void {
  if (emptyOrDash(field)) return;
  const prefix = /^[~:]*/.exec(field)![0];
  item.maskMode = prefix.includes('~');
  item.modeOnlyCreate = prefix.includes(':');
  const text = field.slice(prefix.length);
  const mode = parseMode(text);
  if (mode === undefined) throw new BadLine(`Invalid mode '${field}'.`);
  item.mode = mode;
  item.modeSet = true;
}

function readAge(item: Item, field: string | undefined): void {
  if (emptyOrDash(field)) return;
  item.keepFirstLevel = field.startsWith('~');
  let text = item.keepFirstLevel ? field.slice(1) : field;
  const colon = text.indexOf(':');
  if (colon >= 0) {
    const by = text.slice(0, colon);
    const kinds = parseAgeBy(by);
    if (kinds === undefined) throw new BadLine(`Invalid age-by '${by}'.`);
    if (kinds.file.size > 0) item.ageByFile = kinds.file;
    if (kinds.directory.size > 0) item.ageByDirectory = kinds.directory;
    text = text.slice(colon + 1);
  }
  const age = parseTimeSpan(text);
  if (age === undefined) throw new BadLine(`Invalid age '${text}'.`);
  item.age = age;
}

const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 with blanks anywhere; the name of the errno where it is none. */
function decodeBase64(text: string): Buffer | { code: string } {
  const packed = text.replace(/[ \t\n\r]+/g, '');
  for (let at = 0; at < packed.length; at += 4) {
    const group = packed.slice(at, at + 4);
    const values = [...group].map((character) => (character === '=' ? 64 : base64Alphabet.indexOf(character)));
    const padding = values.indexOf(64);
    if (values.includes(-1) || padding === 0 || padding === 1) return { code: 'EINVAL' };
    if (group.length < 4) return { code: 'EPIPE' };
    if (padding < 0) continue;
    // Bits that are left over must be none.
    const left = padding === 2 ? values[1]! & 15 : values[2]! & 3;
    if (values[3] !== 64 || left !== 0) return { code: 'EINVAL' };
    if (at + 4 < packed.length) return { code: 'ENAMETOOLONG' };
  }
  return Buffer.from(packed, 'base64');
}
