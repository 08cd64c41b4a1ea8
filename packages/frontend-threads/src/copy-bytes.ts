/** Below this size a loop is done before a call of the runtime has begun. */
const MAX_LOOPED_BYTES = 128;

/** Copies bytes between memory of two kinds. */
export function copyBytes(
  from: Uint8Array,
  fromAt: number,
  {
    to,
    at,
    sizeBytes,
  }: { readonly to: Uint8Array; readonly at: number; readonly sizeBytes: number },
): void {
  if (sizeBytes > MAX_LOOPED_BYTES) {
    to.set(
      fromAt === 0 && sizeBytes === from.length ? from : from.subarray(fromAt, fromAt + sizeBytes),
      at,
    );
    return;
  }
  for (let index = 0; index < sizeBytes; index += 1) to[at + index] = from[fromAt + index] ?? 0;
}

const SLAB_BYTES = 16 * 1024;

/** Memory for small tensors, which is never used twice: several share one allocation. */
export class DataSlabs {
  #slab = new ArrayBuffer(0);
  #at = 0;

  take(sizeBytes: number): Uint8Array {
    if (sizeBytes > SLAB_BYTES / 4) return new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer);
    if (this.#at + sizeBytes > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(SLAB_BYTES);
      this.#at = 0;
    }
    const data = new Uint8Array(this.#slab, this.#at, sizeBytes);
    this.#at += (sizeBytes + 7) & -8;
    return data;
  }
}
