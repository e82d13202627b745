/** show-environment, set-environment, unset-environment, import-environment: variables that services are given. */

import { styleOf } from '../../program/colors.ts';
import { isJsonMode, jsonText } from '../../program/json.ts';
import { say } from '../../program/messages.ts';
import { hasControlCharacter } from '../../text/bytes.ts';
import { shellMaybeQuote } from '../../text/quoting.ts';
import { envAssignmentIsValid, envNameIsValid } from '../../unitfile/language/environment.ts';
import { failVerb } from '../common/failure.ts';
import { managerOf } from '../common/manager-view.ts';
import type { Verb } from './verb.ts';

function split(assignment: string): [name: string, value: string] {
  const equals = assignment.indexOf('=');
  return [assignment.slice(0, equals), assignment.slice(equals + 1)];
}

export const verbShowEnvironment: Verb = (context, options) => {
  const block = managerOf(context).environment.block().map(split);
  if (!isJsonMode(options.output)) {
    for (const [name, value] of block) context.out(`${name}=${shellMaybeQuote(value, { posix: true })}\n`);
  } else if (block.length > 0) {
    // This one is never coloured.
    const plain = styleOf({ env: { SYSTEMD_COLORS: '0' }, terminal: context.terminal });
    context.out(jsonText(Object.fromEntries(block), options.output, plain.colors));
  }
  return 0;
};

export const verbSetEnvironment: Verb = (context, _options, args) => {
  const names = args.map((assignment) => split(assignment)[0]);
  if (!args.every(envAssignmentIsValid) || new Set(names).size < names.length)
    failVerb(context, 'Failed to set environment: Invalid environment assignments');
  managerOf(context).environment.set(args);
  return 0;
};

export const verbUnsetEnvironment: Verb = (context, _options, args) => {
  if (!args.every((arg) => envNameIsValid(arg) || envAssignmentIsValid(arg)))
    failVerb(context, 'Failed to set environment: Invalid environment variable names or assignments');
  managerOf(context).environment.unset(args);
  return 0;
};

export const verbImportEnvironment: Verb = (context, _options, args) => {
  const { env } = context;
  const imported: string[] = [];
  const add = (name: string, value: string): void => {
    if (hasControlCharacter(value))
      say(context, 'notice', `Environment variable $${name} contains control characters, importing anyway.`);
    imported.push(`${name}=${value}`);
  };
  if (args.length === 0) {
    say(context, 'warning', 'Calling import-environment without a list of variable names is deprecated.');
    for (const [name, value] of Object.entries(env)) if (envAssignmentIsValid(`${name}=${value}`)) add(name, value);
  }
  for (const name of args) {
    if (!envNameIsValid(name)) failVerb(context, `Not a valid environment variable name: ${name}`);
    const value = env[name];
    if (value === undefined) say(context, 'notice', `Environment variable $${name} not set, ignoring.`);
    else add(name, value);
  }
  managerOf(context).environment.set(imported);
  return 0;
};
