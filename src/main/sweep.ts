/**
 * What an owned manager (`--owned=DIRECTORY`) has left that was killed itself: its processes are found by their marks
 * (record.ts) and killed, then its directory goes. Who starts the next such manager calls this first.
 */
import { managerIn } from '../control/places.ts';
import type { Host, ProcessInfo } from '../sys/host.ts';
import { SystemError } from '../sys/host.ts';
import { removeOwned } from './parent.ts';
import { findSurvivors } from './record.ts';

const SIGKILL = 9;
/** What was killed is looked for again after so long, so often: it may have forked meanwhile. */
const lookMs = 10;
const looks = 200;
const environLimit = 2 << 20;

/** In the environment of all that an owned manager starts: its directory. */
export const ownedVariable = 'PIDONE_OWNED';

/** Throws an Error where a manager lives there. */
export async function sweep(host: Host, directory: string): Promise<void> {
  const place = { directory: `${directory}/run/pidone` };
  const pid = managerIn(host, place.directory);
  if (pid !== undefined) throw new Error(`${directory} is in use: its manager is process ${pid}.`);
  for (let look = 0; look < looks; look++) {
    const left = findSurvivors(host, place)
      .flatMap(({ processes }) => processes)
      .filter((process) => !isAnothers(host, process, directory));
    if (left.length === 0) break;
    for (const process of left) end(host, process);
    await new Promise<void>((resolve) => host.after(lookMs, resolve));
  }
  removeOwned(host, directory);
}

/** Managers that start in the same moment may have taken the same marks: then the environment tells. */
function isAnothers(host: Host, { pid }: ProcessInfo, directory: string): boolean {
  let environ: string;
  try {
    environ = host.files.readText(`/proc/${pid}/environ`, environLimit);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return false;
  }
  const named = environ.split('\0').find((variable) => variable.startsWith(`${ownedVariable}=`));
  return named !== undefined && named !== `${ownedVariable}=${directory}`;
}

function end(host: Host, { pid, startTime }: ProcessInfo): void {
  try {
    host.kill(pid, SIGKILL, startTime);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
