/**
 * The text of a transient unit (systemd-run(1)) or of a drop-in (systemctl(1), set-property), as systemd writes it of the
 * properties that a program has set.
 */
import type { ResourceLimit } from '../../sys/host.ts';
import { parseBoolean, parsePermyriad } from '../../text/numbers.ts';
import { cEscape, extract, shellEscape, splitWords } from '../../text/quoting.ts';
import { findDirective, sectionOf } from '../../unitfile/directives/table.ts';
import { type ExecCommand, shellName } from '../../unitfile/language/exec-command.ts';
import type { UnitType } from '../../unitfile/language/unit-name.ts';
import { unitNameKind, unitTypeOf } from '../../unitfile/language/unit-name.ts';
import type { LoadedUnit } from '../../unitfile/load/loaded-unit.ts';
import type { UnitLoader } from '../../unitfile/load/loader.ts';
import { formatCpuSet } from '../../values/cpu-set.ts';
import { parseSignal, signalName } from '../../values/signals.ts';
import { formatTimeSpanUsec, parseTimeSpanUsec } from '../../values/time/time-span.ts';
import type { ManagerView } from './manager-view.ts';
import { refusalOf } from './value-refusals.ts';

const transientHeader = '# This is a transient unit file, created programmatically via the systemd API. Do not edit.\n';

/** A property that can't be set. `byManager`: it is the manager that refuses it, else the program. */
export class PropertyError extends Error {
  readonly byManager: boolean;
  constructor(message: string, byManager = false) {
    super(message);
    this.byManager = byManager;
  }
}

const escapeSpecifiers = (text: string): string => text.replaceAll('%', '%%');

/** Words, each in quotes. */
function quoted(words: readonly string[], encode: (text: string) => string): string {
  return words.map((word) => `"${encode(escapeSpecifiers(word))}"`).join(' ');
}

const quotedForExec = (words: readonly string[]): string => quoted(words, (text) => shellEscape(text, '$;\'"'));

/** Kinds of values that are written as `show` prints them. */
const printedKinds: ReadonlySet<string> = new Set([
  'boolean',
  'time span',
  'size',
  'integer',
  'unsigned integer',
  'access mode',
  'nice level',
  'OOM score',
]);
/** Lists whose words are written in quotes; with C escapes where systemd's programs send them as strings of any kind. */
const quotedKinds: ReadonlyMap<string, (text: string) => string> = new Map([
  ['paths', (text: string) => text],
  ['directories below a root', (text: string) => text],
  ['assignments', cEscape],
  ['variable names', cEscape],
]);
/** What a unit file may say and a program may not: the unit to start is the one that it makes beside. */
const notSettable: ReadonlySet<string> = new Set(['timer.Unit', 'path.Unit', 'socket.Service']);
/** Values in which a percent sign is one. */
const percentKinds = /percent|quota|weight|1…10000/;
/** Words of lists that mean nothing are passed over, as by the manager. */
const forgivingKinds: ReadonlySet<string> = new Set(['boolean or controllers', 'system calls', 'groups']);

/** Lists of which each word is a line of its own. */
const linePerWord: ReadonlySet<string> = new Set(['URLs', 'exit statuses and signals', 'source:target:options']);
/** What is set is all there is: the file says so first. */
const replacing: ReadonlySet<string> = new Set([
  'AllowedCPUs',
  'AllowedMemoryNodes',
  'EnvironmentFile',
  'StartupAllowedCPUs',
  'StartupAllowedMemoryNodes',
]);
/** The same of lists to which something is added: the file has all of it. */
const accumulating = /^addresses$|^device and (rights|rate|weight|time span)$/;

function settingOf(unit: LoadedUnit, group: string, key: string): unknown {
  return (unit as unknown as Record<string, Record<string, unknown> | undefined>)[group]?.[key];
}

function prefixOf(command: ExecCommand): string {
  const { ignoreFailure, noEnvExpand, fullyPrivileged, noSetuid, ambientMagic, shell } = command;
  const privilege = fullyPrivileged ? '+' : ambientMagic ? '!!' : noSetuid ? '!' : '';
  const byShell = shell === undefined ? '' : shell === 'login' ? '|@' : '|';
  return `${ignoreFailure ? '-' : ''}${noEnvExpand ? ':' : ''}${privilege}${byShell}`;
}

/** `source:target:options` of what may leave out all but the first; a `-` before the source is none of its path. */
function bindOf(word: string): string {
  const [source = '', target = source.replace(/^-/, ''), options = 'rbind'] = word.split(':');
  return `${source}:${target}:${options}`;
}

interface TextOptions {
  header?: string;
  current?: LoadedUnit;
}

/** Lines of one unit, collected section by section. */
export class UnitText {
  readonly name: string;
  readonly #loader: UnitLoader;
  readonly #refusesAlike: boolean;
  readonly #type: UnitType;
  /** What a drop-in adds to. */
  readonly #current: LoadedUnit | undefined;
  /** Lists as they are so far, line by line. */
  readonly #lists = new Map<string, string[]>();
  #text: string;
  #section = '';
  /** Command lines by directive: they are taken as they are, whatever the text would come to. */
  readonly #commands = new Map<string, ExecCommand[]>();
  #description: string | undefined;

  constructor(
    { loader, host }: Pick<ManagerView, 'loader' | 'host'>,
    name: string,
    { header = transientHeader, current }: TextOptions = {},
  ) {
    this.#loader = loader;
    this.#refusesAlike = host.voice.systemctl.badPropertiesAlike;
    this.name = name;
    this.#text = header;
    this.#current = current;
    this.#type = unitTypeOf(name) ?? 'service';
  }

  get text(): string {
    return this.#text;
  }

  /** Gives the unit that was read of the text what the text can't say exactly. */
  amend(loaded: LoadedUnit): void {
    // Each line was looked at before it was written.
    loaded.diagnostics = loaded.diagnostics.filter(({ file }) => file !== loaded.fragmentPath);
    if (this.#description !== undefined) {
      loaded.description = this.#description;
      loaded.unit.Description = this.#description;
    }
    const { service } = loaded;
    if (service === undefined) return;
    for (const [key, commands] of this.#commands) (service as unknown as Record<string, ExecCommand[]>)[key] = commands;
  }

  setDescription(text: string): void {
    this.#description = text;
    this.#line('Unit', `Description=${escapeSpecifiers(text.replaceAll(/[\n\r]/g, ' '))}`);
  }

  /** A command that systemd-run itself has taken apart. */
  setCommand(key: string, argv: readonly string[], prefix = ''): void {
    this.#addCommand(key, argv[0] ?? '', argv, prefix);
  }

  setEnvironment(assignments: readonly string[]): void {
    this.#line(this.#own, `Environment=${quoted(assignments, cEscape)}`);
  }

  /** `NAME=VALUE` as given with --property=. Throws PropertyError. */
  assign(assignment: string): void {
    const equals = assignment.indexOf('=');
    if (equals < 0) throw new PropertyError(`Not an assignment: ${assignment}`);
    this.set(assignment.slice(0, equals), assignment.slice(equals + 1));
  }

  /** Throws PropertyError. */
  set(name: string, value: string): void {
    // The other form of these properties has the prefixes in it, which are read either way.
    const key = name.replace(/^(Exec(?:Condition|(?:Start|Stop)(?:Pre|Post)?|Reload))Ex$/, '$1');
    if (key === 'Description') {
      this.setDescription(value);
      return;
    }
    if (this.#type === 'scope' && (key === 'User' || key === 'Group')) {
      // A program may set whose processes they are; no unit file can, and systemd writes it where it means nothing.
      this.#line('Unit', `${key}=${escapeSpecifiers(value)}`);
      return;
    }
    const section = notSettable.has(`${this.#type}.${key}`)
      ? undefined
      : ['Unit', sectionOf(this.#type)].find((name) => name !== undefined && findDirective(name, key));
    const found = section === undefined ? undefined : findDirective(section, key);
    if (section === undefined || found === undefined) throw new PropertyError(`Unknown assignment: ${key}=${value}`);
    const { kindName } = found.row;
    if (kindName === 'command lines') {
      this.#commandLine(key, value);
      return;
    }
    if (kindName === 'units') {
      this.#unitNames(section, key, value);
      return;
    }
    const escaped = percentKinds.test(kindName) ? value : escapeSpecifiers(value);
    const adds = accumulating.test(kindName);
    // The last rule on devices is kept first.
    const inOrder = (lines: string[]): string[] => (kindName === 'device and rights' ? lines.toReversed() : lines);
    const before = !adds || value === '' ? [] : (this.#lists.get(key) ?? inOrder(this.#linesOf(this.#current, key)));
    const read = this.#check(section, key, value, [...before.map((line) => `${key}=${line}`), `${key}=${escaped}`]);
    const parsed = settingOf(read, found.group, key);
    if (key === 'TimeoutSec' && this.#type === 'service') {
      for (const each of ['TimeoutStartSec', 'TimeoutStopSec']) this.set(each, value);
      return;
    }
    if (key === 'StandardInputText') {
      this.#line(
        section,
        `StandardInputData=${this.#printed('StandardInputData', settingOf(read, found.group, 'StandardInputData'), '')}`,
      );
      return;
    }
    if (adds || (replacing.has(key) && (value !== '' || kindName === 'CPU list'))) this.#line(section, `${key}=`);
    const lines = adds ? this.#linesOf(read, key) : this.#written(key, value, escaped, kindName, parsed);
    for (const text of lines) this.#line(section, `${key}=${text}`);
    if (adds) this.#lists.set(key, inOrder(lines));
    // systemd ends these texts twice where they are a file of their own.
    if (adds && this.#current !== undefined) this.#text += '\n';
  }

  /** A list setting of a unit as lines that set it. */
  #linesOf(unit: LoadedUnit | undefined, key: string): string[] {
    const found = findDirective(this.#own, key);
    const value = unit === undefined || found === undefined ? undefined : settingOf(unit, found.group, key);
    if (value === undefined || found?.row.slot !== true) return [];
    const shown: unknown = found.row.kind.format(value);
    return Array.isArray(shown) ? shown.map(String) : String(shown).split(' ').filter(Boolean);
  }

  /** How systemd names the property: the end of the name of a drop-in that sets it. */
  propertyOf(key: string, value: string): string {
    if (key === 'IODeviceLatencyTargetSec') return 'IODeviceLatencyTargetUSec';
    const kindName = findDirective(this.#own, key)?.row.kindName ?? '';
    if (kindName === 'boolean or controllers' && parseBoolean(value) === undefined) return `${key}Controllers`;
    return kindName.endsWith('percent or infinity') && parsePermyriad(value) !== undefined ? `${key}Scale` : key;
  }

  get #own(): string {
    return sectionOf(this.#type) ?? 'Unit';
  }

  #line(section: string, line: string): void {
    if (section !== this.#section) {
      this.#text += `${this.#section === '' ? '' : '\n'}[${section}]\n`;
      this.#section = section;
    }
    this.#text += `${line}\n`;
  }

  /** Reads the lines for themselves; what is wrong with the last ends the whole. */
  #check(section: string, key: string, value: string, lines: readonly string[]): LoadedUnit {
    const { row, group } = findDirective(section, key)!;
    const { kindName } = row;
    const read = this.#loader.readLines(this.name, `[${section}]\n${lines.join('\n')}\n`);
    const isWrong = read.diagnostics.some(
      ({ level, message }) => level <= 4 && !/^Unit uses .*[Pp]lease (?:use|update)/.test(message),
    );
    const isText = !/[\n\r\0]/.test(value);
    if (isText && (!isWrong || forgivingKinds.has(kindName))) return read;
    const refusal = refusalOf({ key, value, kindName, group }, this.#refusesAlike);
    if ('manager' in refusal) throw new PropertyError(refusal.manager, true);
    throw new PropertyError(refusal.program);
  }

  /** Values of the lines that set a property. */
  #written(key: string, value: string, escaped: string, kindName: string, parsed: unknown): string[] {
    const encode = quotedKinds.get(kindName);
    if (encode !== undefined) {
      const words = splitWords(value, extract.unquote | extract.cUnescape) ?? [];
      return [quoted(words, encode)];
    }
    // The least and the most memory that may be protected have no empty value: it is their default.
    if (value === '') return [kindName === 'size, percent or infinity' ? this.#printed(key, parsed, '') : ''];
    if (kindName === 'limit' && parsed !== undefined) {
      const { soft, hard } = parsed as ResourceLimit;
      const shown = (limit: number): string => (limit === Number.POSITIVE_INFINITY ? 'infinity' : String(limit));
      return [shown(hard), soft === hard ? shown(soft) : `${shown(soft)}:${shown(hard)}`];
    }
    if (kindName === 'time span') {
      const usec = parseTimeSpanUsec(value);
      if (typeof usec === 'bigint') return [formatTimeSpanUsec(usec)];
    }
    if (kindName === 'signal') return [signalName(parseSignal(value) ?? 0)];
    if (kindName === 'level' || kindName === 'facility') return [typeof parsed === 'number' ? String(parsed) : escaped];
    if (kindName === 'capabilities')
      return [value.startsWith('~') ? this.#printed(key, parsed, escaped) : escaped.toLowerCase()];
    if (key === 'CPUQuota' && typeof parsed === 'number') return [`${(parsed / 10).toFixed(0)}%`];
    const share = kindName.includes('percent') ? parsePermyriad(value) : undefined;
    if (share !== undefined) return [`${(share / 100).toFixed(2)}%`];
    if (value === 'infinity' && kindName.endsWith('infinity')) return [value];
    if (linePerWord.has(kindName)) {
      const words = splitWords(escaped, extract.unquote) ?? [];
      return kindName === 'source:target:options' ? words.map(bindOf) : words;
    }
    // `show` prints some of them as bytes.
    if (kindName === 'CPU list' && replacing.has(key)) return [formatCpuSet(parsed as number[])];
    const printed = printedKinds.has(kindName) || kindName === 'size, percent or infinity';
    return [printed ? this.#printed(key, parsed, escaped) : escaped];
  }

  #printed(key: string, parsed: unknown, escaped: string): string {
    const row = findDirective(this.#own, key)?.row ?? findDirective('Unit', key)?.row;
    if (row === undefined || !row.slot || parsed === undefined) return escaped;
    const shown: unknown = row.kind.format(parsed);
    return typeof shown === 'string' && shown !== '' ? shown : escaped;
  }

  #unitNames(section: string, key: string, value: string): void {
    const words = splitWords(value, extract.unquote);
    if (words === undefined) throw new PropertyError(`Failed to parse ${key}=${value}: Invalid argument`);
    for (const word of words) {
      if (unitNameKind(word) === undefined) throw new PropertyError(`Invalid unit name ${word}`, true);
      this.#line(section, `${key}=${escapeSpecifiers(word)}`);
    }
  }

  /** ExecStartPre= and its kin: prefixes, then words; no specifiers, for these are not a unit file's lines. */
  #commandLine(key: string, value: string): void {
    const prefix = /^[-@:+!|]*/.exec(value)![0];
    const words = splitWords(value.slice(prefix.length), extract.unquote | extract.cUnescape);
    if (words === undefined) throw new PropertyError('Failed to parse command line: Invalid argument');
    const byShell = prefix.includes('|');
    const [path = '', ...rest] = words;
    if (byShell)
      this.#addCommand(key, '/bin/sh', [shellName(prefix.includes('@') ? 'login' : 'plain'), ...words], prefix);
    else this.#addCommand(key, path, prefix.includes('@') ? rest : words, prefix);
  }

  #addCommand(key: string, path: string, argv: readonly string[], prefix: string): void {
    const command: ExecCommand = {
      path,
      argv: [...argv],
      ignoreFailure: prefix.includes('-'),
      noEnvExpand: prefix.includes(':'),
      fullyPrivileged: prefix.includes('+'),
      noSetuid: prefix.includes('!') && !prefix.includes('!!'),
      ambientMagic: prefix.includes('!!'),
      ...(prefix.includes('|') ? { shell: prefix.includes('@') ? ('login' as const) : ('plain' as const) } : {}),
    };
    const commands = [...(this.#commands.get(key) ?? []), command];
    this.#commands.set(key, commands);
    this.#line(this.#own, `${key}=`);
    for (const each of commands) {
      const byShell = each.shell !== undefined;
      const path = each.argv[0] === each.path || byShell ? '' : `@${each.path} `;
      this.#line(
        this.#own,
        `${key}=${prefixOf(each)}${path}${quotedForExec(byShell ? each.argv.slice(1) : each.argv)}`,
      );
    }
  }
}
