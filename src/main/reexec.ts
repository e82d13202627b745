/**
 * The manager goes on as another program in the same process (`systemctl daemon-reexec`): what it is in the middle of is
 * written down (`keep` of each part, src/kept/keeper.ts) in a memfd, descriptors stay open over execve(2), and the new
 * program reads it before its event loop turns for the first time. Children stay children, and who is connected stays so.
 *
 * Before anything is given up the program that is installed now is tried in a process of its own: one that does not start, or
 * can't read what is kept, is not become.
 */
import { haveLastWords } from '../exec/last-words.ts';
import { keptVersion } from '../kept/keeper.ts';
import type { Manager } from '../manager/manager.ts';
import { errorText } from '../sys/error-text.ts';
import { SystemError } from '../sys/host.ts';
import { argvAnew, frontDoor, spawnInit } from './installation.ts';
import { type Kept, writeState } from './kept-state.ts';

/** Exit status of a program that says that it can go on. */
export const canGoOnStatus = 42;
/** A program that is tried has so long, milliseconds. */
const trialMs = 60_000;
/** Calls that another program can't go on with are waited for so long, milliseconds. */
const callsMs = 5_000;
/** Turns of the event loop in which work that has begun comes to an end. */
const turns = 50;

const SIGKILL = 9;

/** A manager's process. */
export interface Going extends Kept {
  readonly manager: Manager;
  /** What its program was called with. */
  readonly argv: readonly string[];
}

/** Does not return, but where it can't be: throws an Error then, and everything is as it was. */
export async function reexecute(going: Going): Promise<void> {
  const { host, manager, control } = going;
  await tryProgram(manager);
  await control?.whenAllCanGoOn(callsMs);
  for (let turn = 0; turn < turns; turn++) {
    await new Promise<void>((resolve) => host.defer(resolve));
    if (turn > 0 && !manager.jobs.isBusy && !manager.queues.isBusy && !haveLastWords(host)) break;
  }
  const { text, fds } = writeState(going);
  const stateFd = host.memfd(Buffer.from(text));
  const env = Object.entries(host.environment).map(([name, value]) => `${name}=${value}`);
  try {
    host.reexec(frontDoor(), argvAnew(going.argv, stateFd), env, [...fds, stateFd]);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    host.closeFd(stateFd);
    const reason = `Failed to execute ${frontDoor()}: ${errorText(error.code)}`;
    manager.log(3, `${reason}. Going on as before.`);
    throw new Error(reason);
  }
}

/** The program that would be become, in a process of its own: whether it starts, and understands. Throws an Error. */
async function tryProgram(manager: Manager): Promise<void> {
  const { host, exits } = manager;
  const { pid, failure } = spawnInit(host, ['--help', `--kept-version=${keptVersion}`]);
  const status = await new Promise<number>((resolve) => {
    const timer = host.after(trialMs, () => host.kill(pid, SIGKILL));
    exits.watch(pid, {
      processExited: (exit) => {
        timer.cancel();
        resolve(exit.how === 'exited' ? exit.status : 128 + exit.status);
      },
    });
  });
  if (status === canGoOnStatus) return;
  const reason =
    failure !== undefined
      ? `${frontDoor()}: ${errorText(failure.code)}`
      : `${frontDoor()} ${status === 0 ? 'can not go on from here' : `does not start (status ${status})`}`;
  manager.log(3, `Not executed anew: ${reason}. Going on as before.`);
  throw new Error(reason);
}
