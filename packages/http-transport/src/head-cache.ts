import type { Refusal } from './refusal.js';
import { parseRequestHead, type RequestHead } from './request-head.js';

/** Longer heads are rare, and not worth their memory. */
const MAX_CACHED_CHARACTERS = 2_048;
const MAX_CACHED_HEADS = 512;

const HEAD_END = '\r\n\r\n';

/** A head that was parsed, and its bytes up to and with the empty line. */
interface KnownHead {
  readonly head: RequestHead;
  readonly bytes: Buffer;
}

/** What a text was found to be, and the number under which it is kept, if it is. */
interface FoundHead {
  readonly head: RequestHead | Refusal;
  readonly number: number;
}

/** The number of no head. */
export const NOT_KEPT = -1;

/**
 * Parsed heads by their text, and by a number. A client sends the same head with each of its
 * requests, to the byte: one comparison with the head before it then takes the place of looking for
 * its end and parsing it. Connections remember the number, so that idle ones hold no memory.
 */
export class HeadCache {
  readonly #maxFields: number;
  readonly #numbers = new Map<string, number>();
  readonly #known: KnownHead[] = [];

  constructor(maxFields: number) {
    this.#maxFields = maxFields;
  }

  /** The head with that number, if the bytes from `start` on begin with the same ones. */
  repeated(number: number, bytes: Buffer, start: number): KnownHead | undefined {
    const known = this.#known[number];
    if (known === undefined) return undefined;
    const end = start + known.bytes.length;
    if (end > bytes.length || known.bytes.compare(bytes, start, end) !== 0) return undefined;
    return known;
  }

  /** `text` is the head as latin1, without the empty line at its end. */
  parse(text: string): FoundHead {
    const number = this.#numbers.get(text);
    const known = number === undefined ? undefined : this.#known[number];
    if (number !== undefined && known) return { head: known.head, number };
    const head = parseRequestHead(text, this.#maxFields);
    if ('status' in head || text.length > MAX_CACHED_CHARACTERS) return { head, number: NOT_KEPT };
    return { head, number: this.#keep(text, head) };
  }

  #keep(text: string, head: RequestHead): number {
    // Emptied at once when full: clients whose heads differ each time gain nothing from it.
    if (this.#known.length >= MAX_CACHED_HEADS) {
      this.#numbers.clear();
      this.#known.length = 0;
    }
    const number = this.#known.length;
    // Memory of its own: a piece of Node's pool would keep all of that.
    const bytes = Buffer.allocUnsafeSlow(text.length + HEAD_END.length);
    bytes.write(text + HEAD_END, 'latin1');
    this.#known.push({ head, bytes });
    this.#numbers.set(text, number);
    return number;
  }
}
