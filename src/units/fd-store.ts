/** Descriptors that a service has left with the manager (sd_notify(3), FDSTORE=1), for its next start. */
import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';
import type { ServiceSettings } from '../unitfile/directives/service.ts';

interface StoredFd {
  fd: number;
  name: string;
  /** Device and inode, by which the same open file is known again. */
  identity: string | undefined;
}

export class FdStore {
  readonly #host: Host;
  readonly #emptied: () => void;
  #stored: StoredFd[] = [];

  /** `emptied` is called when the last one has gone. */
  constructor(host: Host, emptied: () => void) {
    this.#host = host;
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#stored.length;
  }
  /** In the order in which they are handed back: the last one stored comes first. */
  get entries(): readonly { fd: number; name: string }[] {
    return this.#stored;
  }

  /** Takes the descriptor over. 'full': it is closed. 'present': the same file is stored already; closed too. */
  add(fd: number, name: string, max: number): 'stored' | 'present' | 'full' {
    const stat = this.#host.files.tryStat(`/proc/self/fd/${fd}`);
    const identity = stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
    const present = identity !== undefined && this.#stored.some((s) => s.identity === identity);
    if (present || this.#stored.length >= max) {
      this.#host.discardFd(fd);
      return present ? 'present' : 'full';
    }
    this.#stored.unshift({ fd, name, identity });
    return 'stored';
  }

  remove(name: string): void {
    this.#close((stored) => stored.name === name);
  }
  clear(): void {
    this.#close(() => true);
  }

  keep(k: Keeper): void {
    k.list(
      'stored',
      this.#stored,
      (of, { fd, name, identity }) => {
        of.fd('fd', fd);
        of.text('name', name);
        of.plain('identity', identity);
      },
      (of) => {
        const stored = { fd: of.fd('fd', -1), name: of.text('name', 'stored') };
        if (stored.fd >= 0)
          this.#stored.push({ ...stored, identity: of.plain<string | undefined>('identity', undefined) });
      },
    );
  }

  #close(which: (stored: StoredFd) => boolean): void {
    for (const stored of this.#stored) if (which(stored)) this.#host.discardFd(stored.fd);
    const before = this.#stored.length;
    this.#stored = this.#stored.filter((stored) => !which(stored));
    if (before > 0 && this.#stored.length === 0) this.#emptied();
  }
}

/** Who has a store. */
interface StoreOwner {
  readonly settings: Pick<ServiceSettings, 'FileDescriptorStorePreserve'>;
  readonly willRestart: boolean;
  readonly state: string;
}

/** Whether a service that is down, and not for a moment, may keep what it has stored. */
export const pinsStore = ({
  settings: { FileDescriptorStorePreserve: preserve },
}: Pick<StoreOwner, 'settings'>): boolean => preserve === 'yes' || preserve === 'on-success';

/** Whether a service that has just come to its end keeps it. */
export function keepsStore(owner: StoreOwner): boolean {
  const { FileDescriptorStorePreserve: preserve } = owner.settings;
  if (preserve === 'no' || owner.willRestart) return preserve !== 'no';
  return pinsStore(owner) && (preserve === 'yes' || owner.state !== 'failed');
}
