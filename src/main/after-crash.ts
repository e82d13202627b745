/** What a program finds that is executed in place of one that has crashed (crash.ts), and what it does about it. */
import type { ReadLog } from '../kept/log.ts';
import type { Manager } from '../manager/manager.ts';
import type { Host, ProcessExit } from '../sys/host.ts';
import { signalName } from '../values/signals.ts';

/** How the program before this one has come to its end. */
export interface Crash {
  /** 0: an error that nobody has caught. */
  readonly signal: number;
  /** Who has sent it; 0: nobody. */
  readonly sender: number;
  /** Where it was then, a line a frame: what the crash was in first, then who had called that; of native code alone. */
  readonly stack: readonly string[];
  /** Ends of processes that were reaped and have not come to anybody. */
  readonly exits: readonly ProcessExit[];
  /** Processes that were made, and nobody has taken note of. */
  readonly undone: readonly number[];
}

const hows = ['exited', 'killed', 'dumped'] as const;
const SIGKILL = 9;

/** From the log: how it ended, which descriptors are still open, and what of jobs is counted. */
export function crashOf({ moment, facts }: Pick<ReadLog, 'moment' | 'facts'>): {
  crash: Crash;
  fds: number[];
  counts: Record<string, number>;
} {
  const { exits: told, spawned, ...counts } = moment;
  const numbers = facts.map(([kind, ...values]) => ({ kind, values: values.map(Number) }));
  const of = (kind: string): number[][] => numbers.filter((fact) => fact.kind === kind).map(({ values }) => values);
  const exits = of('exit').map(([number = 0, pid = 0, how = 0, status = 0, cpuMs = 0, maxRssKiB = 0]) => ({
    number,
    exit: { pid, how: hows[how] ?? 'exited', status, cpuMs, maxRssKiB },
  }));
  const ended = new Set(exits.map(({ exit }) => exit.pid));
  const [signal = 0, , sender = 0] = of('crash').at(-1) ?? [];
  const isNews = (number: number, count: number | undefined): boolean => number >= (count ?? 0);
  return {
    crash: {
      signal,
      sender,
      stack: facts.flatMap(([kind, line]) => (kind === 'frame' && typeof line === 'string' ? [line] : [])),
      exits: exits.filter(({ number }) => isNews(number, told)).map(({ exit }) => exit),
      undone: of('spawn').flatMap(([number = 0, pid = 0]) => (isNews(number, spawned) && !ended.has(pid) ? [pid] : [])),
    },
    fds: of('fds').at(-1) ?? [],
    counts,
  };
}

/** After all has been read and revived, before the event loop turns. */
export function takeUpAfterCrash(manager: Manager, crash: Crash): void {
  const { host, exits, tracker } = manager;
  const told = new Set(crash.exits.map(({ pid }) => pid));
  const isChild = (pid: number): boolean => host.process(pid)?.ppid === host.pid;
  for (const [pid, { id }] of exits.watched)
    if (id !== undefined && (told.has(pid) || isChild(pid))) tracker.takeUp(pid, id);
  for (const pid of crash.undone) if (isChild(pid) && !exits.watched.has(pid)) undo(manager, pid);
  exits.exited([...crash.exits, ...vanished(manager, told)]);
  // What was to be looked at in a while is not known any more.
  manager.jobs.wakeAll();
  for (const unit of manager.units.all()) {
    manager.queues.mayBeUnneeded(unit);
    manager.queues.mayBeUpheld(unit);
    manager.queues.mayBeUnbound(unit);
  }
}

/** Who began it does not know of it, and begins it again. */
function undo({ host, tracker, log }: Manager, pid: number): void {
  const unit = tracker.unitOfPid(pid);
  log(4, `${unit === undefined ? '' : `${unit}: `}Process ${pid} was made in the moment of the crash, and is ended.`);
  host.kill(pid, SIGKILL);
}

/** Processes that are waited for and are gone without a word: between the kernel's and the log. */
function vanished({ host, exits, log }: Manager, told: ReadonlySet<number>): ProcessExit[] {
  // Without /proc nobody can say so.
  if (host.process(host.pid) === undefined) return [];
  const gone = [...exits.watched.keys()].filter((pid) => !told.has(pid) && host.process(pid) === undefined);
  return gone.map((pid) => {
    log(4, `Process ${pid} has ended in the moment of the crash, with a status that is not known.`);
    return { pid, how: 'killed', status: SIGKILL, cpuMs: 0, maxRssKiB: 0 };
  });
}

/** What a process ends with that has crashed so, as a shell says it. */
export const statusAfter = ({ signal }: Pick<Crash, 'signal'>): number => (signal === 0 ? 1 : 128 + signal);

/** What is said of it, in the log and on the console. */
export function tellCrash(manager: Manager, { signal, sender, stack }: Crash): void {
  const cause =
    signal === 0 ? 'An internal error ended the manager' : `Caught <${signalName(signal).replace(/^SIG/, '')}>`;
  const from = sender > 0 ? ` from PID ${sender}${commOf(manager.host, sender)}` : '';
  const text = `${cause}${from}, executed anew, with units as they were${manager.crashes.isSafe ? safeText : ''}.`;
  manager.log(2, text);
  manager.journal.showLogged(`${text}\n`);
  if (stack.length > 0) manager.log(3, ['Stack of the crash:', ...stack].join('\n'));
}

const safeText =
  '; it has crashed too often within a minute: from now on it is in safe mode, where it reaps, answers and halts, and ends at the next crash';

function commOf(host: Host, pid: number): string {
  const comm = host.process(pid)?.comm;
  return comm === undefined ? '' : ` (${comm})`;
}
