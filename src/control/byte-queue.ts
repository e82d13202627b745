const smallest = 1024;

/** Collects a byte stream until there is enough of it, in one buffer that doubles: bytes that come one by one cost no more. */
export class ByteQueue {
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  get size(): number {
    return this.#end - this.#start;
  }

  /** Keeps a copy. */
  push(chunk: Buffer): void {
    const size = this.size + chunk.length;
    if (this.#end + chunk.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(smallest, size, 2 * this.size));
      this.#buffer.copy(grown, 0, this.#start, this.#end);
      this.#end = this.size;
      this.#start = 0;
      this.#buffer = grown;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** The first `size` bytes without taking them; undefined while there are fewer. */
  peek(size: number): Buffer | undefined {
    return this.size < size ? undefined : this.#buffer.subarray(this.#start, this.#start + size);
  }

  /** What is taken stays as it is whatever is pushed after it. */
  take(size: number): Buffer | undefined {
    const bytes = this.peek(size);
    if (bytes === undefined) return undefined;
    this.#start += size;
    if (this.size === 0) this.clear();
    return bytes;
  }

  clear(): void {
    this.#buffer = Buffer.alloc(0);
    this.#start = 0;
    this.#end = 0;
  }
}
