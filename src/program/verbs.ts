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
export interface VerbSynopsis {
  /**
   * As --help has it, `add-wants TARGET UNIT...`: it says how many arguments there may be. A comma before old names:
   * `stop UNIT..., condstop`.
   */
  readonly synopsis: string;
  readonly help: Help;
}

/** What can be typed first, as --help shows it: a verb, or a line for what something else answers. */
export type CommandRow = VerbSynopsis | HelpLine;

/** Some verbs ask or change, by their arguments. */
export type Access<Options> = VerbAccess | ((args: readonly string[], options: Options) => VerbAccess);

export interface VerbRow<in Context extends ProgramContext, Options> extends VerbSynopsis {
  readonly access: Access<Options>;
  /** Loads the file that has it, the first time: a call pays for what it uses. */
  readonly load: () => Promise<Run<Context, Options>>;
}

/** Makes something the first time that it is asked for. */
export function lazily<Made extends object>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** What a synopsis says. */
export interface VerbNames {
  /** The first is the verb; the others are old names for it. */
  readonly names: readonly string[];
  /** Its arguments: `UNIT`, `NAME=VALUE...`, `[PATH]`. */
  readonly usage: readonly string[];
}

export function verbNames({ synopsis }: Pick<VerbSynopsis, 'synopsis'>): VerbNames {
  const [shown = '', ...others] = synopsis.split(', ');
  const [name = '', ...usage] = shown.split(' ');
  return { names: [name, ...others], usage };
}

/** The line of --help. */
export function commandLine(row: CommandRow): HelpLine | undefined {
  return 'help' in row ? helpLine(row.help, row.synopsis.replace(/,.*/, '')) : row;
}

/** Finds rows by any name that they have. */
export function verbFinder<Row extends VerbSynopsis>(
  sections: readonly Section<Row | HelpLine>[],
): (name: string) => Row | undefined {
  const found = lazily(() => {
    const rows = sections.flatMap(([, section]) => section).filter((row): row is Row => 'help' in row);
    return new Map(rows.flatMap((row) => verbNames(row).names.map((name) => [name, row] as const)));
  });
  return (name) => found().get(name);
}

/** Every name of a verb, in the order of --help. */
export function verbWords(sections: readonly Section<CommandRow>[]): string[] {
  const rows = sections.flatMap(([, section]) => section);
  return rows.flatMap((row) => ('help' in row ? verbNames(row).names : []));
}

/** What is wrong with the number of arguments. */
export function countComplaint(row: Pick<VerbSynopsis, 'synopsis'>, args: readonly string[]): string | undefined {
  const { usage } = verbNames(row);
  if (args.length < usage.filter((word) => !word.startsWith('[')).length) return 'Too few arguments.';
  const most = usage.some((word) => word.includes('...')) ? Number.POSITIVE_INFINITY : usage.length;
  return args.length > most ? 'Too many arguments.' : undefined;
}

export function accessOf<Options>(access: Access<Options>, args: readonly string[], options: Options): VerbAccess {
  return typeof access === 'function' ? access(args, options) : access;
}
