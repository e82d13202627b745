/** Moments of the manager's life that `show` and systemd-analyze(1) tell; 0 is never. */
import type { Timestamp } from '../units/unit.ts';

const never: Timestamp = { realtime: 0, monotonic: 0 };

export class ManagerTimestamps {
  /** It came up. */
  readonly userspace: Timestamp;
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
}
