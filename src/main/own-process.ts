/** A program in the caller's own process: on files, or by way of a manager that is found or started. */

import type { CliContext } from '../cli/common/context.ts';
import { type CallResult, callManager } from '../control/client.ts';
import { findManager, type Scope } from '../control/places.ts';
import type { Manager } from '../manager/manager.ts';
import { say } from '../program/messages.ts';
import type { ParsedCall } from '../program/program.ts';
import type { Host } from '../sys/host.ts';
import { createRealHost } from '../sys/real-host.ts';
import { exitProcess, processFacts, terminalFacts } from '../sys/stdio.ts';
import { textToBytes } from '../text/bytes.ts';
import { refuse } from './access.ts';
import { frontDoor } from './installation.ts';
import { OwnOutput } from './output.ts';
import { parseCall } from './programs.ts';
import { releaseHere } from './release.ts';

/** Runs a program to its end; the process ends with its exit status. */
export async function runProgram(program: string, argv: readonly string[]): Promise<never> {
  const host = createRealHost({ manager: false, release: releaseHere });
  const { cwd, env } = processFacts();
  const output = new OwnOutput(host, frontDoor());
  const abort = new AbortController();
  const context: CliContext = {
    host,
    program,
    argv,
    env,
    cwd,
    terminal: terminalFacts(),
    caller: { pid: host.pid, uid: host.uid, gid: host.gid },
    manager: undefined,
    signal: abort.signal,
    out: (text) => output.out(textToBytes(text)),
    // In the order in which it was said.
    flush: () => {},
    err: (text) => output.err(textToBytes(text)),
    drained: () => {
      output.flush();
      return Promise.resolve();
    },
    turn: () => Promise.resolve(),
  };
  const status = await answer(context, output);
  await output.finish();
  exitProcess(status);
}

async function answer(context: CliContext, output: OwnOutput): Promise<number> {
  const call = await parseCall(context);
  if (typeof call === 'number') return call;
  if (isOwnBusiness(call)) {
    const bus = call.scope === 'user' && !call.offline ? userBusFailure(context) : undefined;
    if (bus === undefined) return runHere(context, call, output, undefined);
    say(context, 'error', bus);
    return 1;
  }

  const { host } = context;
  const scope: Scope = call.scope ?? 'system';
  const ask = (): Promise<CallResult> => {
    // Passing descriptors and becoming another program is what the front door can, once it knows whom to ask.
    const runs = context.program === 'systemd-run' || context.program === 'run0';
    const handsOver = runs && context.env[handoverVariable] === undefined;
    const control = findManager(host, scope)?.control;
    if (handsOver && control !== undefined) becomeFrontDoor(context, control);
    return callManager(host, control, context, output);
  };
  let result = await ask();
  const bus = result.kind === 'unreachable' && scope === 'user' ? userBusFailure(context) : undefined;
  if (bus !== undefined) {
    say(context, 'error', bus);
    return 1;
  }
  if (result.kind === 'unreachable' && (call.starts || (await changesSurvivors(host, scope, call)))) {
    if (scope === 'system' && host.uid !== 0) return refuse(context, call);
    const { startManager } = await import('./on-demand.ts');
    try {
      await startManager(host, scope);
    } catch (error) {
      say(context, 'error', error instanceof Error ? error.message : String(error));
      return 1;
    }
    result = await ask();
  }
  switch (result.kind) {
    case 'exit':
      return result.status;
    case 'local':
      return runHere(context, call, output, undefined);
    case 'unreachable': {
      if (call.access.asksForManager === true) return runHere(context, call, output, undefined);
      const { restingManager } = await import('./resting-manager.ts');
      return runHere(context, call, output, restingManager(host, scope));
    }
    case 'version':
      context.err(
        `Failed to connect to the manager: it is another version (${result.text}). ` +
          `Restart it, or use its own ${context.program}.\n`,
      );
      return 1;
    case 'busy':
      context.err('Failed to connect to the manager: too many connections.\n');
      return 1;
    case 'lost':
      context.err('The connection to the manager was lost before it had answered.\n');
      return 1;
  }
}

/** What a manager that was killed has left running can be stopped, too, by the next one. */
async function changesSurvivors(
  host: Host,
  scope: Scope,
  { access }: Pick<ParsedCall<CliContext>, 'access'>,
): Promise<boolean> {
  if (access.kind !== 'change') return false;
  const { haveSurvivors } = await import('./record.ts');
  return haveSurvivors(host, scope);
}

/**
 * What is said where nothing says where the user's bus is (sd_bus_open_user(3)): then there is no manager of the user's to
 * ask. Undefined where something does.
 */
function userBusFailure({ env, host }: CliContext): string | undefined {
  const { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime, PIDONE_SOCKET: socket } = env;
  if (address || runtime || socket) return undefined;
  // Where no init of this kind runs, nobody gives users a bus, and a manager is started where it can be found again.
  if (host.process(1)?.comm !== 'systemd' && host.files.tryStat('/run/systemd/system') === undefined) return undefined;
  const reason = address === undefined && runtime === undefined ? 'No medium found' : 'Connection refused';
  return host.voice.tools.busFailure({ scope: 'user', transport: 'local' }, reason);
}

/**
 * Says that the front door was called from here, so that it is not called again and again where it hands the call back;
 * `socket` where $PIDONE_SOCKET was set for it, too. The front door keeps both from the command that it becomes.
 */
const handoverVariable = 'PIDONE_HANDOVER';

function becomeFrontDoor({ host, program, argv, env }: CliContext, socket: string): never {
  // Node has marked them so that its children don't get them.
  for (const fd of [0, 1, 2]) host.setCloseOnExec(fd, false);
  const handover = env.PIDONE_SOCKET ? 'call' : 'socket';
  const variables = Object.entries({ ...env, PIDONE_SOCKET: socket, [handoverVariable]: handover });
  return host.exec(
    frontDoor(),
    [program, ...argv],
    variables.map(([name, value]) => `${name}=${value}`),
  );
}

/** Files alone, or another root: no manager is asked. */
function isOwnBusiness(call: Pick<ParsedCall, 'offline' | 'access' | 'filesOnly'>): boolean {
  return call.offline || call.access.own === 'always' || call.filesOnly;
}

function runHere(
  context: CliContext,
  call: ParsedCall<CliContext>,
  output: OwnOutput,
  manager: Manager | undefined,
): number | Promise<number> {
  if (call.pager !== undefined) output.openPager(call.pager === 'end');
  return call.run(manager === undefined ? context : { ...context, manager });
}
