/** systemd.resource-control(5): shared by slices, scopes, services, sockets, mounts and swaps. */

import { does, group, honoured, legacy, noEffect, type SettingsOf, setting, slot } from './directive.ts';
import type { SettingsRecord } from './kind.ts';
import { boolean, oneOf, oneOfOrBoolean, orEmpty, span, spanDefaultInfinity, words } from './kinds/basic.ts';
import {
  blockDeviceRate,
  blockDeviceWeight,
  blockIoWeight,
  boundInterface,
  bpfPrograms,
  controllerList,
  cpuQuota,
  cpuShares,
  cpuWeight,
  type DeviceNumber,
  delegation,
  deviceAllow,
  deviceLatency,
  deviceRate,
  deviceWeight,
  filterPaths,
  ioWeight,
  ipPrefixes,
  memoryLimit,
  memoryMin,
  memoryProtection,
  networkInterfaces,
  nftSets,
  oomMode,
  oomPressureLimit,
  socketBind,
  subgroup,
  tasksMax,
} from './kinds/cgroup.ts';
import { cpuSet } from './kinds/scheduling.ts';
import { unitSlice } from './kinds/unit.ts';

const infinity = Number.POSITIVE_INFINITY;
/** Where the container's cgroup tree is writable these apply; elsewhere they cannot. */
const tree = noEffect("the container's cgroup tree is read-only, limits are set by its runtime");
const blockIo = noEffect('of cgroup v1, which containers are given read-only');
const bpf = noEffect('it needs BPF programs on the cgroup, which containers may not load');

/** systemd keeps the two rates of a device in one place: an empty line takes back both. */
const emptyWith =
  (other: string) =>
  (settings: SettingsRecord, value: string): void => {
    if (value === '') settings[other] = [];
  };

/** systemd keeps all limits of a device in one place, so that the first line that names it decides on its rank. */
const inOrder = (settings: SettingsRecord): void => {
  const names = ['IOReadBandwidthMax', 'IOWriteBandwidthMax', 'IOReadIOPSMax', 'IOWriteIOPSMax'];
  const limits = names.map((name) => [name, settings[name] as DeviceNumber[]] as const);
  const order = [...(settings.IOLimitedDevices as string[])];
  for (const [, list] of limits) for (const { path } of list) if (!order.includes(path)) order.push(path);
  settings.IOLimitedDevices = order;
  for (const [name, list] of limits) {
    if (list.length > 1) settings[name] = [...list].sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path));
  }
};

/** One line for two settings. */
const delegate = does(
  delegation.name,
  'DelegateEnabled',
  (settings, value, at) => {
    const current = {
      enabled: settings.DelegateEnabled as boolean,
      controllers: settings.DelegateControllers as string[],
    };
    const next = delegation.parse(value, at, current, current);
    if (next === current) return;
    settings.DelegateEnabled = next.enabled;
    settings.DelegateControllers = next.controllers;
  },
  noEffect('every service has what the container has; cgroups are delegated by its runtime'),
);

const pressureWatch = oneOfOrBoolean('pressure watch', ['off', 'on', 'auto', 'skip'], 'on', 'off');

export const cgroupDirectives = group({
  Slice: setting(unitSlice, undefined, honoured, { property: null }),
  AllowedCPUs: setting(cpuSet({ specifiers: true }), [], tree),
  StartupAllowedCPUs: setting(cpuSet({ specifiers: true, raw: true }), [], tree),
  AllowedMemoryNodes: setting(cpuSet({ specifiers: true }), [], tree),
  StartupAllowedMemoryNodes: setting(cpuSet({ specifiers: true, raw: true }), [], tree),
  CPUAccounting: setting(boolean, (facts) => facts.manager.cpuAccounting, tree),
  /** undefined: not set; 0: idle. */
  CPUWeight: setting(cpuWeight, undefined, tree),
  StartupCPUWeight: setting(cpuWeight, undefined, tree),
  CPUShares: setting(cpuShares, undefined, tree),
  StartupCPUShares: setting(cpuShares, undefined, tree),
  /** Milliseconds of CPU time in a second; Infinity: no quota. */
  CPUQuota: setting(cpuQuota, infinity, tree, { property: 'CPUQuotaPerSecUSec' }),
  CPUQuotaPeriodSec: setting(spanDefaultInfinity, infinity, tree),
  MemoryAccounting: setting(boolean, (facts) => facts.manager.memoryAccounting, tree),
  MemoryMin: setting(memoryMin, 0, tree),
  DefaultMemoryMin: setting(memoryProtection, 0, tree),
  DefaultMemoryLow: setting(memoryProtection, 0, tree),
  MemoryLow: setting(memoryProtection, 0, tree),
  StartupMemoryLow: setting(memoryProtection, 0, tree, { since: 254, property: null }),
  DefaultStartupMemoryLow: setting(memoryProtection, 0, tree, { since: 254, property: null }),
  MemoryHigh: setting(memoryLimit, infinity, tree),
  StartupMemoryHigh: setting(memoryLimit, infinity, tree, { since: 254, property: null }),
  MemoryMax: setting(memoryLimit, infinity, tree),
  StartupMemoryMax: setting(memoryLimit, infinity, tree, { since: 254, property: null }),
  MemorySwapMax: setting(memoryLimit, infinity, tree),
  StartupMemorySwapMax: setting(memoryLimit, infinity, tree, { since: 254, property: null }),
  MemoryZSwapMax: setting(memoryLimit, infinity, tree, { since: 253, property: null }),
  StartupMemoryZSwapMax: setting(memoryLimit, infinity, tree, { since: 254, property: null }),
  MemoryZSwapWriteback: setting(boolean, true, tree, { since: 256, property: null }),
  MemoryLimit: setting(memoryLimit, infinity, tree),
  MemoryPressureWatch: setting(pressureWatch, 'auto', tree, { since: 254, property: null }),
  MemoryPressureThresholdSec: setting(span, 200, tree, { since: 254, property: null }),
  CPUPressureWatch: setting(pressureWatch, 'auto', tree, { since: 261, property: null }),
  CPUPressureThresholdSec: setting(span, 200, tree, { since: 261, property: null }),
  IOPressureWatch: setting(pressureWatch, 'auto', tree, { since: 261, property: null }),
  IOPressureThresholdSec: setting(span, 200, tree, { since: 261, property: null }),
  CPUSetPartition: setting(
    orEmpty(oneOf('cpuset partition type', ['member', 'root', 'isolated']), 'member'),
    'member',
    tree,
    {
      since: 261,
      property: null,
    },
  ),
  DeviceAllow: setting(deviceAllow, [], tree),
  DevicePolicy: setting(oneOf('device policy', ['auto', 'closed', 'strict']), 'auto', tree),
  IOAccounting: setting(boolean, (facts) => facts.manager.ioAccounting, tree),
  IOWeight: setting(ioWeight, undefined, tree),
  StartupIOWeight: setting(ioWeight, undefined, tree),
  IODeviceWeight: setting(deviceWeight, [], tree),
  IOReadBandwidthMax: setting(deviceRate, [], tree, { after: inOrder }),
  IOWriteBandwidthMax: setting(deviceRate, [], tree, { after: inOrder }),
  IOReadIOPSMax: setting(deviceRate, [], tree, { after: inOrder }),
  IOWriteIOPSMax: setting(deviceRate, [], tree, { after: inOrder }),
  IODeviceLatencyTargetSec: setting(deviceLatency, [], tree, { property: 'IODeviceLatencyTargetUSec' }),
  /** Paths in the order in which lines of IO…Max= first name them. */
  IOLimitedDevices: slot(words, [], { property: null }),
  BlockIOAccounting: setting(boolean, (facts) => facts.manager.blockIOAccounting, blockIo),
  BlockIOWeight: setting(blockIoWeight, undefined, blockIo),
  StartupBlockIOWeight: setting(blockIoWeight, undefined, blockIo),
  BlockIODeviceWeight: setting(blockDeviceWeight, [], blockIo),
  BlockIOReadBandwidth: setting(blockDeviceRate, [], blockIo, { after: emptyWith('BlockIOWriteBandwidth') }),
  BlockIOWriteBandwidth: setting(blockDeviceRate, [], blockIo, { after: emptyWith('BlockIOReadBandwidth') }),
  TasksAccounting: setting(boolean, (facts) => facts.manager.tasksAccounting, tree),
  TasksMax: setting(tasksMax, (facts) => (facts.type === 'slice' ? infinity : facts.manager.tasksMax), tree),
  Delegate: delegate,
  DelegateEnabled: slot(boolean, false, { property: 'Delegate' }),
  DelegateControllers: slot(controllerList, []),
  DelegateSubgroup: setting(subgroup, undefined, tree, { since: 254, property: null }),
  DisableControllers: setting(controllerList, [], tree),
  IPAccounting: setting(boolean, (facts) => facts.manager.ipAccounting, bpf),
  IPAddressAllow: setting(ipPrefixes, [], bpf),
  IPAddressDeny: setting(ipPrefixes, [], bpf),
  IPIngressFilterPath: setting(filterPaths, [], bpf),
  IPEgressFilterPath: setting(filterPaths, [], bpf),
  ManagedOOMSwap: setting(oomMode, 'auto', noEffect('systemd-oomd runs on the host')),
  ManagedOOMMemoryPressure: setting(oomMode, 'auto', noEffect('systemd-oomd runs on the host')),
  /** Of 2^32 - 1, as systemd keeps it. */
  ManagedOOMMemoryPressureLimit: setting(oomPressureLimit, 0, noEffect('systemd-oomd runs on the host')),
  ManagedOOMMemoryPressureDurationSec: setting(
    orEmpty(span, infinity),
    infinity,
    noEffect('systemd-oomd runs on the host'),
    {
      since: 257,
      property: null,
    },
  ),
  OOMRules: setting(words, [], noEffect('systemd-oomd runs on the host'), { since: 261, property: null }),
  ManagedOOMPreference: setting(
    oneOf('ManagedOOMPreference=', ['none', 'avoid', 'omit']),
    'none',
    noEffect('systemd-oomd runs on the host'),
  ),
  NetClass: legacy,
  BPFProgram: setting(bpfPrograms, [], bpf),
  SocketBindAllow: setting(socketBind, [], bpf),
  SocketBindDeny: setting(socketBind, [], bpf),
  BindNetworkInterface: setting(boundInterface, undefined, bpf, { since: 260, property: null }),
  RestrictNetworkInterfaces: setting(networkInterfaces, undefined, bpf),
  NFTSet: setting(nftSets, [], noEffect('sets of nftables by cgroup belong to the host'), {
    since: 255,
    property: null,
  }),
  CoredumpReceive: setting(boolean, false, noEffect('core dumps are handled by the host'), {
    since: 255,
    property: null,
  }),
});

export type CGroupSettings = SettingsOf<typeof cgroupDirectives>;
