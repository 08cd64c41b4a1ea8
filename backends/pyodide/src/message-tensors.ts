/** Tensors and parameters of the messages that Python sends. */

import type { Parameters, Tensor } from '@nereid/core';
import type { ParameterText, TensorText } from './model-protocol.js';

/** Views of a buffer in which the tensors' data follow each other. */
export function tensorsAt(
  texts: readonly TensorText[],
  buffer: ArrayBuffer,
  start = 0,
): readonly Tensor[] {
  let offset = start;
  return texts.map(({ name, datatype, shape, sizeBytes }) => {
    const data = new Uint8Array(buffer, offset, sizeBytes);
    offset += sizeBytes;
    return { name, datatype, shape, data };
  });
}

export function sizeOf(texts: readonly TensorText[]): number {
  return texts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

export function toParameters(texts: readonly ParameterText[]): Parameters {
  return new Map(
    texts.map(([name, kind, value]) => [name, kind === 'int' ? BigInt(value) : value]),
  );
}
