const FIRST_SIZE_BYTES = 1_024;

/** Bytes that cannot be used yet, kept in memory of their own as the read buffer is used again. */
export class HeldBytes {
  #memory: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A view, valid until something is added. */
  get bytes(): Buffer {
    return this.#memory?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  /** Appends a copy; its cost per byte does not depend on how many pieces come. */
  append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (!this.#memory || this.#memory.length < needed) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#length * 2, FIRST_SIZE_BYTES));
      this.#memory?.copy(grown, 0, 0, this.#length);
      this.#memory = grown;
    }
    this.#memory.set(bytes, this.#length);
    this.#length = needed;
  }

  /** Drops the first bytes. */
  drop(count: number): void {
    if (count === 0) return;
    if (this.#memory && count < this.#length) this.#memory.copyWithin(0, count, this.#length);
    this.#length = Math.max(0, this.#length - count);
    // An idle connection holds no memory.
    if (this.#length === 0) this.#memory = undefined;
  }
}
