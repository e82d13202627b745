/** How a unit's processes are ended: systemd.kill(5). */

import type { Kind } from '../kind.ts';
import { warning } from './basic.ts';

export const killMode: Kind<'control-group' | 'process' | 'mixed' | 'none'> = {
  name: 'control-group|mixed|process|none',
  parse(value, at, current) {
    if (value === '') return 'control-group';
    if (value !== 'control-group' && value !== 'process' && value !== 'mixed' && value !== 'none') {
      at.report(warning, `Failed to parse kill mode specification, ignoring: ${value}`);
      return current;
    }
    if (value === 'none') {
      at.report(
        warning,
        'Unit uses KillMode=none. ' +
          "This is unsafe, as it disables systemd's process lifecycle management for the service. " +
          "Please update the service to use a safer KillMode=, such as 'mixed' or 'control-group'. " +
          'Support for KillMode=none is deprecated and will eventually be removed.',
      );
    }
    return value;
  },
  format: (value) => value,
};
