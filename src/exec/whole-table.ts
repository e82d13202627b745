/** All processes that there are, and whose each is: where walking down from the manager's own children is not enough. */
import type { Host, ProcessInfo } from '../sys/host.ts';
import { type Claim, type Claims, maxAncestors } from './claims.ts';

export interface WholeTable {
  readonly all: ReadonlyMap<number, ProcessInfo>;
  /** Those that are alive. */
  readonly byKey: ReadonlyMap<string, ProcessInfo[]>;
  readonly doubtful: readonly { info: ProcessInfo; claim: Claim }[];
  /** Units of children that were found dead and not yet reaped. */
  readonly dying: ReadonlySet<string>;
}

type Owners = Map<number, Claim | undefined>;

export function readWholeTable(host: Host, claims: Claims): WholeTable {
  const all = new Map<number, ProcessInfo>();
  for (const info of host.processes()) all.set(info.pid, info);
  const owners: Owners = new Map();
  const unclaimed: ProcessInfo[] = [];
  for (const info of all.values()) {
    if (info.pid <= 1 || info.pid === host.pid) continue;
    const owner = resolve(host, claims, info, all, owners);
    if (owner === undefined) unclaimed.push(info);
    else claims.remember(info, owner);
  }
  if (unclaimed.length > 0) placeOrphans(host, claims, unclaimed, all, owners);
  claims.keepOnly((pid) => all.get(pid));
  claims.forgetEnded();
  return sorted(host, claims, all, owners);
}

function sorted(host: Host, claims: Claims, all: ReadonlyMap<number, ProcessInfo>, owners: Owners): WholeTable {
  const byKey = new Map<string, ProcessInfo[]>();
  const dying = new Set<string>();
  const doubtful: { info: ProcessInfo; claim: Claim }[] = [];
  for (const [pid, claim] of owners) {
    const info = all.get(pid)!;
    if (claim === undefined) continue;
    const { key } = claim;
    if (info.state === 'Z' || info.state === 'X') {
      if (key !== undefined && info.ppid === host.pid) dying.add(key);
      continue;
    }
    if (claims.isDoubtful(claim)) doubtful.push({ info, claim });
    if (key === undefined) continue;
    const list = byKey.get(key);
    if (list === undefined) byKey.set(key, [info]);
    else list.push(info);
  }
  return { all, byKey, doubtful, dying };
}

/** By the nearest of itself and those above it that somebody claims. */
function resolve(
  host: Host,
  claims: Claims,
  start: ProcessInfo,
  all: ReadonlyMap<number, ProcessInfo>,
  owners: Owners,
): Claim | undefined {
  const chain: ProcessInfo[] = [];
  let owner: Claim | undefined;
  for (let info: ProcessInfo | undefined = start; info !== undefined && chain.length < maxAncestors; ) {
    if (info.pid === host.pid || info.pid <= 1) break;
    if (owners.has(info.pid)) {
      owner = owners.get(info.pid);
      break;
    }
    chain.push(info);
    owner = claims.of(info, (pid) => all.get(pid));
    if (owner !== undefined) break;
    info = all.get(info.ppid);
  }
  for (const info of chain) owners.set(info.pid, owner);
  return owner;
}

/** By session and process group, else by what the topmost bears. */
function placeOrphans(
  host: Host,
  claims: Claims,
  orphans: readonly ProcessInfo[],
  all: ReadonlyMap<number, ProcessInfo>,
  owners: Owners,
): void {
  const ownerOfGroup = claims.groups();
  const place = (info: ProcessInfo, owner: Claim | undefined): void => {
    if (owner === undefined) return;
    owners.set(info.pid, owner);
    claims.remember(info, owner);
  };
  for (const info of orphans) place(info, ownerOfGroup(info));
  for (const info of orphans) {
    let top = info;
    for (let i = 0; i < maxAncestors && owners.get(top.pid) === undefined; i++) {
      const above = top.ppid === host.pid ? undefined : all.get(top.ppid);
      if (above === undefined) break;
      top = above;
    }
    if (owners.get(info.pid) === undefined) place(info, owners.get(top.pid) ?? claims.hinted(top));
  }
}
