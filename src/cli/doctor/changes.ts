/**
 * What to change, in one line: an option of the container's engine, or a line of a unit's. Options are those of `docker run`
 * and `podman run`; in a compose file they have other names (cap_add:, mem_limit: …).
 */

/** Of what gives a container rights over the machine it is said. */
const warnings: Readonly<Record<string, string>> = {
  CAP_SYS_ADMIN: 'which is close to all rights over the machine',
  CAP_SYS_TIME: 'with which it sets the clock of the machine',
  CAP_SYS_PTRACE: 'with which root reads the memory of all processes in the container',
  CAP_SYS_RESOURCE: 'with which it goes beyond limits of the machine',
  CAP_SYS_NICE: 'with which it takes processors from others',
};

export function grant(capability: string): string {
  const warning = warnings[capability];
  return `run the container with --cap-add=${capability.slice(4)}${warning === undefined ? '' : `, ${warning}`}`;
}

/** A line of the unit's own that takes something back. */
export const takeBack = (unit: string, section: string, key: string, value = ''): string =>
  `systemctl edit ${unit}: [${section}] ${key}=${value}`;

/** What the engine has for settings of resource control. */
const engineOptions: Readonly<Record<string, string>> = {
  MemoryMax: '--memory=SIZE',
  MemoryLimit: '--memory=SIZE',
  MemoryHigh: '--memory-reservation=SIZE',
  MemorySwapMax: '--memory-swap=SIZE',
  CPUQuota: '--cpus=NUMBER',
  CPUWeight: '--cpu-shares=NUMBER',
  CPUShares: '--cpu-shares=NUMBER',
  AllowedCPUs: '--cpuset-cpus=LIST',
  AllowedMemoryNodes: '--cpuset-mems=LIST',
  TasksMax: '--pids-limit=NUMBER',
  IOWeight: '--blkio-weight=NUMBER',
  IOReadBandwidthMax: '--device-read-bps=DEVICE:SIZE',
  IOWriteBandwidthMax: '--device-write-bps=DEVICE:SIZE',
  DeviceAllow: '--device=PATH',
};

/** The engine's option that does for the whole container what a setting would have done for a unit. */
export const engineOption = (key: string): string | undefined => engineOptions[key];
