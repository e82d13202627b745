/** systemd-analyze on a simulated machine. */
import { systemdAnalyze } from '../../src/cli/analyze/analyze.ts';
import type { CliContext } from '../../src/cli/common/context.ts';
import type { Manager } from '../../src/manager/manager.ts';
import type { SimHost } from './sim-host.ts';
import type { Answer, Caller } from './sim-system.ts';

export interface Machine {
  readonly host: SimHost;
  readonly manager?: Manager;
}

/** Runs a command line (words, or one string that is split at blanks) from the directory / with an empty environment. */
export async function analyze(
  { host, manager }: Machine,
  line: string | readonly string[],
  caller: Caller = {},
): Promise<Answer> {
  const answer: Answer = { status: -1, out: '', err: '' };
  const context: CliContext = {
    host,
    manager,
    program: 'systemd-analyze',
    argv: typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line,
    env: {},
    cwd: '/',
    terminal: { stdin: false, stdout: false, stderr: false, columns: 0, lines: 0 },
    caller: { pid: 1, uid: 0, gid: 0 },
    out: (text) => {
      answer.out += text;
    },
    err: (text) => {
      answer.err += text;
    },
    drained: () => Promise.resolve(),
    signal: new AbortController().signal,
    ...caller,
  };
  answer.status = await systemdAnalyze(context);
  return answer;
}
