/** Who sent a message: the trusted fields of its process, from /proc and from the manager's own knowledge. */
import type { Host } from '../../sys/host.ts';
import { quoteCommandLine } from '../../text/quoting.ts';
import type { Field } from '../entry/entry.ts';

/** What the manager knows about a process: which unit it belongs to. */
export interface SenderUnit {
  unit: string;
  invocationId?: string;
  slice?: string;
  cgroup?: string;
}

/** What the journal asks the manager about units, now and then. */
export interface UnitKnowledge {
  /** `uid`: whose the process was when it wrote. */
  unitOfPid(pid: number, uid?: number): SenderUnit | undefined;
  /** Where a unit stands in the tree of slices. */
  placeOfUnit(unit: string): Pick<SenderUnit, 'slice' | 'cgroup'>;
}

export interface ProcessIdentity {
  pid: number;
  uid?: number;
  gid?: number;
  comm?: string;
}

/** Longest command line that is kept, characters. */
const commandLineLimit = 4096;
/** What is known of a sender stays true for so long, milliseconds: it may exec, or move to another unit. */
const freshMs = 1000;
const senderLimit = 1024;

/** Fields about a process. What /proc does not tell any more is left out, but for what `identity` says. */
export function processFields(host: Host, identity: ProcessIdentity): Field[] {
  const { pid } = identity;
  if (pid <= 0) return [];
  const fields: Field[] = [['_PID', `${pid}`]];
  if (identity.uid !== undefined && identity.uid >= 0) fields.push(['_UID', `${identity.uid}`]);
  if (identity.gid !== undefined && identity.gid >= 0) fields.push(['_GID', `${identity.gid}`]);
  let comm: string | undefined;
  let executable: string | undefined;
  let command: string[] | undefined;
  try {
    comm = host.process(pid)?.comm;
    if (comm !== undefined) {
      command = host.commandLine(pid);
      executable = host.files.readlink(`/proc/${pid}/exe`);
    }
  } catch {
    // Gone, or another user's.
  }
  comm ??= identity.comm;
  if (comm !== undefined) fields.push(['_COMM', comm]);
  if (executable?.startsWith('/')) fields.push(['_EXE', executable]);
  if (command !== undefined && command.length > 0) {
    fields.push(['_CMDLINE', quoteCommandLine(command, { posix: true }).slice(0, commandLineLimit)]);
  }
  return fields;
}

export function unitFields(unit: SenderUnit, user: boolean): Field[] {
  const fields: Field[] = [];
  if (unit.cgroup !== undefined) fields.push(['_SYSTEMD_CGROUP', unit.cgroup]);
  fields.push([user ? '_SYSTEMD_USER_UNIT' : '_SYSTEMD_UNIT', unit.unit]);
  if (unit.slice !== undefined) fields.push([user ? '_SYSTEMD_USER_SLICE' : '_SYSTEMD_SLICE', unit.slice]);
  if (unit.invocationId !== undefined && unit.invocationId !== '') {
    fields.push(['_SYSTEMD_INVOCATION_ID', unit.invocationId]);
  }
  return fields;
}

export interface Sender {
  unit: SenderUnit | undefined;
  fields: readonly Field[];
}

/** Remembers senders of datagrams for a second, so that a chatty one costs one look at /proc and not one a message. */
export class Senders {
  readonly #host: Host;
  readonly #user: boolean;
  readonly #units: UnitKnowledge;
  readonly #known = new Map<number, { sender: Sender; uid: number | undefined; untilMs: number }>();

  constructor(host: Host, scope: 'system' | 'user', units: UnitKnowledge) {
    this.#host = host;
    this.#user = scope === 'user';
    this.#units = units;
  }

  lookUp(identity: ProcessIdentity): Sender {
    const now = this.#host.monotonic();
    const known = this.#known.get(identity.pid);
    if (known !== undefined && known.uid === identity.uid && known.untilMs > now) return known.sender;
    const unit = identity.pid > 0 ? this.#units.unitOfPid(identity.pid, identity.uid) : undefined;
    const fields = processFields(this.#host, identity);
    if (unit !== undefined) fields.push(...unitFields(unit, this.#user));
    const sender = { unit, fields };
    this.#known.delete(identity.pid);
    if (this.#known.size >= senderLimit) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(identity.pid, { sender, uid: identity.uid, untilMs: now + freshMs });
    return sender;
  }
}
