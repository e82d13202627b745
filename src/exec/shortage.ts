/** What is in the way where no process can be made: the limit's name and value, for the one line that the log gets. */
import { processLimit } from '../sys/cgroup.ts';
import { explainedText } from '../sys/error-text.ts';
import type { Host } from '../sys/host.ts';
import { reservedDescriptors } from '../sys/reserve.ts';
import { SpawnError } from './failure.ts';

/** A container that is as near to its limit as this has reached it: a program may have several threads. */
const nearly = 4;

/** With so many left nobody looks again for so many milliseconds. */
const [plenty, freshMs] = [1024, 100];

type Facts = Pick<Host, 'limit' | 'files' | 'uid' | 'descriptorsLeft' | 'monotonic'>;

/** The errno's text, and which limit it comes from where that can be told. `uid`: of the process to be. */
export function shortageText(host: Facts, code: string, uid = host.uid): string {
  const limit = limitBehind(host, code, uid);
  return limit === undefined ? explainedText(code) : `${explainedText(code)} (${limit})`;
}

function limitBehind(host: Facts, code: string, uid: number): string | undefined {
  if (code === 'EMFILE')
    return `the manager may have ${host.limit('NOFILE').hard} descriptors, RLIMIT_NOFILE, and keeps ${reservedDescriptors(host)} of them for itself`;
  if (code !== 'EAGAIN') return undefined;
  const group = processLimit(host);
  if (group !== undefined && group.now + nearly > group.most)
    return `the container may have ${group.most} processes and threads, pids.max of its control group`;
  const { soft } = host.limit('NPROC');
  // The kernel does not count those of root.
  if (uid !== 0 && Number.isFinite(soft)) return `uid ${uid} may have ${soft} processes and threads, RLIMIT_NPROC`;
  return undefined;
}

const enoughUntilMs = new WeakMap<object, number>();

/** Throws SpawnError where a process that stays would take what the manager keeps for itself. */
export function requireDescriptors(host: Facts): void {
  const now = host.monotonic();
  if (now < (enoughUntilMs.get(host) ?? 0)) return;
  const left = host.descriptorsLeft();
  if (left > plenty) enoughUntilMs.set(host, now + freshMs);
  if (left < reservedDescriptors(host))
    throw new SpawnError('Failed to make a process', 'EMFILE', shortageText(host, 'EMFILE'));
}
