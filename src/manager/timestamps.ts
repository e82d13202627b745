/** Moments of the manager's life that `show` and systemd-analyze(1) tell; 0 is never. */
import type { Keeper } from '../kept/keeper.ts';
import type { Timestamp } from '../units/unit.ts';

const never: Timestamp = { realtime: 0, monotonic: 0 };

export class ManagerTimestamps {
  /** It came up. */
  userspace: Timestamp;
  /** The first jobs have come to rest. */
  finish = never;
  generatorsStart = never;
  generatorsFinish = never;
  /** Of a boot, or of the last reload. */
  unitsLoadStart = never;
  unitsLoadFinish = never;

  constructor(userspace: Timestamp) {
    this.userspace = userspace;
  }

  keep(k: Keeper): void {
    this.userspace = k.plain('userspace', this.userspace);
    this.finish = k.plain('finish', this.finish);
    this.generatorsStart = k.plain('generatorsStart', this.generatorsStart);
    this.generatorsFinish = k.plain('generatorsFinish', this.generatorsFinish);
    this.unitsLoadStart = k.plain('unitsLoadStart', this.unitsLoadStart);
    this.unitsLoadFinish = k.plain('unitsLoadFinish', this.unitsLoadFinish);
  }
}
