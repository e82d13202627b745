/** Facts of the machine: numbers that relative values and defaults are shares of, and what else a value may depend on. */

import { processLimit } from '../../sys/cgroup.ts';
import type { Files, Host } from '../../sys/host.ts';
import { architectureName } from '../../values/architectures.ts';
import type { ParseContext } from '../directives/kind.ts';

/** A positive number that a file of /proc or /sys holds; undefined for anything else (`max` included). */
export function numberIn(files: Files, path: string): number | undefined {
  try {
    const number = Number.parseInt(files.readText(path, 64), 10);
    return Number.isFinite(number) && number > 0 ? number : undefined;
  } catch {
    return undefined;
  }
}

/** How many tasks the machine, or the cgroup of the container, may have: system_tasks_max of systemd. */
export function tasksLimit(files: Files): number {
  const threads = numberIn(files, '/proc/sys/kernel/threads-max') ?? 0xffffffff;
  const pids = numberIn(files, '/proc/sys/kernel/pid_max');
  const cgroup = processLimit({ files })?.most ?? 0xffffffff;
  return Math.min(threads, pids === undefined ? 0xffffffff : pids - 1, cgroup);
}

/** Of how many NUMA nodes the machine knows: the highest one counts, also where lower ones are missing. */
function numaNodes(files: Files): number {
  try {
    const numbers = files
      .readdir('/sys/devices/system/node')
      .map((name) => Number(/^node(\d{1,4})$/.exec(name)?.[1] ?? 0));
    return Math.max(0, ...numbers) + 1;
  } catch {
    return 1024;
  }
}

/** What the parsers of relative values ask; each number is read when it is asked for. */
export function machineFacts(host: Host): ParseContext['machine'] {
  const { files } = host;
  return {
    memoryTotal: () => host.memoryTotal(),
    tasksLimit: () => tasksLimit(files),
    numaNodes: () => numaNodes(files),
    hasIpv6: () => files.access('/proc/net/if_inet6', 'exists'),
    architecture: () => architectureName(host.uname().machine),
  };
}
