/** Ids of streams that were closed last; who asks for older ones gets the stricter answer. */
const RING_SIZE = 256;

/**
 * Remembers the streams that were closed last, since frames of theirs may still be on their way.
 */
export class StreamHistory {
  readonly #ids = new Int32Array(RING_SIZE);
  #next = 0;

  add(id: number): void {
    this.#ids[this.#next] = id;
    this.#next = (this.#next + 1) % RING_SIZE;
  }

  has(id: number): boolean {
    return this.#ids.includes(id);
  }
}
