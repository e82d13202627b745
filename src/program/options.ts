/** Rows of a table of options: what an option is called, its line in --help, and what it does to the options of a call. */

import { versionText } from '../sys/version.ts';
import type { ProgramContext } from './context.ts';
import type { ArgumentKind } from './getopt.ts';
import { type Help, type HelpLine, helpLine } from './help.ts';
import type { JsonMode } from './json.ts';
import type { Severity } from './messages.ts';

/** What a row may look at besides the option and its argument. */
export interface Parsing {
  readonly context: ProgramContext;
  /** An option that may have an argument has none. */
  readonly bare: boolean;
  /** The argument after this option, whatever it is: for options whose optional value may stand apart. */
  peek(): string | undefined;
  /** Passes over what `peek` showed. */
  skip(): void;
  /** The text of --help. */
  help(): string;
}

/** What an option does; `value` is '' where there is none. Calls `fail` where it can't, `show` where the call ends there. */
export type Take<in Options> = (options: Options, value: string, parsing: Parsing) => void;

export interface OptionRow<in Options> {
  /**
   * As --help has them: `-t --type=TYPE`, `--lines[=NUMBER]`, `-k`, `-P NAME`. A comma before other names for the same:
   * `-t --pty, --tty`.
   */
  readonly names: string;
  readonly help: Help;
  readonly take: Take<Options>;
}

/** A row. */
export function option<Options>(names: string, help: Help, take: Take<Options>): OptionRow<Options> {
  return { names, help, take };
}

/** What the names of a row say. */
export interface OptionNames {
  /** A letter. */
  readonly short: string | undefined;
  /** Without dashes; those after the first are other names for it. */
  readonly long: readonly string[];
  readonly argument: ArgumentKind;
  /** What stands for the argument: `TYPE`, `name|PATH`. */
  readonly placeholder: string;
}

export function optionNames({ names }: Pick<OptionRow<never>, 'names'>): OptionNames {
  const [shown = '', ...others] = names.split(', ');
  const [, short, long, rest = ''] = /^(?:-([^-]) ?)?(?:--([\w-]+))?(.*)$/.exec(shown)!;
  const optional = rest.startsWith('[');
  return {
    short,
    long: [...(long === undefined ? [] : [long]), ...others.map((other) => other.slice(2))],
    argument: optional ? 'optional' : rest === '' ? 'none' : 'required',
    placeholder: optional ? rest.slice(1, -1).replace('=', '') : rest.replace('=', ''),
  };
}

/** The line of --help. */
export function optionLine({ names, help }: OptionRow<never>): HelpLine | undefined {
  const [shown = ''] = names.split(', ');
  return helpLine(help, shown.startsWith('--') ? `   ${shown}` : shown);
}

// ---- what options do ------------------------------------------------------------------------------------------------

type KeysFor<Options, Value> = { [Key in keyof Options]: Value extends Options[Key] ? Key : never }[keyof Options];
type ListKeys<Options> = { [Key in keyof Options]: Options[Key] extends string[] ? Key : never }[keyof Options];

/** Sets what is named. */
export function set<Options>(values: NoInfer<Partial<Options>>): Take<Options> {
  return (options) => {
    Object.assign(options as object, values);
  };
}

/** Sets one to true. */
export function flag<Options>(key: NoInfer<KeysFor<Options, true>>): Take<Options> {
  return (options) => {
    Object.assign(options as object, { [key]: true });
  };
}

/** Sets one to the argument as it is. */
export function text<Options>(key: NoInfer<KeysFor<Options, string>>): Take<Options> {
  return (options, value) => {
    Object.assign(options as object, { [key]: value });
  };
}

/** Adds the argument to a list. */
export function append<Options>(key: NoInfer<ListKeys<Options>>): Take<Options> {
  return (options, value) => {
    (options[key] as string[]).push(value);
  };
}

/** Is taken, and has no effect here. */
export const nothing: Take<unknown> = () => {};

export const showHelp: Take<unknown> = (_options, _value, parsing) => show(parsing.help());
export const showVersion: Take<unknown> = (_options, _value, parsing) => show(versionText(parsing.context.host.voice));

const jsonModes: ReadonlyMap<string, JsonMode | undefined> = new Map([
  ['pretty', 'json-pretty'],
  ['short', 'json'],
  ['off', undefined],
]);

/** --json= of programs that print tables. */
export const takeJson: Take<{ json: JsonMode | undefined }> = (options, value) => {
  if (value === 'help') showWords([...jsonModes.keys()]);
  if (!jsonModes.has(value)) fail(`Unknown argument to --json= switch: ${value}`);
  options.json = jsonModes.get(value);
};

// ---- how a call ends with its arguments ------------------------------------------------------------------------------

type Said = readonly [severity: Severity, text: string];

/** Thrown by `show` and `fail`. */
export class EndOfCall extends Error {
  readonly out: string;
  readonly said: readonly Said[];
  constructor(out: string, said: readonly Said[]) {
    super(said[0]?.[1]);
    this.out = out;
    this.said = said;
  }
}

/** The call was for this text. */
export function show(text: string): never {
  throw new EndOfCall(text, []);
}

/** The call was for a list of words. */
export function showWords(words: readonly string[]): never {
  return show(words.map((word) => `${word}\n`).join(''));
}

/** The call is wrong; hints follow the message. */
export function fail(text: string, ...hints: readonly Said[]): never {
  throw new EndOfCall('', [['error', text], ...hints]);
}
