/** run0(1): a command as another user, root where none is named, in a service of its own. */
import { outputModes } from '../../journal/read/output-modes.ts';
import { change } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { plainFrame } from '../../program/help.ts';
import { append, fail, flag, nothing, option, showHelp, showVersion, text } from '../../program/options.ts';
import { callOf, type ParsedCall, type Program, sayEnded } from '../../program/program.ts';
import { pathSimplify } from '../../text/paths.ts';
import { setAssignment } from '../../unitfile/language/environment.ts';
import type { CliContext } from '../common/context.ts';
import { toMachine } from '../common/reach.ts';
import { callersShell, newDraft, setEnvironment, setNice } from './options.ts';
import { openTransient } from './run.ts';

type Draft = ReturnType<typeof newDraft> & { viaShell: boolean };

const commandLine = new CommandLine<Draft>({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] COMMAND [ARGUMENTS...]',
    about: 'Elevate privileges interactively.',
    highlightAbout: true,
    width: 33,
    manual: 'run0(1)',
  },
  options: [
    [
      undefined,
      [
        option('-h --help', 'Show this help', showHelp),
        option('-V --version', 'Show package version', showVersion),
        option('-n --no-ask-password, --non-interactive', 'Do not prompt for password', nothing),
        option('--machine=CONTAINER', 'Operate on local container', toMachine),
        option('--unit=UNIT', 'Run under the specified unit name', text('unit')),
        option('--property=NAME=VALUE', 'Set service or scope unit property', append('properties')),
        option('--description=TEXT', 'Description for unit', text('description')),
        option('--slice=SLICE', 'Run in the specified slice', text('slice')),
        option('--slice-inherit', 'Inherit the slice', flag('sliceInherit')),
        option('-u --user=USER', 'Run as system user', text('uid')),
        option('-g --group=GROUP', 'Run as system group', text('gid')),
        option('--nice=NICE', 'Nice level', setNice),
        option('-D --chdir=PATH', 'Set working directory', (options, value, { context: { cwd } }) => {
          options.workingDirectory = pathSimplify(value.startsWith('/') ? value : `${cwd}/${value}`);
        }),
        option('--setenv=NAME[=VALUE]', 'Set environment variable', setEnvironment),
        option('--via-shell', 'Invoke command via target user’s login shell', flag('viaShell')),
        option('--background=COLOR', 'Set ANSI color for background', nothing),
        option('--shell-prompt-prefix=PREFIX', 'Set $SHELL_PROMPT_PREFIX', nothing),
        option('--pty', 'Request allocation of a pseudo TTY for stdio', flag('pty')),
        option('--pty-late', undefined, flag('pty')),
        option('--pipe', 'Request direct pipe for stdio', flag('pipe')),
        option('--output=STRING', undefined, (options, value) => {
          options.output = outputModes.find((mode) => mode === value) ?? fail(`Unknown output format '${value}'.`);
        }),
      ],
    ],
  ],
  stopsAtOperand: true,
  errors: 'logged',
  defaults: () => ({ ...newDraft(), viaShell: false }),
  settle,
});

/** What follows from a call of run0 for the service that is made of it. */
function settle(options: Draft, operands: readonly string[], context: ProgramContext): void {
  const { terminal, caller, host, cwd } = context;
  const onTerminal = terminal.stdin && terminal.stdout && terminal.stderr;
  if (options.pty === options.pipe) options.stdio = onTerminal ? 'pty' : 'pipe';
  else options.stdio = options.pty ? 'pty' : 'pipe';
  // Another user is at home; root stays where the caller is.
  options.workingDirectory ??= options.uid === undefined ? pathSimplify(cwd) : '~';
  if (options.workingDirectory === '/') options.workingDirectory = undefined;
  Object.assign(options, {
    serviceType: 'exec',
    quiet: true,
    wait: true,
    collect: true,
    expand: false,
    sendSighup: true,
    slice: options.slice ?? 'user.slice',
  });
  const shell = targetShell(options, context);
  if (operands.length === 0) {
    options.command = [shell];
    options.environment = setAssignment(options.environment, `SHELL=${shell}`);
  } else options.command = options.viaShell ? [shell, '-c', operands.join(' ')] : [...operands];
  const name = host.lookupUser(String(caller.uid))?.name ?? String(caller.uid);
  for (const assignment of [`SUDO_USER=${name}`, `SUDO_UID=${caller.uid}`, `SUDO_GID=${caller.gid}`])
    options.environment = setAssignment(options.environment, assignment);
}

function targetShell(options: Draft, context: ProgramContext): string {
  const named = options.environment.find((assignment) => assignment.startsWith('SHELL='))?.slice('SHELL='.length);
  if (named !== undefined) return named;
  if (options.uid === undefined || !options.viaShell) return callersShell(context);
  return context.host.lookupUser(options.uid)?.shell || '/bin/sh';
}

export const run0: Program<CliContext> = { commandLine, parse };

const access = change('Failed to start transient service unit', { starts: true });

function parse(context: CliContext): ParsedCall<CliContext> | number {
  const parsed = commandLine.parse(context);
  if ('status' in parsed) return sayEnded(context, parsed);
  const { options } = parsed;
  const run = async (running: CliContext): Promise<number> => {
    const { runTransient } = await openTransient();
    return runTransient(running, options);
  };
  return callOf(access, context.argv, run, { scope: 'system' });
}
