import { isUtf8 } from 'node:buffer';
import {
  FIXED32,
  FIXED64,
  GROUP_END,
  GROUP_START,
  LENGTH_DELIMITED,
  unparsable,
  VARINT,
} from './wire-format.js';

const MAX_GROUP_DEPTH = 100;
const MAX_VARINT_BYTES = 10;
const TWO_POW_32 = 0x1_0000_0000;
const REPLACEMENT_CHARACTER = '\ufffd';

/**
 * Reads protobuf fields from a buffer in place. Every read stays below `end` and throws the
 * INTERNAL InferError of an unparsable request when the bytes run out or make no sense. A
 * submessage is read by narrowing `end` with `enter` and widening it again with `leave`.
 */
export class WireReader {
  readonly #bytes: Buffer;
  position: number;
  end: number;
  /** The upper half of the varint that `varint` read last; its lower half is the result. */
  high = 0;

  constructor(bytes: Buffer, position = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** A field's number and wire type, as `fieldTag` joins them. Zero is no valid tag. */
  tag(): number {
    const tag = this.varint();
    if (tag < 8) throw unparsable();
    return tag;
  }

  /** Any varint: returns the lower 32 bits, unsigned, and leaves the upper ones in `high`. */
  varint(): number {
    const position = this.position;
    const first = position < this.end ? (this.#bytes[position] ?? 0) : 0x80;
    if (first >= 0x80) return this.#longVarint();
    this.position = position + 1;
    this.high = 0;
    return first;
  }

  #longVarint(): number {
    let low = 0;
    let high = 0;
    const start = this.position;
    const last = Math.min(this.end, start + MAX_VARINT_BYTES);
    for (let position = start, shift = 0; position < last; position += 1, shift += 7) {
      const byte = this.#bytes[position] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.position = position + 1;
        this.high = high >>> 0;
        return low >>> 0;
      }
    }
    throw unparsable();
  }

  /** An int64 as a number: exact up to 2^53, rounded beyond. */
  int64AsNumber(): number {
    const low = this.varint();
    return (this.high | 0) * TWO_POW_32 + low;
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  uint64(): bigint {
    const low = this.varint();
    if (this.high === 0) return BigInt(low);
    return (BigInt(this.high) << 32n) | BigInt(low);
  }

  bool(): boolean {
    const low = this.varint();
    return low !== 0 || this.high !== 0;
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#advance(4));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#advance(8));
  }

  /** The bytes of a value whose size its type tells, as a view. */
  fixed(sizeBytes: number): Buffer {
    const start = this.#advance(sizeBytes);
    return this.#bytes.subarray(start, start + sizeBytes);
  }

  /** A length-delimited value as a view. */
  bytes(): Buffer {
    const length = this.#length();
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A string; invalid UTF-8 makes the message unparsable, as proto3 demands. */
  string(): string {
    const length = this.#length();
    const start = this.#advance(length);
    const text = this.#bytes.toString('utf8', start, start + length);
    // Decoding replaces what is invalid, so only a text with that character needs the costly check.
    if (text.includes(REPLACEMENT_CHARACTER)) {
      if (!isUtf8(this.#bytes.subarray(start, start + length))) throw unparsable();
    }
    return text;
  }

  /** Reads a length and narrows the reader to that many bytes. Returns what `leave` wants back. */
  enter(): number {
    const length = this.#length();
    const outerEnd = this.end;
    if (length > outerEnd - this.position) throw unparsable();
    this.end = this.position + length;
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.end = outerEnd;
  }

  /** Skips the value of a field that is not known, whatever its type. */
  skip(tag: number): void {
    this.#skip(tag, 0);
  }

  #skip(tag: number, depth: number): void {
    switch (tag & 7) {
      case VARINT:
        this.varint();
        return;
      case FIXED64:
        this.#advance(8);
        return;
      case LENGTH_DELIMITED:
        this.#advance(this.#length());
        return;
      case FIXED32:
        this.#advance(4);
        return;
      case GROUP_START:
        this.#skipGroup(tag, depth + 1);
        return;
      default:
        throw unparsable();
    }
  }

  #skipGroup(startTag: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) throw unparsable();
    const endTag = startTag - GROUP_START + GROUP_END;
    for (;;) {
      const tag = this.tag();
      if (tag === endTag) return;
      this.#skip(tag, depth);
    }
  }

  #length(): number {
    const length = this.varint();
    if (this.high !== 0) throw unparsable();
    return length;
  }

  #advance(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw unparsable();
    this.position = start + length;
    return start;
  }
}
