import type { Slot } from './slot.js';

/**
 * True when a new sequence takes `a` before `b`: the lower number, so that batches stay dense and
 * the instances fill evenly; of equal numbers the one that is free for longer.
 */
function precedes(a: Slot, b: Slot): boolean {
  return a.index === b.index ? a.freeSince < b.freeSince : a.index < b.index;
}

/** The slots without a sequence: a binary heap, the next to be taken first. */
export class FreeSlots {
  readonly #heap: Slot[] = [];
  #freedCount = 0;

  add(slot: Slot): void {
    slot.freeSince = this.#freedCount++;
    const heap = this.#heap;
    let index = heap.push(slot) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfUnordered(parent, index)) return;
      index = parent;
    }
  }

  /** The slot for a new sequence; undefined when all are taken. */
  take(): Slot | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || first === last) return first;
    heap[0] = last;
    let index = 0;
    for (let child = this.#lesserChild(index); child; child = this.#lesserChild(index)) {
      if (!this.#swapIfUnordered(index, child)) break;
      index = child;
    }
    return first;
  }

  /** Undefined for a leaf. */
  #lesserChild(parent: number): number | undefined {
    const left = this.#heap[parent * 2 + 1];
    const right = this.#heap[parent * 2 + 2];
    if (!left) return undefined;
    return right && precedes(right, left) ? parent * 2 + 2 : parent * 2 + 1;
  }

  #swapIfUnordered(parent: number, child: number): boolean {
    const upper = this.#heap[parent];
    const lower = this.#heap[child];
    if (!upper || !lower || !precedes(lower, upper)) return false;
    this.#heap[parent] = lower;
    this.#heap[child] = upper;
    return true;
  }
}
