/** Rows of a table of verbs: what a verb is called, what it takes, its line in --help, who may call it, and what does it. */

import type { VerbAccess } from './access.ts';
import type { ProgramContext } from './context.ts';
import { type Help, type HelpLine, helpLine, type Section } from './help.ts';

/** What does a verb; the result is the exit status. */
export type Run<in Context, in Options> = (
  context: Context,
  options: Options,
  args: readonly string[],
) => number | Promise<number>;

/** The part of a row that is for people. */
export interface VerbNames {
  /** The first is the verb; the others are old names for it. */
  readonly names: readonly string[];
  /** Its arguments: `UNIT`, `NAME=VALUE...`, `[PATH]`. */
  readonly usage: readonly string[];
  readonly help: HelpLine | undefined;
}

/** What can be typed first, as --help shows it: a verb, or a line for what something else answers. */
export type CommandRow = VerbNames | { readonly help: HelpLine };

/** Some verbs ask or change, by their arguments. */
export type Access<Options> = VerbAccess | ((args: readonly string[], options: Options) => VerbAccess);

export interface VerbRow<in Context extends ProgramContext, Options> extends VerbNames {
  readonly access: Access<Options>;
  /** Loads the file that has it, the first time: a call pays for what it uses. */
  readonly load: () => Promise<Run<Context, Options>>;
}

/** Opens a file the first time that it is asked for. */
export function lazily<Module>(open: () => Promise<Module>): () => Promise<Module> {
  let opened: Promise<Module> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}

/**
 * The cells for people. `synopsis` is written as --help has it, `add-wants TARGET UNIT...`, and says how many arguments
 * there may be; a comma before old names: `stop UNIT..., condstop`.
 */
export function verbNames(synopsis: string, help: Help): VerbNames {
  const [shown = '', ...others] = synopsis.split(', ');
  const [name = '', ...usage] = shown.split(' ');
  return { names: [name, ...others], usage, help: helpLine(help, shown) };
}

/** Rows by all names that they have. */
export function verbsByName<Row extends VerbNames>(
  sections: readonly Section<Row | { readonly help: HelpLine }>[],
): ReadonlyMap<string, Row> {
  const rows = sections.flatMap(([, section]) => section).filter((row): row is Row => 'names' in row);
  return new Map(rows.flatMap((row) => row.names.map((name) => [name, row] as const)));
}

/** What is wrong with the number of arguments. */
export function countComplaint({ usage }: VerbNames, args: readonly string[]): string | undefined {
  if (args.length < usage.filter((word) => !word.startsWith('[')).length) return 'Too few arguments.';
  const most = usage.some((word) => word.includes('...')) ? Number.POSITIVE_INFINITY : usage.length;
  return args.length > most ? 'Too many arguments.' : undefined;
}

export function accessOf<Options>(access: Access<Options>, args: readonly string[], options: Options): VerbAccess {
  return typeof access === 'function' ? access(args, options) : access;
}
