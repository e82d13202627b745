/**
 * The record by which a manager that was killed is remembered: which unit has which mark (src/exec/marks.ts), so that the
 * next one finds the processes that are left. Of the init of a container nothing is left.
 */
import { managerDirectories, ownersOf, type Places, type Scope, worldOf } from '../control/places.ts';
import { isWithin, type Mark } from '../exec/marks.ts';
import type { Manager } from '../manager/manager.ts';
import { type Host, type ProcessInfo, SystemError } from '../sys/host.ts';
import type { Unit } from '../units/unit.ts';

interface Line {
  readonly mark: Mark;
  readonly stride: number;
  readonly unit: string;
}

export interface Survivor extends Line {
  readonly processes: readonly ProcessInfo[];
}

/** Of its marks those that processes still bear; a longer record is of a manager that has gone mad. */
const recordLimit = 16 << 20;

type Place = Pick<Places, 'directory'>;

const pathOf = (places: Place): string => `${places.directory}/units`;
const lineOf = ({ mark: { tag, check }, stride, unit }: Line): string => `${tag} ${check ?? '-'} ${stride} ${unit}\n`;

/** What still runs of a manager that has not taken its record away. Before this one has begun its own. */
export function findSurvivors(host: Host, places: Place): Survivor[] {
  const lines = readRecord(host, places);
  if (lines.length === 0) return [];
  const byLine = new Map<Line, ProcessInfo[]>();
  for (const process of host.processes()) {
    if (process.state === 'Z') continue;
    const owner = lines.findLast(({ mark, stride }) => isWithin(process, mark, stride));
    if (owner !== undefined) byLine.set(owner, [...(byLine.get(owner) ?? []), process]);
  }
  return [...byLine].map(([line, processes]) => ({ ...line, processes }));
}

/** Whether a manager that nobody can reach any more has left something running. */
export function haveSurvivors(host: Host, scope: Scope): boolean {
  const directories = managerDirectories(host, scope, ownersOf(host));
  return directories.some((directory) => findSurvivors(host, { directory }).length > 0);
}

function readRecord(host: Host, places: Place): Line[] {
  let text: string;
  try {
    text = host.files.readText(pathOf(places), recordLimit);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return [];
  }
  const [world, ...lines] = text.split('\n');
  if (world !== worldOf(host)) return [];
  return lines.flatMap((line) => {
    const match = /^(\d+) (\d+|-) (\d+) (\S+)$/.exec(line);
    if (match === null) return [];
    const [tag, check, stride] = match.slice(1, 4).map((text) => (text === '-' ? undefined : Number(text)));
    return [{ mark: { tag: tag!, check }, stride: stride!, unit: match[4]! }];
  });
}

/** Begins the record of this manager, with what it has found; undefined: its record is there and goes on. */
export function keepRecord(manager: Manager, places: Place, survivors: readonly Survivor[] | undefined): void {
  const { host, tracker } = manager;
  const path = pathOf(places);
  let failed = false;
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (!failed)
        manager.log(4, `Failed to write down what is started, should this manager be killed: ${error.message}`);
      failed = true;
    }
  };
  if (survivors !== undefined)
    attempt(() => host.files.writeAtomic(path, `${worldOf(host)}\n${survivors.map(lineOf).join('')}`, 0o644));
  tracker.onMark = (unit, mark, stride) => attempt(() => host.files.append(path, lineOf({ unit, mark, stride })));
}

/** Transient units of a manager that is gone: nobody has a connection to them any more, and their names are given again. */
export function clearTransient(host: Host, directory: string | undefined): void {
  if (directory === undefined || host.environment.PIDONE_SOCKET) return;
  try {
    host.files.removeTree(directory);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

/** Nothing is left to be found. */
export function dropRecord(host: Host, places: Place): void {
  try {
    host.files.unlink(pathOf(places));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

/** Scopes that survivors are put into. */
export const survivorPrefix = 'left-';

/** A scope of survivors: the manager has something to do as long as there is one. */
export const holdsSurvivors = (unit: Unit): boolean => unit.type === 'scope' && unit.id.startsWith(survivorPrefix);
