import { joinBytesElements, type Tensor } from '@nereid/core';

/**
 * An FP32 tensor. Its data starts at an odd offset of a larger buffer, as data in a request body
 * may.
 */
export function fp32Tensor(
  name: string,
  shape: readonly number[],
  values: readonly number[],
): Tensor {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  const body = new Uint8Array(bytes.byteLength + 2);
  body.set(bytes, 1);
  return { name, datatype: 'FP32', shape, data: body.subarray(1, 1 + bytes.byteLength) };
}

/** The values of an FP32 tensor. */
export function fp32Values(tensor: Tensor): readonly number[] {
  return [...new Float32Array(new Uint8Array(tensor.data).buffer)];
}

export function bytesTensor(
  name: string,
  shape: readonly number[],
  elements: readonly (string | Uint8Array)[],
): Tensor {
  return { name, datatype: 'BYTES', shape, data: joinBytesElements(elements) };
}
