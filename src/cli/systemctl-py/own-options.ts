/** What systemctl.py's options do to a call of systemctl's own verbs: done before it, or one line that says why not. */

import { say } from '../../program/messages.ts';
import type { ParsedCall } from '../../program/program.ts';
import { reasonOf } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { isGlob, mangleUnitName } from '../../unitfile/language/unit-name.ts';
import type { CliContext } from '../common/context.ts';
import { managerOf } from '../common/manager-view.ts';
import { renewManager } from '../common/reload.ts';
import { writeExtraVars } from './extra-vars.ts';
import { configNotice, maxTimeoutNotice } from './init-words.ts';
import { keepLocalhostOf } from './localhost.ts';
import type { PySystemctlOptions } from './options.ts';

/** Verbs whose units get what -e says. */
const starting: ReadonlySet<string> = new Set([
  'start',
  'restart',
  'try-restart',
  'condrestart',
  'reload-or-restart',
  'try-reload-or-restart',
]);
const environmentVerb = 'environment';

/** One line for each option that has no meaning with this verb. */
export function noticesOf(options: PySystemctlOptions, verb: string): string[] {
  const { init, exit, config, extraVars, maxTimeout } = options;
  return [
    ...(init ? ['Ignoring --init: this call ends when it is answered, and nothing stays for it.'] : []),
    ...(exit ? ['Ignoring --exit: it is for a call that becomes the init.'] : []),
    ...config.map(configNotice),
    ...(maxTimeout === undefined ? [] : [maxTimeoutNotice(maxTimeout)]),
    ...(extraVars.length === 0 || starting.has(verb) || verb === environmentVerb
      ? []
      : [`Ignoring -e: '${verb}' starts nothing that could be given variables.`]),
  ];
}

/** The call, with what the options ask for before it. */
export function withOwnOptions(
  call: ParsedCall<CliContext>,
  options: PySystemctlOptions,
  [verb = 'list-units', ...args]: readonly string[],
): ParsedCall<CliContext> {
  const notices = noticesOf(options, verb);
  const { localhost, extraVars } = options;
  const gives = extraVars.length > 0 && starting.has(verb);
  if (notices.length === 0 && localhost === undefined && !gives) return call;
  return {
    ...call,
    run: async (context) => {
      for (const notice of notices) say(context, 'notice', notice);
      if (localhost !== undefined) changeHosts(context, localhost);
      if (gives && !(await giveVariables(context, extraVars, args))) return 1;
      return call.run(context);
    },
  };
}

/** Anybody may ask the manager something: only root changes a file by that. */
export function changeHosts(context: CliContext, localhost: NonNullable<PySystemctlOptions['localhost']>): void {
  const { host, caller } = context;
  const wrong =
    caller.uid === 0
      ? keepLocalhostOf(host.files, localhost)
      : `Ignoring -${localhost === 'ipv4' ? '4' : '6'}: only root changes /etc/hosts.`;
  if (wrong !== undefined) say(context, 'warning', wrong);
}

/** Writes drop-ins for the units, and has them read. */
async function giveVariables(
  context: CliContext,
  extraVars: readonly string[],
  args: readonly string[],
): Promise<boolean> {
  const { loader } = managerOf(context);
  const directory = loader.paths.runtimeConfig;
  const names = args.filter((arg) => !isGlob(arg)).flatMap((arg) => mangleUnitName(arg) ?? []);
  const services = names.filter((name) => name.endsWith('.service'));
  if (directory === undefined || services.length === 0) {
    say(context, 'notice', 'Ignoring -e: no service is named that could be given variables.');
    return true;
  }
  try {
    for (const name of services) writeExtraVars(context.host.files, `${directory}/${name}.d`, extraVars, context.cwd);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    say(context, 'error', `Failed to write the variables of -e below ${directory}: ${reasonOf(error)}`);
    return false;
  }
  await renewManager(context, 'reload');
  return true;
}
