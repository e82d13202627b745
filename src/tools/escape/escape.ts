/** systemd-escape(1). */

import { styleOf } from '../../program/colors.ts';
import type { ProgramContext } from '../../program/context.ts';
import { OptionReader, type OptionSet } from '../../program/getopt.ts';
import { versionText } from '../../sys/version.ts';
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

type OptionId = 'help' | 'version' | 'suffix' | 'template' | 'unescape' | 'mangle' | 'path' | 'instance';

const optionSet: OptionSet<OptionId> = {
  long: [
    { name: 'help', argument: 'none', id: 'help' },
    { name: 'version', argument: 'none', id: 'version' },
    { name: 'suffix', argument: 'required', id: 'suffix' },
    { name: 'template', argument: 'required', id: 'template' },
    { name: 'unescape', argument: 'none', id: 'unescape' },
    { name: 'mangle', argument: 'none', id: 'mangle' },
    { name: 'path', argument: 'none', id: 'path' },
    { name: 'instance', argument: 'none', id: 'instance' },
  ],
  short: {
    h: { argument: 'none', id: 'help' },
    u: { argument: 'none', id: 'unescape' },
    m: { argument: 'none', id: 'mangle' },
    p: { argument: 'none', id: 'path' },
  },
};

interface EscapeOptions {
  action: 'escape' | 'unescape' | 'mangle';
  suffix: string | undefined;
  template: string | undefined;
  path: boolean;
  instance: boolean;
}

function help(context: ProgramContext): string {
  const link = styleOf(context).link('man:systemd-escape(1)', 'systemd-escape(1) man page');
  return `${context.program} [OPTIONS...] [NAME...]

Escape strings for usage in systemd unit names.

  -h --help               Show this help
     --version            Show package version
     --suffix=SUFFIX      Unit suffix to append to escaped strings
     --template=TEMPLATE  Insert strings as instance into template
     --instance           With --unescape, show just the instance part
  -u --unescape           Unescape strings
  -m --mangle             Mangle strings
  -p --path               When escaping/unescaping assume the string is a path

See the ${link} for details.
`;
}

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
export function systemdEscape(context: ProgramContext): number {
  const options: EscapeOptions = {
    action: 'escape',
    suffix: undefined,
    template: undefined,
    path: false,
    instance: false,
  };
  const fail = (message: string): number => {
    context.err(`${message}\n`);
    return 1;
  };
  const reader = new OptionReader(context.program, optionSet, context.argv);
  for (let option = reader.next(); option !== undefined; option = reader.next()) {
    if ('error' in option) return fail(option.error);
    switch (option.id) {
      case 'help':
        context.out(help(context));
        return 0;
      case 'version':
        context.out(versionText());
        return 0;
      case 'suffix':
        if (!(unitTypes as readonly string[]).includes(option.value!)) {
          return fail(`Invalid unit suffix type "${option.value}".`);
        }
        options.suffix = option.value;
        break;
      case 'template':
        if (!unitNameIsValid(option.value!, 'template')) return fail(`Template name ${option.value} is not valid.`);
        options.template = option.value;
        break;
      case 'unescape':
      case 'mangle':
        options.action = option.id;
        break;
      case 'path':
      case 'instance':
        options[option.id] = true;
        break;
    }
  }
  if (reader.operands.length === 0) return fail('Not enough arguments.');
  const wrong = conflict(options);
  if (wrong !== undefined) return fail(wrong);

  let separator = '';
  for (const name of reader.operands) {
    const { text, error } =
      options.action === 'escape'
        ? escapeOne(context, options, name)
        : options.action === 'unescape'
          ? unescapeOne(options, name)
          : mangleOne(name);
    if (text === undefined) return fail(error!);
    context.out(separator + text);
    separator = ' ';
  }
  context.out('\n');
  return 0;
}
