/** systemd-path(1): directories of the system and of the caller, as sd-path(3) has them (file-hierarchy(7)). */

import { ownBusiness } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { plainFrame } from '../../program/help.ts';
import { nothing, type OptionRow, option, showHelp, showVersion, text } from '../../program/options.ts';
import { simpleProgram } from '../../program/program.ts';
import { errorText } from '../../sys/error-text.ts';
import { pathJoin, pathSimplify } from '../../text/paths.ts';
import { type Place, placeNamed } from './places.ts';

function defaultOptions() {
  return {
    /** Goes behind each path. */
    suffix: undefined as string | undefined,
  };
}

interface PathOptions extends ReturnType<typeof defaultOptions> {}

const rows: readonly OptionRow<PathOptions>[] = [
  option('-h --help', 'Show this help', showHelp),
  option('--version', 'Show package version', showVersion),
  option('--suffix=SUFFIX', 'Suffix to append to paths', text('suffix')),
  option('--no-pager', 'Do not pipe output into a pager', nothing),
];

const commandLine = new CommandLine<PathOptions>({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] [NAME...]',
    about: 'Show system and user paths.',
    width: 21,
    manual: 'systemd-path(1)',
  },
  options: [[undefined, rows]],
  errors: 'plain',
  defaults: defaultOptions,
  settle: () => {},
});

/** It reads variables and files of the caller's. */
export const systemdPath = simpleProgram(commandLine, ownBusiness, run);

/** Each path of a place with the suffix, between colons. */
function shown(place: Place, suffix: string | undefined): string {
  const paths = typeof place === 'string' ? [place] : place;
  return paths.map((path) => (suffix ? pathSimplify(pathJoin(path, suffix)) : path)).join(':');
}

/** Prints the places that are named, or all that there are. */
function run(context: ProgramContext, { suffix }: PathOptions, names: readonly string[]): number {
  if (names.length === 0) {
    for (const name of context.host.voice.tools.paths) {
      const place = placeNamed(context, name)?.();
      if (place !== undefined) context.out(`${name}: ${shown(place, suffix)}\n`);
    }
    return 0;
  }
  let status = 0;
  for (const name of names) {
    const find = placeNamed(context, name);
    const place = find?.();
    if (place === undefined) {
      const wrong = find === undefined ? `Path ${name} not known.` : `Failed to query ${name}: ${errorText('ENXIO')}`;
      context.err(`${wrong}\n`);
      status = 1;
    } else context.out(`${shown(place, suffix)}\n`);
  }
  return status;
}
