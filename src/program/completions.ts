/** What a shell completes of a command line, made from the rows of its options and verbs. */

import type { CommandLine } from './command-line.ts';
import { optionLine, optionNames } from './options.ts';
import { commandLine, verbNames } from './verbs.ts';

export interface CompletedOption {
  /** As they are typed: `-t`, `--type`. */
  readonly names: readonly string[];
  /** What stands for its argument; undefined where it has none. */
  readonly placeholder: string | undefined;
  /** May also be typed without the argument. */
  readonly optional: boolean;
  readonly text: string;
}

export interface CompletedVerb {
  readonly name: string;
  /** `UNIT...`, `[LEVEL]`. */
  readonly usage: readonly string[];
  readonly text: string;
}

export interface Completions {
  readonly options: readonly CompletedOption[];
  readonly verbs: readonly CompletedVerb[];
}

/** Without links and colours. */
const plain = { link: (_url: string, text: string) => text };

function oneLine(line: ReturnType<typeof commandLine>): string {
  if (line === undefined) return '';
  const text = typeof line.text === 'string' ? line.text : line.text(plain);
  return text.replaceAll('\n', ' ');
}

/** Every option, and every verb under each of its names. */
export function completionsOf({ options, verbs }: Pick<CommandLine<never>, 'options' | 'verbs'>): Completions {
  return {
    options: options
      .flatMap(([, rows]) => rows)
      // is there to be refused
      .filter(({ names }) => !names.startsWith('-.'))
      .map((row) => {
        const { short, long, argument, placeholder } = optionNames(row);
        return {
          names: [...(short === undefined ? [] : [`-${short}`]), ...long.map((name) => `--${name}`)],
          placeholder: argument === 'none' ? undefined : placeholder,
          optional: argument === 'optional',
          text: oneLine(optionLine(row)),
        };
      }),
    verbs: verbs
      .flatMap(([, rows]) => rows)
      .flatMap((row) => {
        const { names, usage } = verbNames(row);
        return names.map((name) => ({ name, usage, text: oneLine(commandLine(row)) }));
      }),
  };
}
