/** Programs of this kind that have verbs: a row each, and what finds one. */

import { ownBusiness } from '../../program/access.ts';
import type { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { callOf, type Program, sayEnded } from '../../program/program.ts';
import { countComplaint, type Run, type VerbSynopsis, verbFinder, verbWords } from '../../program/verbs.ts';
import { closestWord } from '../../text/closest.ts';

export interface ToolVerb<in Options> extends VerbSynopsis {
  readonly run: Run<ProgramContext, Options>;
}

/** The row of the verb that prints what --help does. */
export const helpVerb = (text: string | undefined): VerbSynopsis => ({ synopsis: 'help', help: text });

/**
 * A program whose verbs are done in the caller's own process: they read what is the caller's. Without a verb `byDefault` is
 * done; undefined: one has to be named.
 */
export function toolWithVerbs<Options>(
  commandLine: CommandLine<Options>,
  verbs: readonly ToolVerb<Options>[],
  byDefault: string | undefined,
): Program {
  const find = verbFinder([[undefined, verbs]]);
  return {
    commandLine,
    parse: (context) => {
      const parsed = commandLine.parse(context);
      if ('status' in parsed) return sayEnded(context, parsed);
      const { options, operands } = parsed;
      const [name = byDefault, ...args] = operands;
      if (name === 'help') return sayEnded(context, { out: commandLine.help(context), err: '', status: 0 });
      const words = verbWords(commandLine.verbs);
      const { unknownVerb, verbRequired } = context.host.voice.systemctl;
      const verb = name === undefined ? undefined : find(name);
      const wrong =
        name === undefined
          ? verbRequired(words)
          : verb === undefined
            ? unknownVerb(name, closestWord(words, name))
            : countComplaint(verb, args);
      if (verb === undefined || wrong !== undefined) {
        context.err(`${wrong}\n`);
        return 1;
      }
      return callOf(ownBusiness, args, (running) => verb.run(running, options, args));
    },
  };
}
