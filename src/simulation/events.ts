/**
 * What happens to a simulation from outside, a line each, so that a sequence can be printed, cut down and played again:
 *
 *   start a.service, stop a.service, restart a.service    somebody asks for it, and does not wait
 *   kill a.service SIGKILL     its main process gets a signal
 *   exit a.service 3           its main process ends with a status
 *   fail a.service 1           the next start of its main process ends with that status
 *   delay a.service 2s         the next main process does nothing before that
 *   hang a.service             the next main process does nothing at all
 *   order 7                    from now on, what programs do at one moment comes in an order drawn by lot (7 is the lot)
 *   after 250ms                time passes; the same before an event: `+250ms kill a.service SIGKILL`
 */
import { InvalidOption } from '../terms/errors.ts';
import { spanMs } from '../terms/span.ts';
import { JobError } from '../units/job-types.ts';
import type { Simulation } from './api.ts';
import { signalNumber } from './program.ts';
import { Random } from './random.ts';
import type { Fate, SimulatedMachine } from './simulated-machine.ts';

/** What events are played on. */
export interface Stage extends Pick<Simulation, 'advance'> {
  readonly machine: SimulatedMachine;
  settle(): Promise<void>;
}

/** How far what programs do at one moment is spread where its order is drawn, milliseconds. */
const spreadMs = 1;

type Play = (stage: Stage, unit: string, word: string, event: string) => void;

const request =
  (type: 'start' | 'stop' | 'restart'): Play =>
  ({ machine }, unit) => {
    try {
      machine.manager.requests.job(type, unit, 'replace');
    } catch (error) {
      // What is refused does not happen.
      if (!(error instanceof JobError)) throw error;
    }
  };

const fate =
  (of: (word: string, event: string) => Fate): Play =>
  ({ machine }, unit, word, event) =>
    void machine.fates.set(unit, { ...machine.fates.get(unit), ...of(word, event) });

const mainProgram = ({ machine }: Stage, name: string) => {
  const unit = machine.manager.units.find(name);
  const pid = unit !== undefined && 'mainPid' in unit ? (unit.mainPid as number) : 0;
  return pid > 0 ? machine.programsOf(name).find((program) => program.pid === pid) : undefined;
};

const plays: Readonly<Record<string, { readonly words: number; readonly play: Play }>> = {
  start: { words: 1, play: request('start') },
  stop: { words: 1, play: request('stop') },
  restart: { words: 1, play: request('restart') },
  kill: {
    words: 2,
    play: (stage, unit, word, event) => {
      const signal = signalNumber(word, event);
      const program = mainProgram(stage, unit);
      if (program !== undefined) stage.machine.host.kill(program.pid, signal);
    },
  },
  exit: {
    words: 2,
    play: (stage, unit, word, event) => {
      const status = statusIn(word, event);
      mainProgram(stage, unit)?.exit(status);
    },
  },
  fail: { words: 2, play: fate((word, event) => ({ status: statusIn(word, event) })) },
  delay: { words: 2, play: fate((word, event) => ({ delayMs: spanMs(word, event) })) },
  hang: { words: 1, play: fate(() => ({ hangs: true })) },
  order: {
    words: 1,
    play: ({ machine }, lot, _word, event) => {
      machine.jitterMs = spreadMs;
      machine.random = new Random(wholeIn(lot, event));
    },
  },
};

function wholeIn(word: string, event: string): number {
  if (!/^\d{1,9}$/.test(word)) throw new InvalidOption(`event '${event}': '${word}' is no whole number`);
  return Number(word);
}

function statusIn(word: string, event: string): number {
  const status = wholeIn(word, event);
  if (status > 255) throw new InvalidOption(`event '${event}': ${word} is no exit status; valid are 0 to 255`);
  return status;
}

/** Throws InvalidOption for one that there is not. */
export async function playEvent(stage: Stage, event: string): Promise<void> {
  const [, pause, rest = ''] = /^(?:\+(\S+)\s+)?(.*)$/s.exec(event.trim()) ?? [];
  if (pause !== undefined) await stage.advance(spanMs(pause, `event '${event}'`));
  const [verb = '', ...words] = rest.split(/\s+/);
  if (verb === 'after' && words.length > 0) return stage.advance(spanMs(words.join(' '), `event '${event}'`));
  const row = Object.hasOwn(plays, verb) ? plays[verb] : undefined;
  if (row === undefined || row.words !== words.length)
    throw new InvalidOption(
      `'${event}' is no event; valid are ${Object.keys(plays).join(', ')} and after, as 'kill a.service SIGKILL'`,
    );
  row.play(stage, words[0]!, words[1] ?? '', event);
  return stage.settle();
}
