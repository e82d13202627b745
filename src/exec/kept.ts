/** What this room knows of the processes of all units, when the manager's program is executed anew. */
import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';
import { dynamicUsersOf } from './identity.ts';
import { keepSaid } from './left-out.ts';
import { oomScoresOf } from './oom-score.ts';
import { ipcOwnersOf } from './remove-ipc.ts';

export function keepExec(host: Host, k: Keeper): void {
  keepAccounts(host, k);
  keepSaid(host, k);
}

/** Without what was said, which can be said again. */
export function keepAccounts(host: Host, k: Keeper): void {
  k.inner('ipcOwners', (of) => ipcOwnersOf(host).keep(of));
  k.inner('dynamicUsers', (of) => dynamicUsersOf(host).keep(of));
  k.inner('oomScores', (of) => oomScoresOf(host).keep(of));
}
