/** Unit names: systemd.unit(5) "DESCRIPTION" and "STRING ESCAPING FOR INCLUSION IN UNIT NAMES". */
import { bytesToText, textToBytes } from '../../text/bytes.ts';
import { isDevicePath, pathIsAbsolute, pathIsNormalized, pathSimplify } from '../../text/paths.ts';
import { sipHash24 } from '../../text/siphash.ts';

export const unitTypes = [
  'service',
  'socket',
  'target',
  'device',
  'mount',
  'automount',
  'swap',
  'timer',
  'path',
  'slice',
  'scope',
] as const;
export type UnitType = (typeof unitTypes)[number];

export type UnitNameKind = 'plain' | 'instance' | 'template';

/** UNIT_NAME_MAX, which counts a closing NUL. */
const nameLimit = 256;
const hashLength = 16;
const longNameKey = Buffer.from('ecf237fb58324a32849f069b0d21eb9a', 'hex');

const charClass = new Uint8Array(128);
const validClass = 1;
const atClass = 2;
const globClass = 4;
const digitsAndLetters = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
for (const character of `${digitsAndLetters}:-_.\\`) charClass[character.charCodeAt(0)] = validClass;
charClass[0x40] = atClass;
for (const character of '[]!*?') charClass[character.charCodeAt(0)] = globClass;

function allIn(text: string, classes: number, end = text.length): boolean {
  for (let index = 0; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code > 127 || (charClass[code]! & classes) === 0) return false;
  }
  return true;
}

const typeBySuffix: ReadonlyMap<string, UnitType> = new Map(unitTypes.map((type) => [type, type]));

/** Whether the name is a unit's own, a template's or an instance's; undefined where it is no unit name at all. */
export function unitNameKind(name: string): UnitNameKind | undefined {
  if (name.length >= nameLimit) return undefined;
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || !typeBySuffix.has(name.slice(dot + 1))) return undefined;
  if (!allIn(name, validClass | atClass, dot)) return undefined;
  const at = name.indexOf('@');
  if (at < 0) return 'plain';
  if (at === 0) return undefined;
  return at + 1 === dot ? 'template' : 'instance';
}

/** Whether a name is valid; with kinds, whether it is of one of them. */
export function unitNameIsValid(name: string, ...kinds: UnitNameKind[]): boolean {
  const kind = unitNameKind(name);
  return kind !== undefined && (kinds.length === 0 || kinds.includes(kind));
}

/** The unit type that a valid name's suffix names. */
export function unitTypeOf(name: string): UnitType | undefined {
  return unitNameKind(name) === undefined ? undefined : typeBySuffix.get(name.slice(name.lastIndexOf('.') + 1));
}

export function unitPrefixIsValid(prefix: string): boolean {
  return prefix !== '' && allIn(prefix, validClass);
}

export function unitInstanceIsValid(instance: string): boolean {
  return instance !== '' && allIn(instance, validClass | atClass);
}

/** `.service` and its siblings. */
function unitSuffixIsValid(suffix: string): boolean {
  return suffix.startsWith('.') && typeBySuffix.has(suffix.slice(1));
}

/** What stands before `@`, or before the suffix. */
export function unitPrefix(name: string): string | undefined {
  if (unitNameKind(name) === undefined) return undefined;
  const at = name.indexOf('@');
  return name.slice(0, at >= 0 ? at : name.lastIndexOf('.'));
}

/** What stands between `@` and the suffix; '' for a template, undefined for a plain or invalid name. */
export function unitInstance(name: string): string | undefined {
  if (unitNameKind(name) === undefined) return undefined;
  const at = name.indexOf('@');
  return at < 0 ? undefined : name.slice(at + 1, name.lastIndexOf('.'));
}

/** The name without its suffix. */
export function unitPrefixAndInstance(name: string): string | undefined {
  return unitNameKind(name) === undefined ? undefined : name.slice(0, name.lastIndexOf('.'));
}

/** `foo@bar.service` to `foo@.service`; undefined for names without `@`. */
export function unitTemplateName(name: string): string | undefined {
  if (!unitNameIsValid(name, 'instance', 'template')) return undefined;
  return name.slice(0, name.indexOf('@') + 1) + name.slice(name.lastIndexOf('.'));
}

/** `foo@.service` or `foo@other.service` with another instance. */
export function replaceUnitInstance(name: string, instance: string): string | undefined {
  if (!unitNameIsValid(name, 'instance', 'template') || !unitInstanceIsValid(instance)) return undefined;
  const result = name.slice(0, name.indexOf('@') + 1) + instance + name.slice(name.lastIndexOf('.'));
  return unitNameIsValid(result, 'instance') ? result : undefined;
}

/** The same name with another suffix (`.socket`). */
export function changeUnitSuffix(name: string, suffix: string): string | undefined {
  if (unitNameKind(name) === undefined || !unitSuffixIsValid(suffix)) return undefined;
  const result = name.slice(0, name.lastIndexOf('.')) + suffix;
  return unitNameKind(result) === undefined ? undefined : result;
}

/** `prefix@instance.suffix`, or `prefix.suffix` where the instance is undefined. */
export function buildUnitName(prefix: string, instance: string | undefined, suffix: string): string | undefined {
  if (!unitPrefixIsValid(prefix) || !unitSuffixIsValid(suffix)) return undefined;
  if (instance === undefined) {
    const result = prefix + suffix;
    return unitNameIsValid(result, 'plain') ? result : undefined;
  }
  if (!unitInstanceIsValid(instance)) return undefined;
  const result = `${prefix}@${instance}${suffix}`;
  return unitNameIsValid(result, 'instance') ? result : undefined;
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** What most paths are made of: nothing of it but the slashes is written in another way. */
const plainPath = /^(?!\.)[\w:./]*$/;

/** Escapes a string so that it can be part of a unit name: `/` becomes `-`. */
export function escapeUnitName(text: string): string {
  if (plainPath.test(text)) return text.replaceAll('/', '-');
  let result = '';
  const bytes = textToBytes(text);
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (byte === 0x2f) result += '-';
    else if (
      byte === 0x2d ||
      byte === 0x5c ||
      byte > 127 ||
      (charClass[byte]! & validClass) === 0 ||
      (byte === 0x2e && index === 0)
    ) {
      result += escapeByte(byte);
    } else result += String.fromCharCode(byte);
  }
  return result;
}

const strayBackslash = /\\(?!x[0-9a-fA-F]{2})/;

/** Undoes `escapeUnitName`; undefined where a backslash begins no `\xNN`. */
export function unescapeUnitName(text: string): string | undefined {
  const slashed = text.replaceAll('-', '/');
  if (!slashed.includes('\\')) return slashed;
  if (strayBackslash.test(slashed)) return undefined;
  return bytesJoined(
    slashed.replace(/\\x(..)/g, (_match, hex: string) => {
      const byte = Number.parseInt(hex, 16);
      return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
    }),
  );
}

function bytesJoined(text: string): string {
  return bytesToText(textToBytes(text));
}

/** Escapes a path: redundant slashes go, `/` is `-`. Undefined where the path has `..` components. */
export function escapeUnitPath(path: string): string | undefined {
  const simple = pathSimplify(path);
  if (simple === '' || simple === '/') return '-';
  if (!pathIsNormalized(simple)) return undefined;
  return escapeUnitName(pathIsAbsolute(simple) ? simple.slice(1) : simple);
}

/** Undoes `escapeUnitPath`: an absolute path, undefined where the text stands for none. */
export function unescapeUnitPath(text: string): string | undefined {
  if (text === '') return undefined;
  if (text === '-') return '/';
  const path = unescapeUnitName(text);
  if (path === undefined || path.startsWith('/') || path.endsWith('/')) return undefined;
  const absolute = `/${path}`;
  return pathIsNormalized(absolute) ? absolute : undefined;
}

function hashLongName(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  if (dot < 0 || !typeBySuffix.has(name.slice(dot + 1))) return undefined;
  const hash = Buffer.alloc(8);
  hash.writeBigUInt64LE(sipHash24(Buffer.from(`${name}\0`, 'latin1'), longNameKey));
  const suffix = name.slice(dot);
  const kept = name.slice(0, nameLimit - 1 - (suffix.length - 1) - hashLength - 2);
  return `${kept}_${hash.toString('hex')}${suffix}`;
}

/** Whether the name is one that `unitNameFromPath` shortened with a hash, so that its path cannot be told. */
export function unitNameIsHashed(name: string): boolean {
  if (!unitNameIsValid(name, 'plain')) return false;
  return /_[0-9a-f]{16}$/.test(name.slice(0, name.lastIndexOf('.'))) && name.lastIndexOf('.') > hashLength;
}

/** The unit that stands for a path (`/home/x`, `.mount`). Names that would be too long end in a hash. */
export function unitNameFromPath(path: string, suffix: string): string | undefined {
  if (!unitSuffixIsValid(suffix)) return undefined;
  const escaped = escapeUnitPath(path);
  if (escaped === undefined) return undefined;
  let name: string | undefined = escaped + suffix;
  if (name.length >= nameLimit) name = hashLongName(name);
  return name !== undefined && unitNameIsValid(name, 'plain') ? name : undefined;
}

/** The path that a unit stands for. */
export function unitNameToPath(name: string): string | undefined {
  const prefix = unitPrefix(name);
  return prefix === undefined || unitNameIsHashed(name) ? undefined : unescapeUnitPath(prefix);
}

/** Whether a text has glob characters. */
export function isGlob(text: string): boolean {
  return text.includes('*') || text.includes('?') || text.includes('[');
}

export interface MangleOptions {
  /** Suffix for names without a valid one. Default `.service`. */
  suffix?: string;
  /** Globs may be given; they are passed on as they are. */
  globs?: boolean;
  /** The verb, for the message about globs. */
  operation?: string;
  /** Told when a name had to be escaped. */
  notice?: (message: string) => void;
}

function escapeObvious(name: string, globs: boolean): string {
  const classes = globs ? validClass | atClass | globClass : validClass | atClass;
  let result = '';
  for (const byte of textToBytes(name)) {
    if (byte === 0x2f) result += '-';
    else if (byte > 127 || (charClass[byte]! & classes) === 0) result += escapeByte(byte);
    else result += String.fromCharCode(byte);
  }
  return result;
}

/**
 * What systemctl makes of a name given on the command line: paths become mount or device units, other characters are
 * escaped, the suffix is added where there is none. Undefined where no valid name can come of it.
 */
export function mangleUnitName(name: string, options: MangleOptions = {}): string | undefined {
  const { suffix = '.service', globs = false, operation, notice } = options;
  if (name === '' || !unitSuffixIsValid(suffix)) return undefined;
  if (unitNameKind(name) !== undefined) return name;
  let suggestEscape = true;
  if (isGlob(name) && allIn(name, validClass | atClass | globClass)) {
    if (globs) return name;
    notice?.(`Glob pattern passed${operation ? ` ${operation}` : ''}, but globs are not supported for this.`);
    suggestEscape = false;
  }
  if (isDevicePath(name)) {
    const device = unitNameFromPath(name, '.device');
    if (device !== undefined) return device;
  }
  if (pathIsAbsolute(name)) {
    const mount = unitNameFromPath(name, '.mount');
    if (mount !== undefined) return mount;
  }
  let result = escapeObvious(name, globs);
  if (result !== name) {
    notice?.(
      `Invalid unit name "${name}" escaped as "${result}"${suggestEscape ? ' (maybe you should use systemd-escape?)' : ''}.`,
    );
  }
  if (!(globs && isGlob(result)) && unitNameKind(result) === undefined) result += suffix;
  return globs || unitNameKind(result) !== undefined ? result : undefined;
}

export const rootSlice = '-.slice';

export function sliceNameIsValid(name: string): boolean {
  if (!unitNameIsValid(name, 'plain')) return false;
  if (name === rootSlice) return true;
  if (!name.endsWith('.slice')) return false;
  const prefix = name.slice(0, -'.slice'.length);
  return !prefix.startsWith('-') && !prefix.endsWith('-') && !prefix.includes('--');
}

/** The slice that contains a slice; undefined for `-.slice` and for names that are no slice's. */
export function parentSlice(name: string): string | undefined {
  if (!sliceNameIsValid(name) || name === rootSlice) return undefined;
  const dash = name.lastIndexOf('-');
  return dash < 0 ? rootSlice : `${name.slice(0, dash)}.slice`;
}

/** Where a slice is in the tree of control groups: `/a.slice/a-b.slice`, '' for the root. */
export function sliceToPath(slice: string): string {
  const parent = parentSlice(slice);
  return parent === undefined ? '' : `${sliceToPath(parent)}/${slice}`;
}

/** The unit's object on the bus: org.freedesktop.systemd1(5), sd_bus_path_encode(3). */
export const unitBusPath = (name: string): string =>
  `/org/freedesktop/systemd1/unit/${Array.from(Buffer.from(name), (byte, index) => {
    const character = String.fromCharCode(byte);
    const isPlain = /[a-zA-Z]/.test(character) || (index > 0 && /[0-9]/.test(character));
    return isPlain ? character : `_${byte.toString(16).padStart(2, '0')}`;
  }).join('')}`;
