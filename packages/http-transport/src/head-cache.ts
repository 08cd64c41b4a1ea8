import type { Refusal } from './refusal.js';
import { parseRequestHead, type RequestHead } from './request-head.js';

/** Longer heads are rare, and not worth their memory. */
const MAX_CACHED_CHARACTERS = 2_048;
const MAX_CACHED_HEADS = 512;

/**
 * Parsed heads by their text. A client sends the same head with each of its requests, to the byte:
 * one look-up then takes the place of parsing it.
 */
export class HeadCache {
  readonly #maxFields: number;
  readonly #heads = new Map<string, RequestHead>();

  constructor(maxFields: number) {
    this.#maxFields = maxFields;
  }

  /** `text` is the head as latin1, without the empty line at its end. */
  parse(text: string): RequestHead | Refusal {
    const known = this.#heads.get(text);
    if (known) return known;
    const head = parseRequestHead(text, this.#maxFields);
    if ('status' in head || text.length > MAX_CACHED_CHARACTERS) return head;
    // Emptied at once when full: clients whose heads differ each time gain nothing from it.
    if (this.#heads.size >= MAX_CACHED_HEADS) this.#heads.clear();
    this.#heads.set(text, head);
    return head;
  }
}
