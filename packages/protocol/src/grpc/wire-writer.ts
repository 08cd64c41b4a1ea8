import { fieldTag, LENGTH_DELIMITED } from './wire-format.js';

const TWO_POW_32 = 0x1_0000_0000;
const SHORT_STRING_LENGTH = 24;

/** The bytes of an unsigned number as a varint; exact for numbers up to 2^53. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  if (value < 0x8_0000_0000) return 5;
  if (value < 0x400_0000_0000) return 6;
  if (value < 0x2_0000_0000_0000) return 7;
  return 8;
}

/** The bytes of a signed or unsigned 64-bit number as a varint; a negative one takes ten. */
export function varint64Size(value: number | bigint): number {
  if (value < 0) return 10;
  if (typeof value === 'number') return varintSize(value);
  let size = 1;
  for (let rest = value >> 7n; rest !== 0n; rest >>= 7n) size += 1;
  return size;
}

/** The bytes of a string in UTF-8. Names are short and ASCII, which is quicker to see from here. */
export function utf8Size(text: string): number {
  const length = text.length;
  if (length > SHORT_STRING_LENGTH) return Buffer.byteLength(text, 'utf8');
  for (let index = 0; index < length; index += 1) {
    if (text.charCodeAt(index) >= 0x80) return Buffer.byteLength(text, 'utf8');
  }
  return length;
}

/** The bytes of a length-delimited field with a content of `size` bytes. */
export function delimitedSize(number: number, size: number): number {
  return varintSize(fieldTag(number, LENGTH_DELIMITED)) + varintSize(size) + size;
}

/** The bytes of a string field that is left out when empty. */
export function stringFieldSize(number: number, text: string): number {
  return text === '' ? 0 : delimitedSize(number, utf8Size(text));
}

/** Writes protobuf fields into a buffer of the exact size, which the caller has computed. */
export class WireWriter {
  readonly bytes: Buffer;
  position = 0;

  constructor(sizeBytes: number) {
    // Every byte is written before the buffer leaves the encoder.
    this.bytes = Buffer.allocUnsafe(sizeBytes);
  }

  tag(number: number, wireType: number): void {
    this.varint(fieldTag(number, wireType));
  }

  /** An unsigned number up to 2^53. */
  varint(value: number): void {
    let rest = value;
    while (rest >= TWO_POW_32) {
      this.bytes[this.position++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      this.bytes[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.position++] = rest;
  }

  /** A signed or unsigned 64-bit number. */
  varint64(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 0x80n) {
      this.bytes[this.position++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.position++] = Number(rest);
  }

  float(value: number): void {
    this.position = this.bytes.writeFloatLE(value, this.position);
  }

  double(value: number): void {
    this.position = this.bytes.writeDoubleLE(value, this.position);
  }

  /** The tag and length of a submessage, a string or bytes of `size` bytes. */
  delimiter(number: number, size: number): void {
    this.tag(number, LENGTH_DELIMITED);
    this.varint(size);
  }

  /** Bytes behind their length. */
  raw(value: Uint8Array): void {
    this.varint(value.length);
    this.bytes.set(value, this.position);
    this.position += value.length;
  }

  /** Fields that are encoded already. */
  encoded(fields: Uint8Array): void {
    if (fields.length === 0) return;
    this.bytes.set(fields, this.position);
    this.position += fields.length;
  }

  /** A string behind its length. */
  string(text: string): void {
    const size = utf8Size(text);
    this.varint(size);
    if (size !== text.length || size > SHORT_STRING_LENGTH) {
      this.position += this.bytes.write(text, this.position, 'utf8');
      return;
    }
    for (let index = 0; index < size; index += 1) {
      this.bytes[this.position++] = text.charCodeAt(index);
    }
  }

  /** A string field, left out when empty. */
  stringField(number: number, text: string): void {
    if (text === '') return;
    this.tag(number, LENGTH_DELIMITED);
    this.string(text);
  }
}
