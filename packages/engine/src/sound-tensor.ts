import { ELEMENT_SIZE_BYTES, elementCount, type Tensor } from '@nereid/core';
import { isSoundBytesTensor } from './check-bytes-elements.js';

/** Whether a tensor has exactly the data that its datatype and shape ask for. */
export function isSoundTensor(tensor: Tensor): boolean {
  const elementSize = ELEMENT_SIZE_BYTES[tensor.datatype];
  if (elementSize === 0) return isSoundBytesTensor(tensor);
  return elementCount(tensor.shape) * elementSize === tensor.data.byteLength;
}
