/** The control group that the container's memory is counted in: what it may use, and how often the kernel had to kill. */
import type { Host } from './host.ts';

type Reader = Pick<Host, 'files'>;

/** Of version 2 and version 1: where the hierarchy is mounted, and what its files are called. */
const hierarchies = [
  { base: '/sys/fs/cgroup', limit: 'memory.max', events: 'memory.events', mine: /^0::(\/.*)$/m },
  {
    base: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    events: 'memory.oom_control',
    mine: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m,
  },
] as const;

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
function groupsOf(host: Reader, { base, mine }: (typeof hierarchies)[number]): string[] {
  const path = mine.exec(read(host, '/proc/self/cgroup') ?? '')?.[1] ?? '/';
  const names = path.split('/').filter((name) => name !== '');
  if (names.includes('..')) return [base];
  return names.map((_, index) => `${base}/${names.slice(0, names.length - index).join('/')}`).concat(base);
}

/** Bytes that this process and its container may use; undefined where only the machine's memory is a bound. */
export function memoryLimit(host: Reader & Pick<Host, 'memoryTotal'>): number | undefined {
  const limits = hierarchies.flatMap((hierarchy) =>
    groupsOf(host, hierarchy).map((group) => Number.parseInt(read(host, `${group}/${hierarchy.limit}`) ?? '', 10)),
  );
  // Where there is none a number stands there that no machine has, or a word.
  const least = Math.min(...limits.filter((bytes) => bytes > 0));
  return least < host.memoryTotal() ? least : undefined;
}

/** How many processes of the container the kernel has killed for want of memory; undefined where it does not say. */
export function oomKills(host: Reader): number | undefined {
  for (const hierarchy of hierarchies)
    for (const group of groupsOf(host, hierarchy)) {
      const count = /^oom_kill (\d+)$/m.exec(read(host, `${group}/${hierarchy.events}`) ?? '')?.[1];
      if (count !== undefined) return Number(count);
    }
  return undefined;
}
