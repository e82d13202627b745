/**
 * Whether Condition…= and Assert…= hold: systemd.unit(5) "CONDITIONS AND ASSERTS". A test is a function of parameter and
 * machine; what can't be told is an error of its own, which systemd logs and takes for a failure.
 *
 *   conditions.ts      files, users, host, kernel, environment; the table of all tests by type
 *   machine.ts         memory, CPUs, control groups, virtualization, firmware, security, power, pressure
 *   condition-test.ts  what a test is, and what many of them ask
 *
 * How lines become conditions is src/unitfile/directives; how several come to one answer (`|`), and when, src/units/unit.ts.
 */

import { globFirst } from '../../sys/glob.ts';
import { hmacSha256 } from '../../sys/hash.ts';
import { type FileStat, type Host, SystemError } from '../../sys/host.ts';
import { trimBlanks } from '../../text/characters.ts';
import { compareTexts, takeCompareOperator } from '../../text/compare.ts';
import { fnmatch } from '../../text/fnmatch.ts';
import { parseBoolean, parsePermyriadUnbounded, parseUid, parseUnsigned64 } from '../../text/numbers.ts';
import { filenameIsValid, pathEquals, pathIsAbsolute, pathJoin, pathStartsWith } from '../../text/paths.ts';
import { extract, splitWords, WordReader } from '../../text/quoting.ts';
import { credentialNameIsValid } from '../../values/names.ts';
import type { Condition } from '../directives/shapes.ts';
import { isHiddenOrBackup } from '../files/unit-files.ts';
import { parseEnvFile } from '../language/env-file.ts';
import { envNameIsValid } from '../language/environment.ts';
import {
  booleanOf,
  type ConditionContext,
  containerOf,
  exists,
  invalid,
  operatorIndex,
  readSmall,
  type Test,
  Undecidable,
} from './condition-test.ts';
import { machineTests } from './machine.ts';

export type { ConditionContext } from './condition-test.ts';

/** In a container the "kernel command line" is that of process 1. */
function kernelCommandLine(host: Host): string {
  if (containerOf(host) !== undefined) return (host.commandLine(1) ?? []).join(' ');
  return trimBlanks(readSmall(host, '/proc/cmdline') ?? '');
}

function kernelOptions(host: Host): string[] {
  return splitWords(kernelCommandLine(host), extract.unquote | extract.relax) ?? [];
}

/** Whether `NAME=VALUE` is among the assignments, or, where `wanted` has no `=`, the name. */
function hasAssignment(assignments: readonly string[], wanted: string): boolean {
  if (wanted.includes('=')) return assignments.includes(wanted);
  return assignments.some((entry) => entry === wanted || entry.startsWith(`${wanted}=`));
}

/** Expressions that a version must all satisfy: `>=5.10 <7`. */
function versionMatches(parameter: string, version: string): boolean {
  const reader = new WordReader(parameter, undefined, extract.unquote);
  for (let first = true; ; first = false) {
    const word = reader.next();
    if (word === undefined) break;
    const text = trimBlanks(word);
    const taken = takeCompareOperator(text, { patterns: true, text: true });
    let wanted = trimBlanks(taken?.rest ?? text);
    if (wanted === '') {
      // only the first expression may have a blank after its operator
      const next = first ? reader.next(0) : undefined;
      if (next === undefined) throw new Undecidable(invalid);
      wanted = next;
    }
    if (!compareTexts(taken?.operator ?? 'pattern =', version, wanted)) return false;
  }
  if (reader.failed) throw new Undecidable(invalid);
  return true;
}

/** ConditionVersion=, of which ConditionKernelVersion= is another name: of the kernel unless `systemd` or `kernel` comes first. */
function versionOf(parameter: string, host: Host): boolean {
  const match = /^(systemd|kernel|glibc)(?=[ \t<>=!$]|$)[ \t]*/.exec(parameter);
  const rest = match === null ? parameter : parameter.slice(match[0].length);
  if (match?.[1] === 'systemd') return versionMatches(rest, host.voice.systemdVersion);
  if (match?.[1] === 'glibc') throw new Undecidable('Operation not supported');
  return versionMatches(rest, host.uname().release);
}

function readOsRelease(host: Host): ReadonlyMap<string, string> {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = readSmall(host, path);
    if (text !== undefined) return new Map(parseEnvFile(text, path).pairs);
  }
  throw new Undecidable('No such file or directory');
}

function osRelease(parameter: string, host: Host): boolean {
  const words = splitWords(parameter, extract.unquote);
  if (words === undefined) throw new Undecidable(invalid);
  for (const word of words) {
    const at = operatorIndex(word);
    const key = at < 0 ? '' : word.slice(0, at);
    const taken = takeCompareOperator(word.slice(Math.max(at, 0)), { patterns: true, text: true });
    if (!envNameIsValid(key) || taken === undefined || taken.rest === '' || /^[ \t\n\r]/.test(taken.rest)) {
      throw new Undecidable(invalid);
    }
    if (!compareTexts(taken.operator, readOsRelease(host).get(key) ?? '', taken.rest)) return false;
  }
  return true;
}

/** machine-info(5), TAGS=: labels with colons between them; one of them is to match. */
function machineTag(pattern: string, host: Host): boolean {
  const text = readSmall(host, '/etc/machine-info');
  const tags = text === undefined ? undefined : new Map(parseEnvFile(text, '/etc/machine-info').pairs).get('TAGS');
  return (tags ?? '').split(':').some((tag) => tag !== '' && fnmatch(pattern, tag));
}

/**
 * ConditionFraction= of later systemd: a share of all machines, by a hash of the machine's id and a word. Which one is systemd's
 * own choice: HMAC-SHA256 of "systemd-fraction-" and the word, whose first four bytes are a number below the share.
 */
function fraction(parameter: string, host: Host): boolean {
  const words = splitWords(parameter, 0);
  const [tag, percent] = words?.length === 1 ? ['', words[0]] : (words ?? []);
  if (tag === undefined || percent === undefined || words!.length > 2) throw new Undecidable(invalid);
  const share = parsePermyriadUnbounded(percent);
  if (share === undefined) throw new Undecidable(percent.startsWith('-') ? outOfRange : invalid);
  if (share > everything) throw new Undecidable(outOfRange);
  if (share === 0 || share === everything) return share === everything;
  if (host.machineId === undefined) throw new Undecidable('Package not installed');
  const hash = hmacSha256(Buffer.from(host.machineId, 'hex'), `systemd-fraction-${tag}`);
  return hash.readUInt32LE() < Math.round((share * 0xffffffff) / everything);
}

/** Parts of ten thousand. */
const everything = 10_000;
const outOfRange = 'Numerical result out of range';

const nobody = 65534;
const lastSystemUid = 999;

function user(parameter: string, host: Host): boolean {
  if (parameter === 'root') return host.uid === 0;
  if (parameter === 'nobody') return host.uid === nobody;
  if (parameter === '@system') return host.uid <= lastSystemUid;
  const id = parseUid(parameter);
  if (id !== undefined) return id === host.uid;
  // process 1 does not look up names; it is root, which has been ruled out
  return (host.pid !== 1 || host.uid !== 0) && host.lookupUser(parameter)?.uid === host.uid;
}

function group(parameter: string, host: Host): boolean {
  const inGroup = (gid: number): boolean => {
    if (gid === host.gid) return true;
    const name = host.lookupUser(String(host.uid))?.name;
    return name !== undefined && host.groupsOf(name, host.gid).includes(gid);
  };
  const id = parseUid(parameter);
  if (id !== undefined) return inGroup(id);
  if (host.pid === 1 && host.uid === 0) return parameter === 'root';
  const record = host.lookupGroup(parameter);
  return record !== undefined && inGroup(record.gid);
}

function hostCondition(parameter: string, host: Host): boolean {
  const id = parameter.replaceAll('-', '').toLowerCase();
  const isId = /^[0-9a-f]{32}$/.test(id) && (parameter.length === 32 || /^\w{8}-(?:\w{4}-){3}\w{12}$/.test(parameter));
  if (!isId) return fnmatch(parameter, host.hostname, { ignoreCase: true });
  if (host.machineId === undefined) throw new Undecidable('No such file or directory');
  return host.machineId === id;
}

/** Whether the file system that holds a path is mounted read-only; undefined where there is no such path. */
function readOnly(path: string, host: Host): boolean | undefined {
  let real: string;
  try {
    real = host.files.realpath(path);
  } catch (error) {
    return error instanceof SystemError && error.code === 'ENOENT' ? undefined : false;
  }
  let best: { length: number; options: readonly string[] } | undefined;
  for (const { target, options } of host.mountTable()) {
    if (pathStartsWith(real, target) === undefined) continue;
    // a later mount on the same place hides the earlier one
    if (best === undefined || target.length >= best.length) best = { length: target.length, options };
  }
  return best?.options.includes('ro') ?? false;
}

function needsUpdate(parameter: string, host: Host): boolean {
  const option = kernelOptions(host).findLast((word) => /^systemd[._]condition[-_]needs[-_]update(?:=|$)/.test(word));
  if (option !== undefined) {
    const equals = option.indexOf('=');
    const forced = equals < 0 ? true : parseBoolean(option.slice(equals + 1));
    if (forced !== undefined) return forced;
  }
  if (!pathIsAbsolute(parameter)) return true;
  if (readOnly(parameter, host)) return false;
  const stamp = pathJoin(parameter, '.updated');
  const updated = host.files.tryLstat(stamp);
  const usr = host.files.tryLstat('/usr/');
  if (updated === undefined || usr === undefined) return true;
  const seconds = (stat: FileStat): number => Math.floor(stat.mtimeMs / 1000);
  if (seconds(usr) !== seconds(updated)) return seconds(usr) > seconds(updated);
  const usrFraction = usr.mtimeMs - seconds(usr) * 1000;
  const updatedFraction = updated.mtimeMs - seconds(updated) * 1000;
  if (usrFraction === 0 || updatedFraction > 0) return usrFraction > updatedFraction;
  // a file system without fractions of a second: the file tells what time was meant
  const written = parseEnvFile(readSmall(host, stamp) ?? '', stamp).pairs.findLast(([key]) => key === 'TIMESTAMP_NSEC');
  const nanoseconds = written === undefined ? undefined : parseUnsigned64(written[1]);
  return nanoseconds === undefined || usr.mtimeMs * 1e6 > Number(nanoseconds);
}

function mountPoint(path: string, host: Host): boolean {
  try {
    const real = host.files.realpath(path);
    return host.mountTable().some(({ target }) => pathEquals(target, real));
  } catch {
    return false;
  }
}

/** Device mapper's layers below a path's block device: LUKS volumes say so in their uuid. */
function encrypted(path: string, host: Host): boolean {
  const stat = host.files.tryStat(path);
  if (stat === undefined) return false;
  const device = stat.type === 'block' ? stat.rdev : stat.dev;
  const major = Math.floor(device / 256) & 0xfff;
  const minor = (device & 0xff) | (Math.floor(device / 4096) & 0xfff00);
  const isEncrypted = (directory: string, depth: number): boolean => {
    if (trimBlanks(readSmall(host, `${directory}/dm/uuid`) ?? '').startsWith('CRYPT-')) return true;
    if (depth === 0) return false;
    try {
      const slaves = host.files.readdir(`${directory}/slaves`);
      return slaves.length > 0 && slaves.every((slave) => isEncrypted(`${directory}/slaves/${slave}`, depth - 1));
    } catch {
      return false;
    }
  };
  return major !== 0 && isEncrypted(`/sys/dev/block/${major}:${minor}`, 8);
}

function directoryNotEmpty(path: string, host: Host): boolean {
  try {
    return host.files.readdir(path).some((name) => !isHiddenOrBackup(name));
  } catch (error) {
    // an unreadable directory may well have something in it
    return !(error instanceof SystemError && (error.code === 'ENOENT' || error.code === 'ENOTDIR'));
  }
}

function credential(parameter: string, host: Host): boolean {
  if (!credentialNameIsValid(parameter)) return false;
  return ['CREDENTIALS_DIRECTORY', 'ENCRYPTED_CREDENTIALS_DIRECTORY'].some((variable) => {
    const directory = host.environment[variable];
    if (directory === undefined) return false;
    if (!pathIsAbsolute(directory)) throw new Undecidable(invalid);
    return host.files.tryLstat(pathJoin(directory, parameter)) !== undefined;
  });
}

const tests: Readonly<Record<string, Test>> = {
  PathExists: (path, host) => exists(host, path),
  PathExistsGlob: (pattern, host) => globFirst(host.files, pattern) !== undefined,
  PathIsDirectory: (path, host) => host.files.tryStat(path)?.type === 'directory',
  PathIsSymbolicLink: (path, host) => host.files.tryLstat(path)?.type === 'symlink',
  PathIsSocket: (path, host) => host.files.tryStat(path)?.type === 'socket',
  PathIsMountPoint: mountPoint,
  PathIsReadWrite: (path, host) => readOnly(path, host) === false,
  PathIsEncrypted: encrypted,
  DirectoryNotEmpty: directoryNotEmpty,
  FileNotEmpty: (path, host) => {
    const stat = host.files.tryStat(path);
    return stat?.type === 'file' && stat.size > 0;
  },
  FileIsExecutable: (path, host) => {
    const stat = host.files.tryStat(path);
    return stat?.type === 'file' && (stat.mode & 0o111) !== 0;
  },
  KernelCommandLine: (parameter, host) => hasAssignment(kernelOptions(host), parameter),
  KernelVersion: versionOf,
  Version: versionOf,
  KernelModuleLoaded: (name, host) => filenameIsValid(name) && exists(host, `/sys/module/${name.replaceAll('-', '_')}`),
  MachineTag: machineTag,
  Fraction: fraction,
  Credential: credential,
  Host: hostCondition,
  NeedsUpdate: needsUpdate,
  FirstBoot: (parameter, host) => booleanOf(parameter) === exists(host, '/run/systemd/first-boot'),
  User: user,
  Group: group,
  Environment: (parameter, _host, { environment }) => hasAssignment(environment, parameter),
  OSRelease: osRelease,
  ...machineTests,
};

/** All types: names without `Condition` and `Assert`. */
export const conditionTypes: readonly string[] = Object.keys(tests);

/** Whether a condition holds, its `!` included; the text of an error where that cannot be said. */
export function evaluateCondition(
  condition: Pick<Condition, 'type' | 'negate' | 'parameter'>,
  host: Host,
  context: ConditionContext,
): boolean | string {
  const test = Object.hasOwn(tests, condition.type) ? tests[condition.type] : undefined;
  if (test === undefined) return invalid;
  try {
    return test(condition.parameter, host, context) !== condition.negate;
  } catch (error) {
    if (error instanceof Undecidable) return error.message;
    return error instanceof SystemError ? error.message : invalid;
  }
}
