/** From options and words of the command line to what entries have to match. */
import {
  addUnitMatches,
  addUserUnitMatches,
  JournalFilter,
  systemUnitFields,
  userUnitFields,
} from '../../journal/read/match.ts';
import type { JournalSource } from '../../journal/read/view.ts';
import { errorText } from '../../sys/error-text.ts';
import { type Files, SystemError } from '../../sys/host.ts';
import { matcher } from '../../text/fnmatch.ts';
import { isGlob, mangleUnitName } from '../../unitfile/language/unit-name.ts';
import type { CliContext } from '../common/context.ts';
import { addInvocation, sharedValues } from './invocations.ts';
import type { JournalctlOptions } from './options.ts';
import { Pace } from './pace.ts';

export type FilterResult = { filter: JournalFilter } | { error: string };

/** `bootId`: entries of that boot only; `invocationId`: of that life of a unit only. */
export async function buildFilter(
  context: CliContext,
  source: JournalSource,
  options: JournalctlOptions,
  bootId: string | undefined,
  invocationId?: string,
): Promise<FilterResult> {
  const filter = new JournalFilter();
  // One life of a unit needs no more to be known by.
  if (invocationId !== undefined) addInvocation(filter, invocationId);
  else if (bootId !== undefined) {
    filter.add(`_BOOT_ID=${bootId}`);
    filter.addConjunction();
  }
  if (options.dmesg) {
    filter.add('_TRANSPORT=kernel');
    filter.addConjunction();
  }
  const unitError = invocationId === undefined ? await addUnits(filter, context, source, options) : undefined;
  if (unitError !== undefined) return { error: `Failed to add filter for units: ${unitError}` };
  for (const identifier of options.identifiers) {
    filter.add(`SYSLOG_IDENTIFIER=${identifier}`);
    filter.addDisjunction();
  }
  filter.addConjunction();
  if (options.priorities !== undefined) {
    for (const level of options.priorities) filter.add(`PRIORITY=${level}`);
    filter.addConjunction();
  }
  for (const facility of options.facilities) filter.add(`SYSLOG_FACILITY=${facility}`);
  const error = addMatches(filter, context, options.matches);
  return error === undefined ? { filter } : { error };
}

async function addUnits(
  filter: JournalFilter,
  context: CliContext,
  source: JournalSource,
  options: JournalctlOptions,
): Promise<string | undefined> {
  const { units, userUnits, quiet } = options;
  if (units.length === 0 && userUnits.length === 0) return undefined;
  const notice = quiet ? undefined : (text: string): void => context.err(`${text}\n`);
  let count = 0;
  const add = async (
    names: readonly string[],
    fields: readonly string[],
    one: (unit: string) => void,
  ): Promise<string | undefined> => {
    const patterns: string[] = [];
    const found = new Set<string>();
    for (const name of names) {
      const unit = mangleUnitName(name, { globs: true, ...(notice === undefined ? {} : { notice }) });
      if (unit === undefined) return 'Invalid argument';
      if (isGlob(unit)) patterns.push(unit);
      else found.add(unit);
    }
    if (patterns.length > 0) {
      const matches = matcher(patterns, { noEscape: true });
      for (const value of await sharedValues(source, new Set(fields), new Pace(context)))
        if (matches(value)) found.add(value);
    }
    for (const unit of found) {
      one(unit);
      filter.addDisjunction();
      count++;
    }
    return undefined;
  };
  const error =
    (await add(units, systemUnitFields, (unit) => addUnitMatches(filter, unit))) ??
    (await add(userUnits, userUnitFields, (unit) => addUserUnitMatches(filter, unit, context.caller.uid)));
  if (error !== undefined) return error;
  // With no unit at all everything would match.
  if (count === 0) return 'No data available';
  filter.addConjunction();
  return undefined;
}

/** FIELD=VALUE, paths, and `+` between alternatives. */
function addMatches(filter: JournalFilter, context: CliContext, words: readonly string[]): string | undefined {
  let haveTerm = false;
  for (const word of words) {
    if (word === '+') {
      if (!haveTerm) break;
      filter.addDisjunction();
      haveTerm = false;
      continue;
    }
    if (word.startsWith('/')) {
      const error = addPath(filter, context, word);
      if (error !== undefined) return error;
    } else if (!filter.add(word)) return `Failed to add match '${word}': Invalid argument`;
    haveTerm = true;
  }
  return words.length > 0 && !haveTerm ? context.host.voice.journal.loosePlus : undefined;
}

/** What a program logs, or what is logged about a device. */
function addPath(filter: JournalFilter, context: CliContext, path: string): string | undefined {
  const { files } = context.host;
  let real: string;
  try {
    real = files.realpath(path);
  } catch (error) {
    const code = error instanceof SystemError ? error.code : String(error);
    return context.host.voice.journal.notCanonical(path, errorText(code));
  }
  const stat = files.tryLstat(real);
  if (stat === undefined) return `Couldn't stat file: ${errorText('ENOENT')}`;
  if (stat.type === 'file' && (stat.mode & 0o111) !== 0) {
    const interpreter = scriptInterpreter(files, real);
    if (interpreter === undefined) {
      filter.add(`_EXE=${real}`);
      return undefined;
    }
    filter.add(`_COMM=${real.slice(real.lastIndexOf('/') + 1).slice(0, 15)}`);
    // Where the interpreter is a link it may lead elsewhere by now.
    const kind = files.tryLstat(interpreter)?.type;
    if (kind !== undefined && kind !== 'symlink') filter.add(`_EXE=${interpreter}`);
    return undefined;
  }
  if (stat.type === 'char' || stat.type === 'block') {
    const major = Math.floor(stat.rdev / 256) & 0xfff;
    const minor = stat.rdev & 0xff;
    filter.add(`_KERNEL_DEVICE=${stat.type === 'block' ? 'b' : 'c'}${major}:${minor}`);
    return undefined;
  }
  return context.host.voice.journal.noSuchPath(path);
}

function scriptInterpreter(files: Files, path: string): string | undefined {
  try {
    const file = files.open(path, 'read');
    const head = file.read(0, 256).toString('utf8');
    file.close();
    return /^#! *(\/\S+)/.exec(head)?.[1];
  } catch {
    return undefined;
  }
}
