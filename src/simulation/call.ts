/** One call of a program on a simulated machine. */
import type { CliContext } from '../cli/common/context.ts';
import type { Manager } from '../manager/manager.ts';
import type { Program } from '../program/program.ts';
import type { Host } from '../sys/host.ts';

export interface Answer {
  status: number;
  out: string;
  err: string;
}

export type Caller = Partial<Pick<CliContext, 'env' | 'terminal' | 'caller' | 'cwd' | 'callerProcess' | 'turn'>>;

export interface Machine {
  readonly host: Host;
  readonly manager?: Manager | undefined;
}

/**
 * A call of root's from the directory /, with an empty environment and no terminal, where `caller` does not say otherwise.
 * `line` is words, or one string that is split at blanks.
 */
export function callOn(
  { host, manager }: Machine,
  program: string,
  line: string | readonly string[],
  caller: Caller = {},
): { answer: Answer; context: CliContext } {
  const answer: Answer = { status: -1, out: '', err: '' };
  const context: CliContext = {
    host,
    manager,
    program,
    argv: typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line,
    env: {},
    cwd: '/',
    terminal: { stdin: false, stdout: false, stderr: false, columns: 0, lines: 0 },
    caller: { pid: 1, uid: 0, gid: 0 },
    out: (text) => {
      answer.out += text;
    },
    flush: () => {},
    err: (text) => {
      answer.err += text;
    },
    drained: () => Promise.resolve(),
    turn: () => Promise.resolve(),
    signal: new AbortController().signal,
    ...caller,
  };
  return { answer, context };
}

/** Takes a call apart and answers it, whoever may make it; the exit status. */
export async function answerCall(program: Program<CliContext>, context: CliContext): Promise<number> {
  const call = await program.parse(context);
  return typeof call === 'number' ? call : call.run(context);
}

export async function callProgram(
  machine: Machine,
  program: Program<CliContext>,
  name: string,
  line: string | readonly string[],
  caller: Caller = {},
): Promise<Answer> {
  const { answer, context } = callOn(machine, name, line, caller);
  answer.status = await answerCall(program, context);
  return answer;
}
