/**
 * Init scripts that have no unit file, or one besides: enable, disable and is-enabled hand them to the distribution's
 * systemd-sysv-install (systemctl(1), "enable").
 */

import { inTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { parseBoolean } from '../../text/numbers.ts';
import type { LookupPaths } from '../../unitfile/files/load-path.ts';
import type { Directories } from '../../unitfile/install/directories.ts';
import { InstallContext } from '../../unitfile/install/info.ts';
import { type InstallReport, UnitFileSearch } from '../../unitfile/install/search.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb, VerbFailed } from '../common/failure.ts';
import { runProgram } from '../common/run-program.ts';
import { sayAt } from './install-messages.ts';
import type { SystemctlOptions } from './options.ts';

const initScripts = '/etc/init.d';
const updateRcD = '/usr/sbin/update-rc.d';
const suffix = '.service';

export type SysvVerb = 'enable' | 'disable' | 'is-enabled';

/**
 * What is left for unit files, and whether an init script is enabled. Writes messages; throws VerbFailed. `directories`:
 * as the caller's own search has seen them; none where the scripts that are run may change them.
 */
export async function installSysv(
  context: CliContext,
  options: SystemctlOptions,
  paths: LookupPaths,
  verb: SysvVerb,
  names: readonly string[],
  directories?: Directories,
): Promise<{ names: string[]; enabled: boolean }> {
  if (options.scope !== 'system' || parseBoolean(context.env.SYSTEMCTL_SKIP_SYSV ?? '') === true)
    return { names: [...names], enabled: false };
  const report: InstallReport = (level, message) => {
    if (context.manager === undefined) sayAt(context, level, message);
  };
  const search = new UnitFileSearch(context.host, withoutGenerated(paths), report, directories);
  const native: string[] = [];
  let enabled = false;
  for await (const name of inTurns(context, names)) {
    const script = await installOne(context, options, search, verb, name);
    if (script !== 'redirected' && script !== 'enabled') native.push(name);
    enabled ||= script === 'enabled';
  }
  return { names: native, enabled };
}

/** A generated unit stands for the script and is none of its own. */
function withoutGenerated(paths: LookupPaths): LookupPaths {
  const { generator, generatorEarly, generatorLate } = paths;
  const generated = [generator, generatorEarly, generatorLate];
  return {
    ...paths,
    search: paths.search.filter((directory) => !generated.includes(directory)),
    generator: undefined,
    generatorEarly: undefined,
    generatorLate: undefined,
  };
}

/** Failures that come of a file which is there. */
const present: ReadonlySet<string> = new Set(['ELOOP', 'ERFKILL', 'EADDRNOTAVAIL']);

async function installOne(
  context: CliContext,
  options: SystemctlOptions,
  search: UnitFileSearch,
  verb: SysvVerb,
  name: string,
): Promise<'native' | 'redirected' | 'enabled'> {
  if (!name.endsWith(suffix) || name.startsWith('/')) return 'native';
  const found = search.exists(new InstallContext(), name);
  if (typeof found === 'string' && !present.has(found))
    failVerb(context, `Failed to look up unit file state: ${errorText(found)}`);
  const hasUnit = found !== false;
  if (hasUnit && verb === 'is-enabled') return 'native';
  const script = name.slice(0, -suffix.length);
  const root = options.root ?? '';
  if (!context.host.files.access(`${root}${initScripts}/${script}`, 'exists')) return 'native';
  const { sysvInstall } = context.host.voice.systemctl;
  const argv = [sysvInstall, ...(root === '' ? [] : [`--root=${root}`]), verb, script];
  if (!options.quiet) {
    say(
      context,
      'info',
      hasUnit
        ? `Synchronizing state of ${name} with SysV service script with ${sysvInstall}.`
        : `${name} is not a native service, redirecting to systemd-sysv-install.`,
    );
    say(context, 'info', `Executing: ${argv.join(' ')}`);
  }
  const status = await runSysvInstall(context, argv, root, verb, script);
  if (verb === 'is-enabled') {
    if (!options.quiet) context.out(status === 0 ? 'enabled\n' : 'disabled\n');
    return status === 0 ? 'enabled' : 'redirected';
  }
  // The program has said why.
  if (status !== 0) throw new VerbFailed();
  return hasUnit ? 'native' : 'redirected';
}

/** Without the systemd package there is no such program: then the same is done with Debian's update-rc.d. */
async function runSysvInstall(
  context: CliContext,
  argv: readonly string[],
  root: string,
  verb: SysvVerb,
  script: string,
): Promise<number> {
  const { files, voice } = context.host;
  const { sysvInstall } = voice.systemctl;
  if (files.access(sysvInstall, 'exec')) return runProgram(context, argv);
  if (verb === 'is-enabled') return hasStartLink(context, root, script) ? 0 : 1;
  if (!files.access(`${root}${updateRcD}`, 'exec')) {
    say(context, 'error', `Failed to execute ${sysvInstall}: ${errorText('ENOENT')}`);
    return 1;
  }
  const options = { env: ['_SKIP_SYSTEMD_NATIVE=1'], ...(root === '' || root === '/' ? {} : { root }) };
  const defaults = await runProgram(context, [updateRcD, script, 'defaults'], options);
  return defaults === 0 ? runProgram(context, [updateRcD, script, verb], options) : defaults;
}

function hasStartLink({ host }: CliContext, root: string, script: string): boolean {
  const isLink = (name: string): boolean => /^S..$/.test(name.slice(0, 3)) && name.slice(3) === script;
  return ['S', '5'].some((level) => {
    try {
      return host.files.readdir(`${root}/etc/rc${level}.d`).some(isLink);
    } catch {
      return false;
    }
  });
}
