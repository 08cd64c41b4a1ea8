/** Bytes that several holders may hold together. */
export class ByteBudget {
  readonly #limitBytes: number;
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** False, and nothing is taken, when that would exceed the limit. */
  take(sizeBytes: number): boolean {
    if (this.#heldBytes + sizeBytes > this.#limitBytes) return false;
    this.#heldBytes += sizeBytes;
    return true;
  }

  /** Gives back what was taken. */
  release(sizeBytes: number): void {
    this.#heldBytes -= sizeBytes;
  }
}
