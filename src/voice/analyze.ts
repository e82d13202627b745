/** systemd-analyze. */
import { row } from './row.ts';

export const analyzeRows = {
  /** What a template is an instance for, where it is loaded for the review alone, and where the manager has it. */
  reviewInstance: row({ 252: 'i', 257: 'test_instance' }),
  liveInstance: row({ 252: 'test-instance', 257: 'test_instance' }),
  /** Before each further elapse of calendar. */
  iteration: row({
    252: (number: number) => `Iter. #${number}:`,
    257: (number: number) => `Iteration #${number}:`,
  }),
};
