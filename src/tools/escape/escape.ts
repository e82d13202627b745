/** systemd-escape(1): strings as names of units have them, and back. What escaping is stands in src/unitfile/language/. */

import { query } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { plainFrame } from '../../program/help.ts';
import { fail, flag, type OptionRow, option, set, showHelp, showVersion } from '../../program/options.ts';
import { simpleProgram } from '../../program/program.ts';
import { pathIsAbsolute, pathIsNormalized, pathIsValid } from '../../text/paths.ts';
import {
  escapeUnitName,
  escapeUnitPath,
  mangleUnitName,
  replaceUnitInstance,
  unescapeUnitName,
  unescapeUnitPath,
  unitInstance,
  unitNameIsValid,
  unitNameKind,
  unitTemplateName,
  unitTypes,
} from '../../unitfile/language/unit-name.ts';

function defaultOptions() {
  return {
    action: 'escape' as 'escape' | 'unescape' | 'mangle',
    suffix: undefined as string | undefined,
    template: undefined as string | undefined,
    path: false,
    instance: false,
  };
}

interface EscapeOptions extends ReturnType<typeof defaultOptions> {}

const rows: readonly OptionRow<EscapeOptions>[] = [
  option('-h --help', 'Show this help', showHelp),
  option('--version', 'Show package version', showVersion),
  option('--suffix=SUFFIX', 'Unit suffix to append to escaped strings', (options, value) => {
    if (!(unitTypes as readonly string[]).includes(value)) fail(`Invalid unit suffix type "${value}".`);
    options.suffix = value;
  }),
  option('--template=TEMPLATE', 'Insert strings as instance into template', (options, value) => {
    if (!unitNameIsValid(value, 'template')) fail(`Template name ${value} is not valid.`);
    options.template = value;
  }),
  option('--instance', 'With --unescape, show just the instance part', flag('instance')),
  option('-u --unescape', 'Unescape strings', set({ action: 'unescape' })),
  option('-m --mangle', 'Mangle strings', set({ action: 'mangle' })),
  option('-p --path', 'When escaping/unescaping assume the string is a path', flag('path')),
];

const commandLine = new CommandLine<EscapeOptions>({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] [NAME...]',
    about: 'Escape strings for usage in systemd unit names.',
    width: 23,
    manual: 'systemd-escape(1)',
  },
  options: [[undefined, rows]],
  abbreviable: 'help version suffix template unescape mangle path instance',
  errors: 'plain',
  defaults: defaultOptions,
  settle: (options, operands) => {
    if (operands.length === 0) fail('Not enough arguments.');
    const wrong = conflict(options);
    if (wrong !== undefined) fail(wrong);
  },
});

export const systemdEscape = simpleProgram(commandLine, query({ files: true }), run);

/** The first combination of options that makes no sense. */
function conflict({ action, suffix, template, path, instance }: EscapeOptions): string | undefined {
  if (template !== undefined && suffix !== undefined) return '--suffix= and --template= may not be combined.';
  if ((template !== undefined || suffix !== undefined) && action === 'mangle') {
    return '--suffix= and --template= are not compatible with --mangle.';
  }
  if (suffix !== undefined && action === 'unescape') return '--suffix is not compatible with --unescape.';
  if (path && action === 'mangle') return '--path may not be combined with --mangle.';
  if (instance && action !== 'unescape') return '--instance must be used in conjunction with --unescape.';
  if (instance && template !== undefined) return '--instance may not be combined with --template.';
  return undefined;
}

interface Outcome {
  text?: string;
  error?: string;
}

function escapePath(context: ProgramContext, name: string): Outcome {
  const escaped = escapeUnitPath(name);
  if (escaped === undefined) {
    const what = !pathIsValid(name)
      ? 'a valid'
      : !pathIsAbsolute(name)
        ? 'an absolute'
        : pathIsNormalized(name)
          ? undefined
          : 'a normalized';
    if (what === undefined) return { error: 'Failed to escape string: Invalid argument' };
    return { error: `Input '${name}' is not ${what} file system path, failed to escape.` };
  }
  if (!pathIsValid(name)) {
    context.err(`Input '${name}' is not a valid file system path, escaping is likely not going be reversible.\n`);
  } else if (!pathIsAbsolute(name)) {
    context.err(
      `Input '${name}' is not an absolute file system path, escaping is likely not going to be reversible.\n`,
    );
  }
  return { text: escaped };
}

function escapeOne(context: ProgramContext, options: EscapeOptions, name: string): Outcome {
  const outcome = options.path ? escapePath(context, name) : { text: escapeUnitName(name) };
  if (outcome.text === undefined) return outcome;
  if (options.template !== undefined) {
    const text = replaceUnitInstance(options.template, outcome.text);
    return text === undefined ? { error: 'Failed to replace instance: Invalid argument' } : { text };
  }
  return { text: options.suffix === undefined ? outcome.text : `${outcome.text}.${options.suffix}` };
}

function unescapeOne(options: EscapeOptions, name: string): Outcome {
  let escaped: string | undefined = name;
  if (options.template !== undefined || options.instance) {
    if (unitNameKind(name) === undefined) return { error: 'Failed to extract instance: Invalid argument' };
    escaped = unitInstance(name);
    if (!escaped) return { error: `Unit ${name} is missing the instance name.` };
    const template = unitTemplateName(name);
    if (options.template !== undefined && options.template !== template) {
      return { error: `Unit ${name} template ${template} does not match specified template ${options.template}.` };
    }
  }
  const text = options.path ? unescapeUnitPath(escaped) : unescapeUnitName(escaped);
  return text === undefined ? { error: 'Failed to unescape string: Invalid argument' } : { text };
}

function mangleOne(name: string): Outcome {
  const text = mangleUnitName(name);
  return text === undefined ? { error: 'Failed to mangle name: Invalid argument' } : { text };
}

/** Escapes, unescapes or mangles each argument; the results stand on one line. */
function run(context: ProgramContext, options: EscapeOptions, names: readonly string[]): number {
  let separator = '';
  for (const name of names) {
    const { text, error } =
      options.action === 'escape'
        ? escapeOne(context, options, name)
        : options.action === 'unescape'
          ? unescapeOne(options, name)
          : mangleOne(name);
    if (text === undefined) {
      context.err(`${error}\n`);
      return 1;
    }
    context.out(separator + text);
    separator = ' ';
  }
  context.out('\n');
  return 0;
}
