import { type ByteRange, HpackDecoder } from './hpack/hpack-decoder.js';
import { RequestHeaders, RequestTrailers } from './request-headers.js';

/** Blocks remembered: a client has few methods that it calls again and again. */
const MEMO_SIZE = 8;
/** Longer blocks say something new each time. */
const MEMO_BLOCK_BYTES = 512;

interface KnownBlock {
  readonly bytes: Buffer;
  readonly headers: RequestHeaders;
}

/**
 * Decodes the header blocks of one connection. A client that calls a method again repeats its block
 * to the byte; as long as the compression table stays as it is, such a block is not decoded again.
 */
export class HeaderBlockDecoder {
  readonly #hpack: HpackDecoder;
  readonly #listLimitBytes: number;
  #known: KnownBlock[] = [];
  #generation = 0;

  constructor(limits: { readonly tableBytes: number; readonly listBytes: number }) {
    this.#hpack = new HpackDecoder(limits.tableBytes);
    this.#listLimitBytes = limits.listBytes;
  }

  /** The fields of a request. Throws a ConnectionError for what is no header block. */
  request(bytes: Buffer, range: ByteRange): RequestHeaders {
    const known = this.#find(bytes, range);
    if (known !== undefined) return known;
    const headers = new RequestHeaders(this.#listLimitBytes);
    const { generation } = this.#hpack;
    this.#hpack.decode(bytes, range, headers);
    headers.finish();
    if (generation === this.#hpack.generation) this.#remember(bytes, range, headers);
    return headers;
  }

  trailers(bytes: Buffer, range: ByteRange): RequestTrailers {
    const trailers = new RequestTrailers();
    this.#hpack.decode(bytes, range, trailers);
    return trailers;
  }

  #find(bytes: Buffer, range: ByteRange): RequestHeaders | undefined {
    if (this.#generation !== this.#hpack.generation) {
      this.#known = [];
      this.#generation = this.#hpack.generation;
    }
    for (const known of this.#known) {
      if (isSame(known.bytes, bytes, range)) return known.headers;
    }
    return undefined;
  }

  #remember(bytes: Buffer, { start, end }: ByteRange, headers: RequestHeaders): void {
    if (end - start > MEMO_BLOCK_BYTES) return;
    if (this.#known.length === MEMO_SIZE) this.#known.shift();
    // The bytes are read into again, so that the memory needs a copy of its own.
    this.#known.push({ bytes: Buffer.from(bytes.subarray(start, end)), headers });
  }
}

function isSame(known: Buffer, bytes: Buffer, { start, end }: ByteRange): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index += 1) {
    if (known[index] !== bytes[start + index]) return false;
  }
  return true;
}
