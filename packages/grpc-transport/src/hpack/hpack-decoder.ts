import { ConnectionError, ERROR } from '../http2-protocol.js';
import { DynamicTable } from './dynamic-table.js';
import { decodeHuffman } from './huffman.js';
import { type HeaderField, STATIC_TABLE } from './static-table.js';

/** Takes the fields of a block, in their order. */
export interface HeaderSink {
  field(field: HeaderField): void;
}

/** Integers above it are of no use to anybody. */
const MAX_INTEGER = 0x0fff_ffff;
const INDEXED = 0x80;
const WITH_INDEXING = 0x40;
const SIZE_UPDATE = 0x20;
const HUFFMAN = 0x80;

/**
 * Decodes the header blocks of one connection, which it has to see all, and in order (RFC 7541).
 */
export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #tableLimitBytes: number;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #end = 0;

  /** `tableLimitBytes` is what the SETTINGS frame tells the peer. */
  constructor(tableLimitBytes: number) {
    this.#table = new DynamicTable(tableLimitBytes);
    this.#tableLimitBytes = tableLimitBytes;
  }

  /** Grows when the table changes: while it stays the same, equal blocks have equal fields. */
  get generation(): number {
    return this.#table.generation;
  }

  /** Decodes the bytes from `start` to `end`. Throws a ConnectionError for what is no block. */
  decode(bytes: Uint8Array, { start, end }: ByteRange, sink: HeaderSink): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#sizeUpdates();
    while (this.#at < end) sink.field(this.#field());
  }

  /** Changes of the table's size come first, if at all. */
  #sizeUpdates(): void {
    while (this.#at < this.#end && ((this.#bytes[this.#at] ?? 0) & 0xe0) === SIZE_UPDATE) {
      const limitBytes = this.#integer(5);
      if (limitBytes > this.#tableLimitBytes) throw invalid('a table above its limit');
      this.#table.resize(limitBytes);
    }
  }

  #field(): HeaderField {
    const first = this.#bytes[this.#at] ?? 0;
    if (first & INDEXED) return this.#indexed(this.#integer(7));
    if (first & WITH_INDEXING) {
      const field = this.#literal(this.#integer(6));
      this.#table.add(field);
      return field;
    }
    if (first & SIZE_UPDATE) throw invalid('a change of the table inside of a block');
    return this.#literal(this.#integer(4));
  }

  #indexed(index: number): HeaderField {
    const field =
      index <= STATIC_TABLE.length
        ? STATIC_TABLE[index - 1]
        : this.#table.get(index - STATIC_TABLE.length - 1);
    if (field === undefined) throw invalid(`no entry has the index ${index}`);
    return field;
  }

  #literal(nameIndex: number): HeaderField {
    const name = nameIndex === 0 ? this.#string() : this.#indexed(nameIndex).name;
    return { name, value: this.#string() };
  }

  #string(): string {
    const huffman = ((this.#bytes[this.#at] ?? 0) & HUFFMAN) !== 0;
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw invalid('a string beyond the end of its block');
    this.#at = end;
    if (huffman) return decodeHuffman(this.#bytes, start, end);
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset + start, length).toString('latin1');
  }

  /** An integer whose first byte has its value in the low `prefixBits`. */
  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (value > MAX_INTEGER || shift > 28) throw invalid('an integer above all limits');
      if (byte < 0x80) return value;
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) throw invalid('the block ends in the middle of a field');
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }
}

/** A part of a buffer, from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

function invalid(what: string): ConnectionError {
  return new ConnectionError(ERROR.COMPRESSION_ERROR, `invalid header block: ${what}`);
}
