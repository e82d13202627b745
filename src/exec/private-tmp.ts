/** PrivateTmp= of systemd.exec(5): directories that stand for /tmp and /var/tmp. */
import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';
import { removeTreesInTurns } from '../sys/remove-tree.ts';

export interface PrivateTmp {
  tmp: string;
  varTmp: string;
}

/**
 * Directories of a unit with PrivateTmp=: made at its first process, gone when it is down. Units that one joins with
 * JoinsNamespaceOf= have theirs in common, until the last of them is down.
 */
export class PrivateTmpDirectories {
  readonly #host: Host;
  readonly #unit: string;
  #held: { tmp: string; varTmp: string; holders: number } | undefined;

  constructor(host: Host, unit: string) {
    this.#host = host;
    this.#unit = unit;
  }

  /** Those of the first of `joined` that has some, else its own. Throws SystemError. */
  acquire(joined: Iterable<PrivateTmpDirectories>): PrivateTmp {
    if (this.#held === undefined) {
      const others = [...joined].map((other) => other.#held);
      this.#held = others.find((held) => held !== undefined) ?? this.#make();
      this.#held.holders++;
    }
    return { tmp: `${this.#held.tmp}/tmp`, varTmp: `${this.#held.varTmp}/tmp` };
  }

  #make(): { tmp: string; varTmp: string; holders: number } {
    const suffix = this.#host.randomBytes(4).toString('hex').slice(0, 6);
    const name = `systemd-private-${this.#host.bootId}-${this.#unit}-${suffix}`;
    const make = (parent: string): string => {
      const outer = `${parent}/${name}`;
      this.#host.files.mkdir(outer, 0o700);
      this.#host.files.mkdir(`${outer}/tmp`, 0o1777);
      this.#host.files.chmod(`${outer}/tmp`, 0o1777);
      return outer;
    };
    return { tmp: make('/tmp'), varTmp: make('/var/tmp'), holders: 0 };
  }

  keep(k: Keeper): void {
    const held = k.plain('held', this.#held);
    if (!k.isReading || held === undefined) return;
    // Those that are joined are one: each that holds them counts itself.
    this.#held = k.shared(`private tmp ${held.tmp}`, () => ({ ...held, holders: 0 }));
    this.#held.holders++;
  }

  /** The unit is down. What is large is removed in turns of the event loop, unless there will be none (`atOnce`). */
  release(atOnce: boolean): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined || --held.holders > 0) return;
    // What can't be removed is found by the next boot's cleaning of /tmp.
    const removal = removeTreesInTurns(this.#host, [held.tmp, held.varTmp], () => {});
    if (atOnce) removal.finish();
  }
}
