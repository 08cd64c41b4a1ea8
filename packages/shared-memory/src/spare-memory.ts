/** Below, new memory is as cheap. */
const MIN_SIZE_BYTES = 64 * 1024;
const MAX_PIECES = 32;

/**
 * Memory of inputs that nothing refers to any more, for the next ones of the same size: new memory
 * would have to be mapped by the system, and to be found unused by the garbage collector. What
 * nobody needs it may collect at any time.
 */
export class SpareMemory {
  /** The last one given back is the last. */
  readonly #pieces: WeakRef<Uint8Array>[] = [];

  /** With any contents. */
  take(sizeBytes: number): Uint8Array {
    if (sizeBytes < MIN_SIZE_BYTES) return Buffer.allocUnsafe(sizeBytes);
    for (let index = this.#pieces.length - 1; index >= 0; index--) {
      const piece = this.#pieces[index]?.deref();
      if (piece && piece.byteLength !== sizeBytes) continue;
      this.#pieces.splice(index, 1);
      if (piece) return piece;
    }
    return Buffer.allocUnsafeSlow(sizeBytes);
  }

  /** Takes back what `take` gave. */
  giveBack(piece: Uint8Array): void {
    if (piece.byteLength < MIN_SIZE_BYTES) return;
    if (this.#pieces.length === MAX_PIECES) this.#pieces.shift();
    this.#pieces.push(new WeakRef(piece));
  }
}
