/**
 * Who may have a verb done, and in which process: what a program's table says of each verb. As on a real system without
 * polkit, root and the manager's own user may change things, everyone may ask (org.freedesktop.systemd1.conf).
 */

/** What a caller hears who may only ask: lines for stderr, and the exit status. */
export interface Refusal {
  readonly text: string;
  readonly status: number;
}

/** How a verb is answered. */
export interface VerbAccess {
  /** Asks only, or changes something. */
  readonly kind: 'query' | 'change';
  /** Touches unit files and nothing that runs: needs no manager. */
  readonly files?: true;
  /** May make processes run that do not run yet: without a manager one is started first. */
  readonly starts?: true;
  /** Without a manager the answer is that there is none; else it is what a manager of nothing would say. */
  readonly asksForManager?: true;
  /** Reads files that the caller names or an editor changes them: with the caller's own rights, in its own process. */
  readonly own?: 'always' | 'unprivileged';
  /** Who may read the journal counts as privileged; of `own`, who may read what is their own in it. */
  readonly readsJournal?: 'all' | 'own';
  /** `args` are those of the verb. */
  readonly refusal: (args: readonly string[]) => Refusal;
}

type More = Partial<Omit<VerbAccess, 'kind' | 'refusal'>>;

/** A line that says of what the caller is kept. */
export const deniedLine = (what: string): string => `${what}: Access denied\n`;

const refusalOf =
  (what: string): VerbAccess['refusal'] =>
  () => ({ text: deniedLine(what), status: 1 });

/** Everyone may ask. */
export function query(more: More = {}): VerbAccess {
  return { kind: 'query', refusal: refusalOf('Failed to execute operation'), ...more };
}

/** For the privileged; `what` failed for others. */
export function change(what: string, more: More = {}): VerbAccess {
  return { kind: 'change', refusal: refusalOf(what), ...more };
}

/** The same for what is refused in several lines, or with a status of its own. */
export function changeRefused(refusal: VerbAccess['refusal'], more: More = {}): VerbAccess {
  return { kind: 'change', refusal, ...more };
}

/** What needs neither a manager nor anyone's leave: done in the caller's own process. */
export const ownBusiness: VerbAccess = query({ files: true, own: 'always' });
