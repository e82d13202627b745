/** Random choices that a seed decides (mulberry32): the same seed makes the same files anywhere. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. */
  fraction() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number, both ends included. */
  int(from, to) {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  chance(share) {
    return this.fraction() < share;
  }

  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** Between `from` and `to` different ones of the list, in any order. */
  some(list, from, to) {
    const left = [...list];
    const taken = [];
    for (let count = Math.min(this.int(from, to), left.length); count > 0; count--) {
      taken.push(...left.splice(this.int(0, left.length - 1), 1));
    }
    return taken;
  }

  /** What `make` gives, between `from` and `to` times. */
  many(from, to, make) {
    return Array.from({ length: this.int(from, to) }, () => make());
  }
}
