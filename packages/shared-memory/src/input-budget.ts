import { InferError } from '@nereid/core';

/**
 * Bounds the copies of inputs that requests hold at one time. A region may be huge and cost its
 * client nothing, since shared memory that was never written takes no memory; a copy of it does.
 */
export class InputBudget {
  readonly #limitBytes: number;
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Throws UNAVAILABLE when the requests in flight leave less than `sizeBytes`. */
  take(sizeBytes: number): void {
    if (this.#usedBytes + sizeBytes > this.#limitBytes) {
      throw new InferError(
        'UNAVAILABLE',
        `inputs in shared memory would take ${this.#usedBytes + sizeBytes} bytes of the server's ` +
          `memory, and the limit is ${this.#limitBytes} bytes; try again when fewer are in flight`,
      );
    }
    this.#usedBytes += sizeBytes;
  }

  giveBack(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes;
  }
}
