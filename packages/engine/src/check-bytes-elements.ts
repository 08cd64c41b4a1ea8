import { elementCount, InferError, type InferenceRequest, type Tensor } from '@nereid/core';
import { requestError } from './request-errors.js';

const LENGTH_BYTES = 4;

/** Where walking over a BYTES tensor's elements ended. */
interface BytesLayout {
  /** Elements whose length was read. */
  readonly count: number;
  readonly lastLength: number;
  /** Bytes that the last element claims beyond those available; 0 when it is whole. */
  readonly missingBytes: number;
  /** Bytes left over that are too few for another length. */
  readonly restBytes: number;
}

/**
 * Checks that a BYTES input consists of exactly as many elements as its shape says. Throws an
 * INVALID_ARG InferError with Triton's text otherwise.
 */
export function checkBytesInput(
  request: InferenceRequest,
  tensor: Tensor,
  modelName: string,
): void {
  const expected = elementCount(tensor.shape);
  const layout = walkBytes(tensor.data, expected);
  const { count, missingBytes, restBytes } = layout;
  if (count === expected && missingBytes === 0 && restBytes === 0) return;
  const where = `for inference input '${tensor.name}' for model '${modelName}'`;
  if (restBytes > 0) {
    throw requestError(
      request,
      `incomplete string length indicator ${where}, expecting ${LENGTH_BYTES} bytes but only ` +
        `${restBytes} bytes available. Please make sure the string length indicator is in one ` +
        'buffer.',
    );
  }
  if (count > expected) {
    throw requestError(
      request,
      `unexpected number of string elements ${count} ${where}, expecting ${expected}`,
    );
  }
  if (count < expected) {
    throw requestError(request, `expected ${expected} string elements ${where}, got ${count}`);
  }
  throw incompleteElement(tensor, layout);
}

/** True when a BYTES tensor is laid out as its shape says. */
export function isSoundBytesTensor(tensor: Tensor): boolean {
  const expected = elementCount(tensor.shape);
  const { count, missingBytes, restBytes } = walkBytes(tensor.data, expected);
  return count === expected && missingBytes === 0 && restBytes === 0;
}

/** Reads one length after the other, stopping one element beyond `limit`. */
function walkBytes(data: Uint8Array, limit: number): BytesLayout {
  const end = data.byteLength;
  let offset = 0;
  let count = 0;
  let lastLength = 0;
  while (offset < end) {
    const restBytes = end - offset;
    if (restBytes < LENGTH_BYTES) return { count, lastLength, missingBytes: 0, restBytes };
    count += 1;
    if (count > limit) break;
    lastLength = lengthAt(data, offset);
    offset += LENGTH_BYTES + lastLength;
  }
  return { count, lastLength, missingBytes: Math.max(0, offset - end), restBytes: 0 };
}

/** A DataView for each tensor would cost more than most walks. */
function lengthAt(data: Uint8Array, offset: number): number {
  const low = (data[offset] ?? 0) | ((data[offset + 1] ?? 0) << 8);
  const high = (data[offset + 2] ?? 0) | ((data[offset + 3] ?? 0) << 8);
  return low + high * 0x1_0000;
}

/** Only the backend of a recorded Triton noticed this, which is why no request id is named. */
function incompleteElement(tensor: Tensor, { lastLength, missingBytes }: BytesLayout): InferError {
  return new InferError(
    'INVALID_ARG',
    `incomplete string data for inference input '${tensor.name}', expecting string of length ` +
      `${lastLength} but only ${lastLength - missingBytes} bytes available`,
  );
}
