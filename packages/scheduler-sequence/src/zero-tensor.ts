import { ELEMENT_SIZE_BYTES, elementCount, type Tensor } from '@nereid/core';

/** An empty BYTES element is a length of 0. */
const EMPTY_ELEMENT_SIZE_BYTES = 4;

/** A tensor of zeros, or of empty elements. */
export function zeroTensor({ name, datatype, shape }: Omit<Tensor, 'data'>): Tensor {
  const elementSize = ELEMENT_SIZE_BYTES[datatype] || EMPTY_ELEMENT_SIZE_BYTES;
  return { name, datatype, shape, data: new Uint8Array(elementCount(shape) * elementSize) };
}
