/** systemd-analyze. */
import { row } from './row.ts';

export const analyzeRows = {
  /** Before each further elapse of calendar. */
  iteration: row({
    252: (number: number) => `Iter. #${number}:`,
    257: (number: number) => `Iteration #${number}:`,
  }),
};
