/** One call of a program on a simulated machine. */
import type { CliContext } from '../../src/cli/common/context.ts';
import type { SimHost } from './sim-host.ts';
import type { Answer } from './sim-system.ts';

export async function callProgram(
  host: SimHost,
  run: (context: CliContext) => number | Promise<number>,
  program: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer: Answer = { status: -1, out: '', err: '' };
  answer.status = await run({
    host,
    manager: undefined,
    program,
    argv,
    env,
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
  });
  return answer;
}
