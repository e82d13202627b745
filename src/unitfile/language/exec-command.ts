/** Exec lines: systemd.service(5) "COMMAND LINES". */
import { stringIsSafe } from '../../text/bytes.ts';
import { whitespace } from '../../text/characters.ts';
import { filenameIsValid, pathIsAbsolute, pathIsValid, pathSimplify } from '../../text/paths.ts';
import { extract, nextWordOrWarn, splitWords, type Warn, WordReader } from '../../text/quoting.ts';

/** One command of an Exec line, systemd.service(5) "COMMAND LINES". Specifiers are expanded, variables are not yet. */
export interface ExecCommand {
  /** As written, after prefixes: absolute, or a bare name that is looked up in the path at start. */
  path: string;
  /** argv[0] first. */
  argv: string[];
  /** Prefix `-`. */
  ignoreFailure: boolean;
  /** Prefix `:`: no environment variable substitution. */
  noEnvExpand: boolean;
  /** Prefix `+`. */
  fullyPrivileged: boolean;
  /** Prefix `!`. */
  noSetuid: boolean;
  /** Prefix `!!`. */
  ambientMagic: boolean;
  /**
   * Prefix `|`: the words after argv[0] are a line for the user's shell, for `login` (with `@`) for one that thinks it is a
   * login; without words it is the shell itself that runs. `path` and argv[0] are those of sh(1).
   */
  shell?: 'plain' | 'login';
}

/** Expands specifiers; `path` and `full` differ in what fits. `message` is errno's text. */
export type ExpandSpecifiers = (text: string, kind: 'path' | 'full') => { text: string } | { message: string };

export interface ParsedExecLine {
  commands: ExecCommand[];
  /** The line makes the whole unit unusable. */
  fatal: boolean;
}

const wordFlags = extract.unquote | extract.cUnescape;

type Flags = Omit<ExecCommand, 'path' | 'argv' | 'shell'>;

interface Prefixes {
  flags: Flags;
  /** `@`: the next word is argv[0]. */
  separateArgv0: boolean;
  /** `|` */
  shell: boolean;
  rest: string;
}

/** The characters before the path, in any order, each at most once; `+`, `!` and `!!` exclude each other. */
function takePrefixes(word: string): Prefixes {
  const flags: Flags = {
    ignoreFailure: false,
    noEnvExpand: false,
    fullyPrivileged: false,
    noSetuid: false,
    ambientMagic: false,
  };
  let separateArgv0 = false;
  let shell = false;
  let position = 0;
  for (; position < word.length; position++) {
    const character = word[position];
    const privilegeSet = flags.fullyPrivileged || flags.noSetuid || flags.ambientMagic;
    if (character === '-' && !flags.ignoreFailure) flags.ignoreFailure = true;
    else if (character === '@' && !separateArgv0) separateArgv0 = true;
    else if (character === '|' && !shell) shell = true;
    else if (character === ':' && !flags.noEnvExpand) flags.noEnvExpand = true;
    else if (character === '+' && !privilegeSet) flags.fullyPrivileged = true;
    else if (character === '!' && !privilegeSet) flags.noSetuid = true;
    else if (character === '!' && !flags.fullyPrivileged && !flags.ambientMagic) {
      flags.noSetuid = false;
      flags.ambientMagic = true;
    } else break;
  }
  return { flags, separateArgv0, shell, rest: word.slice(position) };
}

/** Of a user without one of its own. */
const defaultShell = '/bin/sh';

/** What is said of lines, and what of prefixes, as a release has it. */
export interface ExecLineVoice {
  /** A word whose specifiers can't be resolved. */
  readonly unresolved: (word: string) => string;
  /** Prefix `!!` has no meaning any more, which is said; undefined: it has. */
  readonly ambientIsGone: string | undefined;
}

/** What is run for a command that a shell is to run, `argv` expanded; the command itself where it needs none. */
export function byShell(
  { path, shell }: ExecCommand,
  argv: readonly string[],
  userShell: string | undefined,
): { path: string; argv: string[] } {
  if (shell === undefined) return { path, argv: [...argv] };
  const program = userShell || defaultShell;
  const name = `${shell === 'login' ? '-' : ''}${program}`;
  const words = argv.slice(1);
  return { path: program, argv: words.length === 0 ? [name] : [name, '-c', words.join(' ')] };
}

/** argv[0] of a command that a shell is to run. */
export const shellName = (shell: 'plain' | 'login'): string => (shell === 'login' ? '-sh' : 'sh');

function isSeparatorAt(text: string, position: number): boolean {
  return position >= text.length || whitespace.includes(text[position]!);
}

function skipBlanks(text: string, position: number): number {
  while (position < text.length && whitespace.includes(text[position]!)) position++;
  return position;
}

/**
 * The commands of one non-empty Exec line. What was read before a problem counts; `fatal` says that the problem makes
 * the unit unusable (commands with the prefix `-` are dropped with a warning instead).
 */
export function parseExecCommands(
  value: string,
  expand: ExpandSpecifiers,
  warn: Warn,
  voice: ExecLineVoice,
): ParsedExecLine {
  const commands: ExecCommand[] = [];
  const reader = new WordReader(value);
  // messages quote the line from the command that is at fault
  let whole: string = value;
  let more = true;
  while (more) {
    more = false;
    const first = nextWordOrWarn(reader, wordFlags, warn, whole);
    if (first === undefined) return { commands, fatal: false };
    if (first === ';') {
      more = true;
      continue;
    }
    const prefixes = takePrefixes(first);
    if (prefixes.flags.ambientMagic && voice.ambientIsGone !== undefined) {
      warn(4, voice.ambientIsGone);
      prefixes.flags.ambientMagic = false;
    }
    const ignore = prefixes.flags.ignoreFailure;
    const level = ignore ? 4 : 3;
    const ignoring = ignore ? ', ignoring' : '';
    const refused: ParsedExecLine = { commands, fatal: !ignore };

    const shell = !prefixes.shell ? undefined : prefixes.separateArgv0 ? 'login' : 'plain';
    const path = shell === undefined ? programOf(prefixes.rest, ignoring, whole, expand) : { text: defaultShell };
    if ('problem' in path) {
      warn(level, path.problem);
      return refused;
    }
    const argv: string[] = [];
    // What a shell is to read is for it alone: specifiers of its first word stay.
    if (shell !== undefined) argv.push(shellName(shell), ...(prefixes.rest === '' ? [] : [prefixes.rest]));
    else if (!prefixes.separateArgv0) argv.push(path.text);
    for (;;) {
      const position = reader.position;
      if (position === undefined || position >= value.length) break;
      if (value[position] === ';' && isSeparatorAt(value, position + 1)) {
        reader.position = skipBlanks(value, position + 1);
        more = true;
        break;
      }
      if (value[position] === '\\' && value[position + 1] === ';' && isSeparatorAt(value, position + 2)) {
        reader.position = skipBlanks(value, position + 2);
        argv.push(';');
        continue;
      }
      const word = nextWordOrWarn(reader, wordFlags, warn, whole);
      if (word === undefined) {
        if (reader.failed) return refused;
        break;
      }
      const argument = expand(word, 'full');
      if (!('text' in argument)) {
        warn(level, `Failed to resolve unit specifiers in ${voice.unresolved(word)}${ignoring}: ${argument.message}`);
        return refused;
      }
      argv.push(argument.text);
    }
    if (argv.length === 0) {
      warn(level, `Empty executable name or zeroeth argument${ignoring}: ${whole}`);
      return refused;
    }
    commands.push({
      path: pathSimplify(path.text),
      argv,
      ...prefixes.flags,
      ...(shell === undefined ? {} : { shell }),
    });
    whole = reader.rest ?? '';
  }
  return { commands, fatal: false };
}

/** The path of a program, specifiers expanded, or what is wrong with it. */
function programOf(
  word: string,
  ignoring: string,
  line: string,
  expand: ExpandSpecifiers,
): { text: string } | { problem: string } {
  const expanded = expand(word, 'path');
  if (!('text' in expanded))
    return { problem: `Failed to resolve unit specifiers in '${word}'${ignoring}: ${expanded.message}` };
  const path = expanded.text;
  if (path === '') return { problem: `Empty path in command line${ignoring}: '${line}'` };
  if (!stringIsSafe(path)) return { problem: `Executable name contains special characters${ignoring}: ${path}` };
  if (path.endsWith('/')) return { problem: `Executable path specifies a directory${ignoring}: ${path}` };
  if (!(pathIsAbsolute(path) ? pathIsValid(path) : filenameIsValid(path)))
    return { problem: `Neither a valid executable name nor an absolute path${ignoring}: ${path}` };
  return { text: path };
}

/** Replaces `${NAME}` and `$$`; a variable that is not set leaves nothing. */
function replaceEnv(format: string, variable: (name: string) => string | undefined): string {
  let result = '';
  let run = 0;
  let position = format.indexOf('$');
  while (position >= 0 && position + 1 < format.length) {
    const next = format[position + 1]!;
    if (next === '$') {
      result += format.slice(run, position + 1);
      run = position + 2;
      position = format.indexOf('$', run);
      continue;
    }
    if (next === '{') {
      // a colon ends the search for a name: `${X:-y}` is not replaced
      let end = position + 2;
      while (end < format.length && format[end] !== '}' && format[end] !== ':') end++;
      if (format[end] === '}') {
        result += format.slice(run, position) + (variable(format.slice(position + 2, end)) ?? '');
        run = end + 1;
      } else if (end >= format.length) {
        break;
      }
      position = format.indexOf('$', end + 1);
      continue;
    }
    position = format.indexOf('$', position + 2);
  }
  return run === 0 ? format : result + format.slice(run);
}

/**
 * The argv a command is executed with: an argument that is just `$NAME` becomes the variable's words, `${NAME}` within
 * an argument its value, `$$` a dollar sign. Not applied to commands with the prefix `:`.
 */
export function expandCommandLine(
  command: ExecCommand,
  env: ReadonlyMap<string, string>,
  unset?: Set<string>,
): string[] {
  return command.noEnvExpand ? [...command.argv] : expandArguments(command.argv, env, unset);
}

/** The same of arguments that are no unit's. `unset` gets the names of variables that are not in `env`. */
export function expandArguments(
  argv: readonly string[],
  env: ReadonlyMap<string, string>,
  unset?: Set<string>,
): string[] {
  const result: string[] = [];
  const variable = (name: string): string | undefined => {
    const value = env.get(name);
    if (value === undefined) unset?.add(name);
    return value;
  };
  for (const argument of argv) {
    if (argument[0] === '$' && argument[1] !== '{' && argument[1] !== '$') {
      const value = variable(argument.slice(1));
      if (value !== undefined) result.push(...(splitWords(value, extract.relax | extract.unquote) ?? []));
    } else {
      result.push(argument.includes('$') ? replaceEnv(argument, variable) : argument);
    }
  }
  return result;
}

/** A command line as `show` and `status` print it: arguments separated by spaces, unquoted. */
export function formatArgv(argv: readonly string[]): string {
  return argv.join(' ');
}
