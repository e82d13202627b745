/** Collects a byte stream until there is enough of it. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Keeps a copy. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(Buffer.from(chunk));
    this.#size += chunk.length;
  }

  /** The first `size` bytes without taking them; undefined while there are fewer. */
  peek(size: number): Buffer | undefined {
    if (this.#size < size) return undefined;
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= size) return first.subarray(0, size);
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined.subarray(0, size);
  }

  take(size: number): Buffer | undefined {
    const bytes = this.peek(size);
    const first = this.#chunks[0];
    if (bytes === undefined || first === undefined) return bytes;
    if (first.length === size) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(size);
    this.#size -= size;
    return bytes;
  }

  clear(): void {
    this.#chunks = [];
    this.#size = 0;
  }
}
