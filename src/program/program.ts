/**
 * What every program is made of. A program is a `CommandLine` (command-line.ts): its options as rows (options.ts), where
 * it has verbs those too (verbs.ts), and the frame of its --help (help.ts). From the rows come the parser, with
 * getopt_long(3)'s habits (getopt.ts), the help, the completion of shells (completions.ts), who may do what (access.ts),
 * and where a pager shows the output. What a call is, whether it came over the control socket or runs in the caller's own
 * process, is in context.ts; what is written goes through messages.ts, colors.ts, table.ts, json.ts and text-width.ts, and what
 * may be long through in-turns.ts.
 *
 * No program is here, and nothing that knows a manager; in which process a call is answered is for src/main/ to say.
 */

import { query, type VerbAccess } from './access.ts';
import type { CommandLine, Ended } from './command-line.ts';
import type { ProgramContext } from './context.ts';

/** A program that can be called by name; src/main/programs.ts lists them. */
export interface Program<in Context extends ProgramContext = ProgramContext> {
  readonly commandLine: Pick<CommandLine<never>, 'verbs' | 'options'>;
  /** Takes a call apart; a number is the exit status of one that ends here (help, version, wrong arguments). */
  readonly parse: (context: Context) => ParsedCall<Context> | number | Promise<ParsedCall<Context> | number>;
}

/** A call that is understood: who may make it, where it is answered, and how. */
export interface ParsedCall<in Context extends ProgramContext = ProgramContext> {
  /** Of the verb, or of the program where it has none. */
  readonly args: readonly string[];
  readonly access: VerbAccess;
  /** Which manager is meant; undefined where any will do. */
  readonly scope: 'system' | 'user' | undefined;
  /** --root= or --image= was given, or what comes to the same: the caller's own process answers. */
  readonly offline: boolean;
  /** Needs no manager: about files only. */
  readonly filesOnly: boolean;
  /** May make something run that does not: a manager is started where there is none. */
  readonly starts: boolean;
  /** Whether, and from which end, a pager shows the output. */
  readonly pager: 'start' | 'end' | undefined;
  readonly run: (context: Context) => number | Promise<number>;
}

/** A call as its access says; `more` is what else is to be known of it. */
export function callOf<Context extends ProgramContext>(
  access: VerbAccess,
  args: readonly string[],
  run: ParsedCall<Context>['run'],
  more: Partial<Omit<ParsedCall<Context>, 'access' | 'args' | 'run'>> = {},
): ParsedCall<Context> {
  return {
    args,
    access,
    scope: undefined,
    offline: false,
    filesOnly: access.files === true,
    starts: access.starts === true,
    pager: undefined,
    run,
    ...more,
  };
}

/** A program whose calls are all answered in one way. */
export function simpleProgram<Options, Context extends ProgramContext = ProgramContext>(
  commandLine: CommandLine<Options>,
  access: VerbAccess,
  run: (context: Context, options: Options, operands: readonly string[]) => number | Promise<number>,
): Program<Context> {
  return {
    commandLine,
    parse: (context) => {
      const parsed = commandLine.parse(context);
      if ('status' in parsed) return sayEnded(context, parsed);
      return callOf(access, context.argv, (running) => run(running, parsed.options, parsed.operands));
    },
  };
}

/** Says what is to be said of a call that has ended with its arguments; the result is the exit status. */
export function sayEnded(context: Pick<ProgramContext, 'out' | 'err'>, { out, err, status }: Ended): number {
  if (out !== '') context.out(out);
  if (err !== '') context.err(err);
  return status;
}

/** The same as a call, for programs whose help goes through the pager. */
export function endedCall(ended: Ended, pager: ParsedCall['pager']): ParsedCall {
  return callOf(query({ files: true }), [], (context) => sayEnded(context, ended), { pager });
}
