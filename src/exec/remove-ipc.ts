/** RemoveIPC= of systemd.exec(5): the IPC objects of a user and a group go when no unit runs as them any more. */
import type { Keeper } from '../kept/keeper.ts';
import { errorText } from '../sys/error-text.ts';
import { type Host, SystemError } from '../sys/host.ts';

interface Account {
  units: Set<string>;
  /** One of the units that ran as it has asked for it. */
  remove: boolean;
}

/** Who runs as whom. */
class IpcOwners {
  readonly #host: Host;
  readonly #accounts = { uid: new Map<number, Account>(), gid: new Map<number, Account>() };

  constructor(host: Host) {
    this.#host = host;
  }

  /** A process of the unit runs with these ids. */
  hold(unit: string, ids: { uid: number | undefined; gid: number | undefined }, remove: boolean): void {
    for (const kind of ['uid', 'gid'] as const) {
      const id = ids[kind];
      // root's are never removed.
      if (id === undefined || id === 0) continue;
      const account = this.#accounts[kind].get(id) ?? { units: new Set(), remove: false };
      account.units.add(unit);
      account.remove ||= remove;
      this.#accounts[kind].set(id, account);
    }
  }

  keep(k: Keeper): void {
    for (const kind of ['uid', 'gid'] as const) {
      const all = [...this.#accounts[kind]].map(([id, { units, remove }]) => ({ id, units: [...units], remove }));
      for (const { id, units, remove } of k.plain(kind, all))
        this.#accounts[kind].set(id, { units: new Set(units), remove });
    }
  }

  /** The unit is down. What could not be removed is left, and told through `warn`. */
  release(unit: string, warn: (message: string) => void): void {
    for (const kind of ['uid', 'gid'] as const)
      for (const [id, account] of this.#accounts[kind]) {
        if (!account.units.delete(unit) || account.units.size > 0) continue;
        this.#accounts[kind].delete(id);
        if (!account.remove) continue;
        try {
          this.#host.removeIpc(kind === 'uid' ? id : undefined, kind === 'gid' ? id : undefined);
        } catch (error) {
          if (!(error instanceof SystemError)) throw error;
          warn(`Failed to remove IPC objects of ${kind.toUpperCase()} ${id}: ${errorText(error.code)}`);
        }
      }
  }
}

const owners = new WeakMap<Host, IpcOwners>();

export function ipcOwnersOf(host: Host): IpcOwners {
  let own = owners.get(host);
  if (own === undefined) {
    own = new IpcOwners(host);
    owners.set(host, own);
  }
  return own;
}
