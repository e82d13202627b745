/** listen, reap-zombies, version. */

import { say } from '../../program/messages.ts';
import { versionText } from '../../sys/version.ts';
import { mangleUnitName } from '../../unitfile/language/unit-name.ts';
import { failVerb } from '../common/failure.ts';
import { managerOf } from '../common/manager-view.ts';
import { verbStart } from '../systemctl/start.ts';
import type { PyVerb } from './verb.ts';

/** Starts socket units. systemctl.py stays and waits for connections; here the manager does that. */
export const verbListen: PyVerb = (context, options, args) => {
  const names = args.map(
    (arg) => mangleUnitName(arg, { suffix: '.socket' }) ?? failVerb(context, `'${arg}' is no name of a unit.`),
  );
  const others = names.filter((name) => !name.endsWith('.socket'));
  if (others.length > 0) failVerb(context, `Only socket units listen, which ${others.join(', ')} is not.`);
  return verbStart('start')(context, options, names);
};

/** How many processes there are besides the manager and this call. */
export const verbReapZombies: PyVerb = (context) => {
  const { host, caller } = context;
  const others = host.processes().filter(({ pid, state }) => pid > 1 && pid !== caller.pid && state !== 'Z');
  const left = others.filter(({ pid }) => pid !== host.pid).length;
  context.out(`remaining ${left} process\n`);
  say(
    context,
    'notice',
    managerOf(context).resting
      ? 'Nothing was reaped: no manager runs, and nobody else can.'
      : 'Nothing was left to reap: the manager waits for each process that ends.',
  );
  return 0;
};

export const verbVersion: PyVerb = (context) => {
  context.out(versionText(context.host.voice));
  return 0;
};
