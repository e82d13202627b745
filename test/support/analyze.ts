/** systemd-analyze on a simulated machine. */
import { systemdAnalyze } from '../../src/cli/analyze/analyze.ts';
import { type Answer, type Caller, callProgram, type Machine } from '../../src/simulation/call.ts';

/** Runs a command line (words, or one string that is split at blanks) from the directory / with an empty environment. */
export function analyze(machine: Machine, line: string | readonly string[], caller?: Caller): Promise<Answer> {
  return callProgram(machine, systemdAnalyze, 'systemd-analyze', line, caller);
}
