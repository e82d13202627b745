/** `systemctl help`: the manual pages that units name. */

import { locateExecutable } from '../../exec/executable.ts';
import { say } from '../../program/messages.ts';
import { createLoader } from '../../unitfile/load/loader.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { managerOf } from '../common/manager-view.ts';
import type { SystemctlOptions } from './options.ts';
import { expandUnitNames } from './units.ts';
import type { Verb } from './verb.ts';

interface Documented {
  readonly missing: boolean;
  readonly documentation: readonly string[];
}

/** From the manager where there is one, else from the unit's files. */
function lookUp(context: CliContext, options: SystemctlOptions): (name: string) => Documented {
  if (context.manager !== undefined) {
    const manager = managerOf(context);
    return (name) => {
      const { loaded } = manager.units.load(name);
      return { missing: loaded.loadState === 'not-found', documentation: loaded.unit.Documentation };
    };
  }
  const loader = createLoader(context.host, { scope: options.scope === 'user' ? 'user' : 'system' });
  return (name) => {
    const loaded = loader.load(name);
    return { missing: loaded.loadState === 'not-found', documentation: loaded.unit.Documentation };
  };
}

export const verbHelp: Verb = async (context, options, args) => {
  if (args.length === 0)
    failVerb(
      context,
      "'help' command expects one or more unit names.\n" +
        '(Alternatively, help for systemctl itself may be shown with --help)',
    );
  const find = lookUp(context, options);
  const loaded = context.manager ?? { units: { all: () => [] } };
  for (const name of (await expandUnitNames(context, loaded, options, args)).names) {
    const { missing, documentation } = find(name);
    if (missing) failVerb(context, `Unit ${name} could not be found.`);
    if (documentation.length === 0) say(context, 'info', `Documentation for ${name} not known.`);
    const { otherDocumentation } = context.host.voice.systemctl;
    let others = 0;
    for (const uri of documentation) {
      if (uri.startsWith('man:')) await showPage(context, uri.slice('man:'.length));
      else if (otherDocumentation !== undefined)
        context.out(`${others++ === 0 ? otherDocumentation.first : ''}${otherDocumentation.of(uri)}`);
      else say(context, 'info', `Can't show: ${uri}`);
    }
  }
  return 0;
};

/** Runs man(1) on the caller's terminal; only in the caller's own process is that at hand. */
async function showPage(context: CliContext, page: string): Promise<void> {
  const { host, env } = context;
  const man = locateExecutable(host, 'man', []);
  if (context.manager !== undefined || 'code' in man) {
    say(context, 'error', 'Failed to execute man: No such file or directory');
    return;
  }
  const [, name = page, section] = /^(.*)\((.*)\)$/.exec(page) ?? [];
  await context.drained();
  const before = host.onExits;
  const exited = new Promise<void>((resolve) => {
    host.onExits = (exits) => {
      before(exits);
      if (exits.some((exit) => exit.pid === pid)) resolve();
    };
  });
  const { pid } = host.spawn({
    path: man.path,
    argv: ['man', ...(section === undefined ? [] : [section]), name],
    env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    stdin: { kind: 'fd', fd: 0 },
    stdout: { kind: 'fd', fd: 1 },
    stderr: { kind: 'fd', fd: 2 },
    umask: 0o022,
    limits: {},
    ignoreSigpipe: false,
    session: false,
    noNewPrivileges: false,
  });
  await exited;
  host.onExits = before;
}
