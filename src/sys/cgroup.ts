/** The control groups of the container: what memory and how many processes it may have, how often the kernel had to kill. */
import type { Host } from './host.ts';

type Reader = Pick<Host, 'files'>;

/** Of version 2 and version 1: where the hierarchy is mounted, how its line in /proc/self/cgroup begins, its files. */
const unified = { base: '/sys/fs/cgroup', mine: /^0::(\/.*)$/m } as const;
const memory = [
  { ...unified, limit: 'memory.max', events: 'memory.events' },
  {
    base: '/sys/fs/cgroup/memory',
    mine: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m,
    limit: 'memory.limit_in_bytes',
    events: 'memory.oom_control',
  },
] as const;
const pids = [unified, { base: '/sys/fs/cgroup/pids', mine: /^\d+:(?:[^:]*,)?pids(?:,[^:]*)?:(\/.*)$/m }] as const;

function read({ files }: Reader, path: string): string | undefined {
  try {
    return files.readText(path, 1 << 16);
  } catch {
    return undefined;
  }
}

/**
 * Directories from this process's group up to the top of what is mounted. A container sees its own group at the top,
 * under whatever name the machine has for it.
 */
function groupsOf(host: Reader, { base, mine }: { readonly base: string; readonly mine: RegExp }): string[] {
  const path = mine.exec(read(host, '/proc/self/cgroup') ?? '')?.[1] ?? '/';
  const names = path.split('/').filter((name) => name !== '');
  if (names.includes('..')) return [base];
  return names.map((_, index) => `${base}/${names.slice(0, names.length - index).join('/')}`).concat(base);
}

/** Bytes that this process and its container may use; undefined where only the machine's memory is a bound. */
export function memoryLimit(host: Reader & Pick<Host, 'memoryTotal'>): number | undefined {
  const limits = memory.flatMap((hierarchy) =>
    groupsOf(host, hierarchy).map((group) => Number.parseInt(read(host, `${group}/${hierarchy.limit}`) ?? '', 10)),
  );
  // Where there is none a number stands there that no machine has, or a word.
  const least = Math.min(...limits.filter((bytes) => bytes > 0));
  return least < host.memoryTotal() ? least : undefined;
}

/** How many processes of the container the kernel has killed for want of memory; undefined where it does not say. */
export function oomKills(host: Reader): number | undefined {
  for (const hierarchy of memory)
    for (const group of groupsOf(host, hierarchy)) {
      const count = /^oom_kill (\d+)$/m.exec(read(host, `${group}/${hierarchy.events}`) ?? '')?.[1];
      if (count !== undefined) return Number(count);
    }
  return undefined;
}

/** How many processes and threads the container may have, and has; undefined where only the machine is a bound. */
export function processLimit(host: Reader): { most: number; now: number } | undefined {
  let least: { most: number; now: number } | undefined;
  for (const hierarchy of pids)
    for (const group of groupsOf(host, hierarchy)) {
      const [most, now] = ['pids.max', 'pids.current'].map((file) =>
        Number.parseInt(read(host, `${group}/${file}`) ?? '', 10),
      ) as [number, number];
      if (most > 0 && (least === undefined || most < least.most)) least = { most, now: now || 0 };
    }
  return least;
}
