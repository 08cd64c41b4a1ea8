/** Below, a loop is cheaper than the call of a native copy. */
const LOOP_BELOW_BYTES = 192;

/** The bytes from `start` to `end` of a source. */
export interface ByteSource {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** A copy of the bytes from `start` to `end`. */
export function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  const length = end - start;
  const copy = Buffer.allocUnsafe(length);
  if (length >= LOOP_BELOW_BYTES) {
    bytes.copy(copy, 0, start, end);
    return copy;
  }
  for (let index = 0; index < length; index += 1) copy[index] = bytes[start + index] ?? 0;
  return copy;
}

/** Copies bytes to `at` of a target that has room for them. */
export function copyTo(target: Buffer, at: number, { bytes, start, end }: ByteSource): void {
  if (end - start >= LOOP_BELOW_BYTES) {
    bytes.copy(target, at, start, end);
    return;
  }
  for (let index = start; index < end; index += 1) target[at + index - start] = bytes[index] ?? 0;
}
