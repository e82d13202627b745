/** Ids that the container's user namespace has (user_namespaces(7)): nobody can become one that it has not. */
import { type Host, type SpawnRequest, SystemError } from '../sys/host.ts';

type Kind = 'uid' | 'gid';

/** First id and count of each range; undefined where nothing tells. */
function rangesOf(host: Host, kind: Kind): (readonly [first: number, count: number])[] | undefined {
  try {
    const text = host.files.readText(`/proc/self/${kind}_map`, 64 * 1024);
    const ranges = text.split('\n').flatMap((line) => {
      const [first, , count] = line.trim().split(/ +/).map(Number);
      return first === undefined || count === undefined ? [] : [[first, count] as const];
    });
    return ranges.length === 0 ? undefined : ranges;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return undefined;
  }
}

const hasId = (host: Host, kind: Kind, id: number): boolean =>
  rangesOf(host, kind)?.some(([first, count]) => id >= first && id < first + count) ?? true;

/** Ids that distributions give to users; 65534 is nobody, whom each namespace shows for those that it has not. */
const usual = 65534;

/** How many of them there are: all, or as with an engine without root and without an entry in /etc/subuid, one. */
export function idsThere(host: Host, kind: Kind): number {
  const ranges = rangesOf(host, kind);
  if (ranges === undefined) return usual;
  const within = ranges.map(([first, count]) => Math.max(0, Math.min(first + count, usual) - first));
  return within.reduce((sum, count) => sum + count, 0);
}

export const hasUsualIds = (host: Host): boolean => idsThere(host, 'uid') === usual && idsThere(host, 'gid') === usual;

type Wanted = Partial<Pick<SpawnRequest, 'uid' | 'gid' | 'groups'>>;

/** The id, in words, that a step of a spawn asks for and that is not there, if that is it. */
export function idLacking(host: Host, { uid, gid, groups = [] }: Wanted, step: string): string | undefined {
  if (step === 'USER' && uid !== undefined && !hasId(host, 'uid', uid)) return `uid ${uid}`;
  if (step !== 'GROUP') return undefined;
  const group = [...(gid === undefined ? [] : [gid]), ...groups].find((id) => !hasId(host, 'gid', id));
  return group === undefined ? undefined : `gid ${group}`;
}
