import type { HeaderField } from './static-table.js';

/** What RFC 7541 adds to the length of each entry. */
const ENTRY_OVERHEAD_BYTES = 32;
/** Evicted entries that the array may keep before it is compacted. */
const COMPACT_AFTER = 64;

/** What an entry counts for, in tables and in header lists. */
export function fieldSizeBytes({ name, value }: HeaderField): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES;
}

/** The dynamic table of RFC 7541, section 2.3.2: what the peer has asked to remember. */
export class DynamicTable {
  #entries: HeaderField[] = [];
  /** Entries before it are evicted. */
  #oldest = 0;
  #sizeBytes = 0;
  #limitBytes: number;
  /** Grows with each change, so that what was derived from the table can be told stale. */
  generation = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The entry with an index, of which 0 is the newest; undefined when there is none. */
  get(index: number): HeaderField | undefined {
    const at = this.#entries.length - 1 - index;
    return at < this.#oldest ? undefined : this.#entries[at];
  }

  /**
   * Adds an entry and evicts what has no place any more; one that is too large empties the table.
   */
  add(field: HeaderField): void {
    const sizeBytes = fieldSizeBytes(field);
    this.generation += 1;
    this.#evictTo(this.#limitBytes - sizeBytes);
    if (sizeBytes > this.#limitBytes) return;
    this.#entries.push(field);
    this.#sizeBytes += sizeBytes;
  }

  resize(limitBytes: number): void {
    this.generation += 1;
    this.#limitBytes = limitBytes;
    this.#evictTo(limitBytes);
  }

  #evictTo(sizeBytes: number): void {
    while (this.#sizeBytes > sizeBytes && this.#oldest < this.#entries.length) {
      const entry = this.#entries[this.#oldest];
      if (entry !== undefined) this.#sizeBytes -= fieldSizeBytes(entry);
      this.#oldest += 1;
    }
    if (this.#oldest < COMPACT_AFTER) return;
    this.#entries = this.#entries.slice(this.#oldest);
    this.#oldest = 0;
  }
}
