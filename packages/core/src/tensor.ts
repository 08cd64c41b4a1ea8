import type { DataType } from './data-type.js';

/** A named array of one datatype. Immutable: whoever holds one may keep and share it. */
export interface Tensor {
  readonly name: string;
  readonly datatype: DataType;
  /** Every dimension is a non-negative safe integer; their product is the element count. */
  readonly shape: readonly number[];
  /**
   * Row-major, little-endian. A BYTES element is its length as uint32 and then that many bytes. A
   * view into memory someone else owns, such as the request's body: never mutate it, and expect it
   * to be unaligned.
   */
  readonly data: Uint8Array;
}

/** The number of elements of a shape; 1 for the empty one, maybe beyond 2^53 for a hostile one. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dim of shape) count *= dim;
  return count;
}
