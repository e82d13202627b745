/** A program's command line: tables of its options and verbs, and what is made of them. */

import type { Voice } from '../voice/voice.ts';
import type { ProgramContext } from './context.ts';
import { OptionReader, type OptionSet } from './getopt.ts';
import { type HelpFrame, helpText, type Section } from './help.ts';
import { message } from './messages.ts';
import { EndOfCall, type OptionRow, optionLine, optionNames, type Parsing } from './options.ts';
import { type CommandRow, commandLine, lazily } from './verbs.ts';

/** What is printed, and the exit status, of a call that ends with its arguments. */
export interface Ended {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

/** Of a call that has ended, the options before that. */
export type Parsed<Options> =
  | { readonly options: Options; readonly operands: readonly string[] }
  | (Ended & { readonly options: Options });

export interface CommandLineTable<Options> {
  readonly frame: HelpFrame;
  readonly verbs?: readonly Section<CommandRow>[];
  readonly options: readonly Section<OptionRow<Options>>[];
  /**
   * Long names in the order of systemd's own table, in which it says what an abbreviation may mean, with the releases that
   * brought them (`Voice.words`). What is not among them, or came later than the release that speaks, has no abbreviations,
   * so that those of old scripts stay what they are. Undefined: all, as the rows stand.
   */
  readonly abbreviable?: string;
  /** The first operand ends the options: what follows is another program's command line. */
  readonly stopsAtOperand?: true;
  /** Whether what is wrong is coloured and obeys $SYSTEMD_LOG_LEVEL, as a log message. getopt's own words never do. */
  readonly errors: 'logged' | 'plain';
  readonly defaults: () => Options;
  /** What follows from options together, and what does not go together. */
  readonly settle: (options: Options, operands: readonly string[], context: ProgramContext) => void;
}

export class CommandLine<Options> {
  readonly #table: CommandLineTable<Options>;
  /** In each voice that has been heard. */
  readonly #sets = new Map<Voice, OptionSet<OptionRow<Options>>>();

  constructor(table: CommandLineTable<Options>) {
    this.#table = table;
  }

  #set(voice: Voice): OptionSet<OptionRow<Options>> {
    let set = this.#sets.get(voice);
    if (set === undefined) {
      const named = lazily(() => namedOptions(this.#table, voice));
      set = {
        // Most calls of some programs have no option: then the names of all are not even read.
        get long() {
          return named().long;
        },
        get short() {
          return named().short;
        },
        stopAtOperand: this.#table.stopsAtOperand === true,
      };
      this.#sets.set(voice, set);
    }
    return set;
  }

  get verbs(): readonly Section<CommandRow>[] {
    return this.#table.verbs ?? [];
  }
  get options(): CommandLineTable<Options>['options'] {
    return this.#table.options;
  }

  /** The text of --help. */
  help(context: Pick<ProgramContext, 'program' | 'env' | 'terminal'>): string {
    return helpText(context, this.#table.frame, [
      ...this.verbs.map(([title, rows]) => [title, rows.map(commandLine)] as const),
      ...this.options.map(([title, rows]) => [title, rows.map(optionLine)] as const),
    ]);
  }

  /** Takes the arguments of a call apart. */
  parse(context: ProgramContext): Parsed<Options> {
    const { defaults, settle, errors } = this.#table;
    const options = defaults();
    const { voice } = context.host;
    const reader = new OptionReader(context.program, this.#set(voice), context.argv, voice.tools.optionErrors);
    try {
      for (let found = reader.next(); found !== undefined; found = reader.next()) {
        if ('error' in found) return { options, out: '', err: `${found.error}\n`, status: 1 };
        const parsing: Parsing = {
          context,
          bare: found.value === undefined,
          peek: () => reader.peek(),
          skip: () => reader.take(),
          help: () => this.help(context),
        };
        found.id.take(options, found.value ?? '', parsing);
      }
      settle(options, reader.operands, context);
    } catch (error) {
      if (!(error instanceof EndOfCall)) throw error;
      const { out, said } = error;
      const lines = said.map(([severity, text]) =>
        errors === 'logged' ? message(context, severity, text) : text === '' ? '' : `${text}\n`,
      );
      return { options, out, err: lines.join(''), status: said.length > 0 ? 1 : 0 };
    }
    return { options, operands: reader.operands };
  }
}

function namedOptions<Options>(
  { options, abbreviable }: CommandLineTable<Options>,
  voice: Voice,
): Pick<OptionSet<OptionRow<Options>>, 'long' | 'short'> {
  const rows = options.flatMap(([, section]) => section).map((row) => ({ ...optionNames(row), id: row }));
  const long = new Map(rows.flatMap((row) => row.long.map((name) => [name, { ...row, name }] as const)));
  const known = abbreviable === undefined ? [...long.keys()] : voice.words(abbreviable);
  const newer = new Set(long.keys());
  for (const name of known) newer.delete(name);
  return {
    long: [...known.map((name) => long.get(name)!), ...[...newer].map((name) => ({ ...long.get(name)!, exact: true }))],
    short: Object.fromEntries(rows.flatMap((row) => (row.short === undefined ? [] : [[row.short, row]]))),
  };
}
