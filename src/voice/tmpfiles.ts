/** systemd-tmpfiles and systemd-sysusers. */
import { row } from './row.ts';

export const tmpfilesRows = {
  /** A user that there is not; `reason` is what the system says of the error. */
  noUser: row({
    252: (user: string, reason: string) => `Failed to resolve user '${user}': ${reason}`,
    262: (user: string, _reason: string) => `Failed to resolve user '${user}': Unknown user`,
  }),
  noGroup: row({
    252: (group: string, _reason: string) => `Failed to resolve group '${group}'.`,
    257: (group: string, reason: string) => `Failed to resolve group '${group}': ${reason}`,
    262: (group: string, _reason: string) => `Failed to resolve group '${group}': Unknown group`,
  }),
  /** Neither --create nor its like is asked for. */
  noOperation: row({
    252: 'You need to specify at least one of --clean, --create or --remove.',
    257: 'You need to specify at least one of --clean, --create, --remove, or --purge.',
  }),
  /** What `R` and `D` remove with --remove: all, or not what other lines are about. */
  sparesOtherLines: row({ 252: false, 256: true }),
  /** systemd-sysusers: a line that asks for something else than one before; `earlier` is where that stands. */
  conflict: row({
    252: (what: string, _earlier: string) => `Conflict with earlier configuration for ${what}, ignoring line.`,
    257: (what: string, earlier: string) =>
      `Conflict with earlier configuration for ${what} in ${earlier}, ignoring line.`,
  }),
};
