/** log, logs: what services have written, as they wrote it. systemctl.py keeps a file for each; here the journal has it. */

import { say } from '../../program/messages.ts';
import { mangleUnitName } from '../../unitfile/language/unit-name.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { journalctl } from '../journalctl/journalctl.ts';
import { UnitPathFinder } from '../systemctl/cat.ts';
import { installationOf } from '../systemctl/install.ts';
import type { PySystemctlOptions } from './options.ts';
import type { PyVerb } from './verb.ts';

export const verbLog: PyVerb = async (context, options, args) => {
  const names = args.map((arg) => mangleUnitName(arg) ?? failVerb(context, `'${arg}' is no name of a unit.`));
  const missing = names.filter((name) => !isThere(context, options, name));
  for (const name of missing) say(context, 'error', `Unit ${name} not found.`);
  const call = await journalctl.parse({ ...context, program: 'journalctl', argv: argumentsFor(options, names) });
  // One that was there and is gone has its log still.
  const status = typeof call === 'number' ? call : await call.run(context);
  return missing.length > 0 ? 4 : status;
};

function isThere(context: CliContext, options: PySystemctlOptions, name: string): boolean {
  const found = new UnitPathFinder(context, installationOf(context, options)).find(name);
  return found.kind !== 'files' || found.fragment !== undefined || found.dropIns.length > 0;
}

/** -f follows, as there, whatever else the letter stands for. */
function argumentsFor(options: PySystemctlOptions, names: readonly string[]): string[] {
  const { linesGiven, lines, outputGiven, output, force, root, scope } = options;
  const field = scope === 'user' ? '_SYSTEMD_USER_UNIT' : '_SYSTEMD_UNIT';
  return [
    '--quiet',
    `--output=${outputGiven ? output : 'cat'}`,
    ...(linesGiven ? [`--lines=${lines}`] : []),
    ...(force > 0 ? ['--follow'] : []),
    ...(root === undefined ? [] : [`--root=${root}`]),
    ...names.map((name) => `${field}=${name}`),
  ];
}
