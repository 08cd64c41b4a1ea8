/** How many bytes of messages all connections together may hold. */
export class ByteBudget {
  readonly limitBytes: number;
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** False, and nothing is taken, when that would exceed the limit. */
  take(sizeBytes: number): boolean {
    if (this.#heldBytes + sizeBytes > this.limitBytes) return false;
    this.#heldBytes += sizeBytes;
    return true;
  }

  /** Takes what is there already and cannot be refused any more. */
  add(sizeBytes: number): void {
    this.#heldBytes += sizeBytes;
  }

  release(sizeBytes: number): void {
    this.#heldBytes -= sizeBytes;
  }
}
