/** What a child that could not run its program has to say in the log, under its own pid, as systemd's child does. */
import { messageIds } from '../journal/entry/message-ids.ts';
import type { Journal } from '../journal/journal.ts';
import { errorText } from '../sys/error-text.ts';
import type { Host } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import { envNameIsValid } from '../unitfile/language/environment.ts';
import type { LoadedUnit } from '../unitfile/load/loaded-unit.ts';
import { extraFieldsAbout } from './extra-fields.ts';
import type { StepFailure } from './failure.ts';

/** The unit that the child belongs to. */
export interface FailureOwner {
  readonly id: string;
  readonly invocationId: string;
  readonly loaded: Pick<LoadedUnit, 'exec'>;
  readonly manager: { readonly host: Host; readonly journal: Pick<Journal, 'log'> };
}

type Words = () => void;

/** What children have to say before they run their program, or instead of it, by pid: told a little later, as they would
 * themselves. */
const lastWords = new WeakMap<Host, Map<number, Words[]>>();

/** Some have something to say still. */
export const haveLastWords = (host: Host): boolean => (lastWords.get(host)?.size ?? 0) > 0;

/** Tells what a child has to say still, if anything: what it failed at, say; before its exit is told. */
export function tellFailure(host: Host, pid: number): void {
  const words = lastWords.get(host)?.get(pid);
  if (words === undefined) return;
  lastWords.get(host)?.delete(pid);
  for (const each of words) each();
}

function tellLater(host: Host, pid: number, words: Words): void {
  const all = lastWords.get(host) ?? new Map<number, Words[]>();
  lastWords.set(host, all);
  const earlier = all.get(pid);
  if (earlier !== undefined) {
    earlier.push(words);
    return;
  }
  all.set(pid, [words]);
  host.defer(() => tellFailure(host, pid));
}

/** In the words of systemd's child: what failed, then at which step. */
export function willTell(owner: FailureOwner, path: string, pid: number, failure: StepFailure): void {
  const { host } = owner.manager;
  const fields = {
    MESSAGE_ID: messageIds.spawnFailed,
    EXECUTABLE: path,
    ...(owner.invocationId === '' ? {} : { INVOCATION_ID: owner.invocationId }),
  };
  const say = (priority: LogLevel, text: string, more: Record<string, string>): void =>
    sayAs(owner, path, pid, priority, text, more);
  tellLater(host, pid, () => {
    const located = failure.step === 'EXEC' && !failure.message.startsWith('Failed to execute');
    say(
      located ? host.voice.manager.notLocated.level : 3,
      `${failure.message}: ${failure.reason}`,
      located ? fields : {},
    );
    if (!failure.ignored) say(3, `Failed at step ${failure.step} spawning ${path}: ${errorText(failure.code)}`, fields);
  });
}

/** Names that a command line asks for in vain, as the child says them before it runs its program. */
export function tellUnset(owner: FailureOwner, path: string, pid: number, names: ReadonlySet<string>): void {
  const tell = (what: string, which: readonly string[]): void => {
    if (which.length > 0) sayAs(owner, path, pid, 4, `${what} evaluates to an empty string: ${which.join(', ')}`);
  };
  if (names.size === 0) return;
  tellLater(owner.manager.host, pid, () => {
    tell('Referenced but unset environment variable', [...names].filter(envNameIsValid));
    tell(
      'Invalid environment variable name',
      [...names].filter((name) => !envNameIsValid(name)),
    );
  });
}

function sayAs(
  owner: FailureOwner,
  path: string,
  pid: number,
  priority: LogLevel,
  text: string,
  fields: Record<string, string> = {},
): void {
  const comm = `(${path.replace(/.*\//, '').slice(-8)})`;
  const { id, manager } = owner;
  const all = { ...extraFieldsAbout(owner), ...fields };
  const process = { pid, comm };
  manager.journal.log({ message: `${id}: ${text}`, priority, unit: id, identifier: comm, process, fields: all });
}
