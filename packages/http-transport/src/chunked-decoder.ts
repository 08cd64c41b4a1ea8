import type { BodyBuffer } from './body-buffer.js';
import type { HttpLimits } from './http-limits.js';
import { type Refusal, refusal } from './refusal.js';
import { parseFields } from './request-head.js';

type ChunkLimits = Pick<HttpLimits, 'maxBodyBytes' | 'maxChunkOverheadBytes' | 'maxFields'>;

const CR = 0x0d;
const LF = 0x0a;

/** RFC 9112 (7.1): the size in hexadecimal digits, then extensions, which mean nothing here. */
const SIZE_LINE = /^([0-9A-Fa-f]{1,8})(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

/** Fields of a trailer that would change what the request means. */
const FRAMING_FIELDS = new Set(['content-length', 'transfer-encoding', 'host']);

const MAX_LINE_BYTES = 8_192;

/** Reads a chunked body, piece by piece, into a BodyBuffer. The trailer is checked and dropped. */
export class ChunkedDecoder {
  readonly #body: BodyBuffer;
  readonly #limits: ChunkLimits;
  #state: 'size' | 'data' | 'dataEnd' | 'trailer' | 'done' = 'size';
  /** Of the present chunk, what is still to come. */
  #remainingBytes = 0;
  #overheadBytes = 0;
  /** The beginning of a line whose end has not come. */
  #line = '';
  #trailerFields = 0;

  constructor(body: BodyBuffer, limits: ChunkLimits) {
    this.#body = body;
    this.#limits = limits;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /**
   * Takes what belongs to the body of `bytes` from `start` on. Returns where it stopped: at the end
   * of the bytes, or of the body.
   */
  decode(bytes: Buffer, start: number): number | Refusal {
    let at = start;
    while (at < bytes.length && this.#state !== 'done') {
      const next = this.#state === 'data' ? this.#takeData(bytes, at) : this.#takeLine(bytes, at);
      if (typeof next !== 'number') return next;
      at = next;
    }
    return at;
  }

  #takeData(bytes: Buffer, start: number): number | Refusal {
    const end = Math.min(bytes.length, start + this.#remainingBytes);
    if (!this.#body.append(bytes, start, end)) {
      return refusal(503, 'request bodies take all the memory set aside for them');
    }
    this.#remainingBytes -= end - start;
    if (this.#remainingBytes === 0) this.#state = 'dataEnd';
    return end;
  }

  /** Lines end with CR LF and nothing else: a bare LF is where implementations differ. */
  #takeLine(bytes: Buffer, start: number): number | Refusal {
    const lineFeed = bytes.indexOf(LF, start);
    const end = lineFeed < 0 ? bytes.length : lineFeed + 1;
    this.#overheadBytes += end - start;
    const tooLong = this.#line.length + (end - start) > MAX_LINE_BYTES;
    if (tooLong || this.#overheadBytes > this.#limits.maxChunkOverheadBytes) {
      return refusal(413, 'the framing of the chunks is too long');
    }
    this.#line += bytes.toString('latin1', start, end);
    if (lineFeed < 0) return end;
    const line = this.#line;
    this.#line = '';
    if (line.charCodeAt(line.length - 2) !== CR) return refusal(400, 'a line ends without CR LF');
    return this.#applyLine(line.slice(0, -2)) ?? end;
  }

  #applyLine(line: string): Refusal | undefined {
    if (this.#state === 'size') return this.#applySize(line);
    if (this.#state === 'trailer') return this.#applyTrailer(line);
    this.#state = 'size';
    return line === '' ? undefined : refusal(400, 'a chunk is longer than its size');
  }

  #applySize(line: string): Refusal | undefined {
    const digits = SIZE_LINE.exec(line)?.[1];
    if (digits === undefined) return refusal(400, 'the size of a chunk is malformed');
    const size = Number.parseInt(digits, 16);
    if (this.#body.receivedBytes + size > this.#limits.maxBodyBytes) {
      return refusal(413, 'the body is too large');
    }
    this.#remainingBytes = size;
    this.#state = size === 0 ? 'trailer' : 'data';
    return undefined;
  }

  #applyTrailer(line: string): Refusal | undefined {
    if (line === '') {
      this.#state = 'done';
      return undefined;
    }
    this.#trailerFields += 1;
    if (this.#trailerFields > this.#limits.maxFields)
      return refusal(431, 'too many trailer fields');
    const fields = parseFields([line], 0);
    if ('status' in fields) return fields;
    const name = fields[0]?.toLowerCase() ?? '';
    return FRAMING_FIELDS.has(name) ? refusal(400, `${name} in a trailer`) : undefined;
  }
}
