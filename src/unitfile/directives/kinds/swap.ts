/** Kinds of values of [Swap]. */

import { parseInteger } from '../../../text/numbers.ts';
import type { Kind } from '../kind.ts';
import { warning } from './basic.ts';

export const swapPriority: Kind<number | undefined> = {
  name: 'integer',
  parse(value, at, current) {
    if (value === '') return undefined;
    const priority = parseInteger(value);
    if (priority === undefined) {
      at.report(warning, `Invalid swap priority '${value}', ignoring.`);
      return current;
    }
    if (priority < -1) {
      at.report(
        warning,
        `Sorry, swap priorities smaller than -1 may only be assigned by the kernel itself, ignoring: ${value}`,
      );
      return current;
    }
    if (priority > 32767) {
      at.report(warning, `Swap priority out of range, ignoring: ${value}`);
      return current;
    }
    return priority;
  },
  format: (value) => String(value ?? -1),
};
