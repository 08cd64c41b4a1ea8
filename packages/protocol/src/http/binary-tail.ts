import { InferError } from '@nereid/core';

/** The bytes after the JSON part of a body: the data of the binary inputs, one after the other. */
export class BinaryTail {
  readonly #body: Uint8Array;
  readonly #modelName: string;
  #offset: number;
  /** How many inputs have their data from here. */
  takenCount = 0;

  constructor(body: Uint8Array, start: number, modelName: string) {
    this.#body = body;
    this.#offset = start;
    this.#modelName = modelName;
  }

  /** The next input's data, as a view. Throws INVALID_ARG when fewer bytes are left. */
  take(inputName: string, sizeBytes: number): Uint8Array {
    const start = this.#offset;
    const missing = sizeBytes - (this.#body.length - start);
    if (missing > 0) {
      throw new InferError(
        'INVALID_ARG',
        `unexpected size for input '${inputName}', expecting ${missing} additional bytes for ` +
          `model '${this.#modelName}'`,
      );
    }
    this.#offset += sizeBytes;
    this.takenCount += 1;
    return this.#body.subarray(start, this.#offset);
  }

  /** Throws INVALID_ARG when bytes are left over. */
  end(): void {
    if (this.#offset === this.#body.length) return;
    throw new InferError(
      'INVALID_ARG',
      `unexpected additional input data for model '${this.#modelName}'`,
    );
  }
}
