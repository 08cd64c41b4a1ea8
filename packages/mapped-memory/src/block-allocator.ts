/** Blocks begin at a multiple of it, as wide vector instructions like it. */
const ALIGNMENT_BYTES = 64;

/** Gives out blocks of a range of addresses: the first gap that fits, gaps joined as they arise. */
export class BlockAllocator {
  readonly #start: number;
  readonly #sizes = new Map<number, number>();
  /** Sorted, apart from each other; the last one ends with the range. */
  readonly #gaps: { start: number; end: number }[];
  #top: number;

  constructor(start: number, sizeBytes: number) {
    this.#start = start;
    this.#top = start;
    this.#gaps = [{ start, end: start + sizeBytes }];
  }

  get empty(): boolean {
    return this.#sizes.size === 0;
  }

  /** How much of the range has ever been in use since the last `forgetUse`, in bytes. */
  get usedExtentBytes(): number {
    return this.#top - this.#start;
  }

  /** Returns the block's position, or undefined when no gap is large enough. */
  allocate(sizeBytes: number): number | undefined {
    const size = Math.max(Math.ceil(sizeBytes / ALIGNMENT_BYTES), 1) * ALIGNMENT_BYTES;
    const index = this.#gaps.findIndex((gap) => gap.end - gap.start >= size);
    const gap = this.#gaps[index];
    if (!gap) return undefined;
    const position = gap.start;
    gap.start += size;
    if (gap.start === gap.end) this.#gaps.splice(index, 1);
    this.#sizes.set(position, size);
    this.#top = Math.max(this.#top, position + size);
    return position;
  }

  /** Takes a block back; what is none is ignored. */
  free(position: number): void {
    const size = this.#sizes.get(position);
    if (size === undefined) return;
    this.#sizes.delete(position);
    const end = position + size;
    const found = this.#gaps.findIndex((gap) => gap.start > position);
    const next = found < 0 ? this.#gaps.length : found;
    const before = this.#gaps[next - 1];
    const after = this.#gaps[next];
    const joinsBefore = before?.end === position;
    const joinsAfter = after?.start === end;
    if (before && joinsBefore && after && joinsAfter) {
      before.end = after.end;
      this.#gaps.splice(next, 1);
    } else if (before && joinsBefore) {
      before.end = end;
    } else if (after && joinsAfter) {
      after.start = position;
    } else {
      this.#gaps.splice(next, 0, { start: position, end });
    }
  }

  /** The memory behind the unused part has been given back: it counts as never used again. */
  forgetUse(): void {
    let top = this.#start;
    for (const [position, size] of this.#sizes) top = Math.max(top, position + size);
    this.#top = top;
  }
}
