import { totalmem } from 'node:os';

/** How many bytes of request bodies a front end may hold: received, and not yet answered. */
export class BodyBudget {
  readonly limitBytes: number;
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** False, and nothing is taken, when that would exceed the limit. */
  take(sizeBytes: number): boolean {
    if (this.#heldBytes + sizeBytes > this.limitBytes) return false;
    this.#heldBytes += sizeBytes;
    return true;
  }

  /** Gives back what was taken. */
  release(sizeBytes: number): void {
    this.#heldBytes -= sizeBytes;
  }
}

/** Half of the memory that this process may use: the other half is for models and answers. */
export function defaultBudgetBytes(): number {
  // Undefined or 0 where the system sets no limit, or a number beyond what the machine has.
  const constrainedBytes = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return Math.floor(Math.min(constrainedBytes, totalmem()) / 2);
}
