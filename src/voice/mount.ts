/** systemd-mount and systemd-umount. */
import { row } from './row.ts';

export const mountRows = {
  tooManyArguments: row({
    252: 'At most two arguments required.',
    257: 'More than two arguments are not allowed.',
  }),
  unresolved: row({
    252: (path: string, why: string) => `Failed to make path ${path} absolute: ${why}`,
    262: (path: string, why: string) => `Failed to chase path '${path}': ${why}`,
  }),
  rootStays: row({
    252: (path: string) => `Refusing to operate on root directory: ${path}`,
    262: (_path: string) => 'Refusing to unmount root directory.',
  }),
  undiscoverable: row({
    252: (path: string) => `Invalid file type: ${path}`,
    262: (path: string) => `Unsupported mount source type for --discover: ${path}`,
  }),
  /** In the unit file, of --tmpfs, Type= comes before What=. */
  tmpfsTypeFirst: row({ 252: false, 257: true, 262: false }),
  /** uid= and gid= of --tmpfs. */
  tmpfsTakesOwner: row({ 252: true, 262: false }),
};
