import type { Tensor } from '@nereid/core';
import type { FrameWriter } from './frame-writer.js';

/** Appends where the data in the shared file lies, and then the data that is not there. */
export function writeTensorData(
  writer: FrameWriter,
  tensors: readonly Tensor[],
  shared: readonly (number | undefined)[] | undefined,
): void {
  if (shared) {
    for (const position of shared) if (position !== undefined) writer.appendUint64(position);
  }
  for (const [index, { data }] of tensors.entries()) {
    if (shared?.[index] !== undefined) continue;
    writer.append(data);
    writer.align();
  }
}
