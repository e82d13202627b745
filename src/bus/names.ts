/**
 * Who has which name on the bus (D-Bus Specification, "Message Bus Names"): asked of the bus for each name that somebody
 * watches, and followed as long as somebody does.
 */
import { type BusMessage, MessageKind } from './message.ts';

export const busItself = 'org.freedesktop.DBus';

export interface NameWatcher {
  /** The name has this owner, a unique name, or none. */
  ownerIs(owner: string | undefined): void;
  /** The bus does not let the manager in, so nobody tells. */
  untold(): void;
}

/** What the watchers' side of a connection needs of it: methods of the bus itself. */
export interface BusCalls {
  call(member: string, args: readonly string[], answered?: (answer: BusMessage) => void): void;
}

export class BusNames {
  readonly #watched = new Map<string, Set<NameWatcher>>();
  #bus: BusCalls | undefined;
  #refused = false;

  /**
   * Tells `watcher` who has `name`, as soon as a bus is joined, and each change of it. Returns what ends that, or
   * undefined where the bus that is there does not let the manager in.
   */
  watch(name: string, watcher: NameWatcher): (() => void) | undefined {
    if (this.#refused) return undefined;
    const watchers = this.#watched.get(name) ?? new Set();
    watchers.add(watcher);
    this.#watched.set(name, watchers);
    if (watchers.size === 1) this.#bus?.call('AddMatch', [matchFor(name)]);
    this.#ask(name);
    return () => {
      if (!watchers.delete(watcher) || watchers.size > 0) return;
      this.#watched.delete(name);
      this.#bus?.call('RemoveMatch', [matchFor(name)]);
    };
  }

  /** Calls back with the process that owns the name, where the bus can say it. */
  processOf(name: string, told: (pid: number) => void): void {
    this.#bus?.call('GetConnectionUnixProcessID', [name], ({ kind, args }) => {
      const pid = args?.[0];
      if (kind === MessageKind.answer && typeof pid === 'number') told(pid);
    });
  }

  joined(bus: BusCalls): void {
    this.#bus = bus;
    this.#refused = false;
    for (const name of this.#watched.keys()) {
      bus.call('AddMatch', [matchFor(name)]);
      this.#ask(name);
    }
  }

  /** The bus has gone. What was known of it is left as it was until the next one says something else. */
  left(): void {
    this.#bus = undefined;
  }

  /** There is a bus, and it does not let the manager in. */
  refused(): void {
    this.#bus = undefined;
    this.#refused = true;
    for (const watchers of [...this.#watched.values()]) for (const watcher of [...watchers]) watcher.untold();
  }

  /** A signal of the bus itself. */
  signalled({ member, args }: BusMessage): void {
    const [name, , owner] = args ?? [];
    if (member === 'NameOwnerChanged' && typeof name === 'string' && typeof owner === 'string') this.#tell(name, owner);
  }

  #ask(name: string): void {
    const bus = this.#bus;
    bus?.call('GetNameOwner', [name], ({ kind, errorName, args }) => {
      if (this.#bus !== bus) return;
      if (kind === MessageKind.answer) this.#tell(name, String(args?.[0] ?? ''));
      else if (errorName === 'org.freedesktop.DBus.Error.NameHasNoOwner') this.#tell(name, '');
    });
  }

  #tell(name: string, owner: string): void {
    for (const watcher of [...(this.#watched.get(name) ?? [])]) watcher.ownerIs(owner === '' ? undefined : owner);
  }
}

const matchFor = (name: string): string =>
  `type='signal',sender='${busItself}',path='/org/freedesktop/DBus',interface='${busItself}',member='NameOwnerChanged',arg0='${name}'`;
