/**
 * Where the elements of a JSON `data` array go. Tensor bytes are little-endian, and so are typed
 * arrays on every machine this server supports.
 */

import type { DataType } from '@nereid/core';
import type { JsonCursor } from './json-cursor.js';
import { scanNumber, scannedInteger } from './json-number.js';
import { scanString, writeScannedString } from './json-string.js';
import { accessError, readBoolean } from './json-value.js';

export interface ElementTarget {
  /** Elements read so far. */
  readonly count: number;
  /**
   * Reads the element at the cursor, which is no array, and maybe numbers after it. Returns false
   * when there is no room for it. Throws an access error for an element of the wrong type.
   */
  read(cursor: JsonCursor): boolean;
  /** The tensor's bytes. */
  finish(): Uint8Array;
}

const DATA_CONTEXT = "Unable to parse 'data': ";
const BYTES_CONTEXT = 'Unable to parse JSON bytes array: ';

const COMMA = 0x2c;
const QUOTE = 0x22;
const SPACE = 0x20;
const MINUS = 0x2d;
const TWO_TO_32 = 0x1_0000_0000;
const TWO_TO_63 = 2 ** 63;

type FixedSizeDataType = Exclude<DataType, 'BYTES' | 'FP16' | 'BF16'>;

const TARGETS = {
  BOOL: (count) => new BooleanTarget(count),
  UINT8: (count) => new IntegerTarget(new Uint8Array(count), 'unsigned'),
  UINT16: (count) => new IntegerTarget(new Uint16Array(count), 'unsigned'),
  UINT32: (count) => new IntegerTarget(new Uint32Array(count), 'unsigned'),
  UINT64: (count) => new WideIntegerTarget(count, 'unsigned'),
  INT8: (count) => new IntegerTarget(new Int8Array(count), 'signed'),
  INT16: (count) => new IntegerTarget(new Int16Array(count), 'signed'),
  INT32: (count) => new IntegerTarget(new Int32Array(count), 'signed'),
  INT64: (count) => new WideIntegerTarget(count, 'signed'),
  FP32: (count) => new FloatTarget(new Float32Array(count)),
  FP64: (count) => new FloatTarget(new Float64Array(count)),
} as const satisfies Record<FixedSizeDataType, (count: number) => ElementTarget>;

/** A target for exactly `count` elements. */
export function elementTarget(datatype: FixedSizeDataType, count: number): ElementTarget {
  return TARGETS[datatype](count);
}

class FloatTarget implements ElementTarget {
  count = 0;
  readonly #elements: Float32Array | Float64Array;
  readonly #singlePrecision: boolean;

  constructor(elements: Float32Array | Float64Array) {
    this.#elements = elements;
    this.#singlePrecision = elements instanceof Float32Array;
  }

  read(cursor: JsonCursor): boolean {
    const elements = this.#elements;
    do {
      if (this.count >= elements.length) return false;
      if (!atNumber(cursor)) throw accessError('double', DATA_CONTEXT);
      elements[this.count] = scanNumber(cursor, this.#singlePrecision);
      this.count += 1;
    } while (passToNumber(cursor));
    return true;
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#elements.buffer);
  }
}

type IntegerElements = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array;

/** Integers of 8 to 32 bits. A value out of range wraps, as it does in Triton. */
class IntegerTarget implements ElementTarget {
  count = 0;
  readonly #elements: IntegerElements;
  readonly #signedness: 'signed' | 'unsigned';

  constructor(elements: IntegerElements, signedness: 'signed' | 'unsigned') {
    this.#elements = elements;
    this.#signedness = signedness;
  }

  read(cursor: JsonCursor): boolean {
    const elements = this.#elements;
    do {
      if (this.count >= elements.length) return false;
      const start = cursor.position;
      const value = scanInteger(cursor, this.#signedness);
      elements[this.count] = Number.isSafeInteger(value)
        ? value
        : Number(BigInt.asIntN(32, scannedInteger(cursor, start)));
      this.count += 1;
    } while (passToNumber(cursor));
    return true;
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#elements.buffer);
  }
}

/**
 * 64-bit integers, written as two halves: a bigint for each element would cost more than the
 * parsing.
 */
class WideIntegerTarget implements ElementTarget {
  count = 0;
  readonly #elementCount: number;
  readonly #halves: Uint32Array;
  readonly #signedness: 'signed' | 'unsigned';

  constructor(elementCount: number, signedness: 'signed' | 'unsigned') {
    this.#elementCount = elementCount;
    this.#halves = new Uint32Array(elementCount * 2);
    this.#signedness = signedness;
  }

  read(cursor: JsonCursor): boolean {
    do {
      if (this.count >= this.#elementCount) return false;
      const start = cursor.position;
      const value = scanInteger(cursor, this.#signedness);
      if (Number.isSafeInteger(value)) this.#write(value);
      else this.#writeWide(scannedInteger(cursor, start));
      this.count += 1;
    } while (passToNumber(cursor));
    return true;
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#halves.buffer);
  }

  #write(value: number): void {
    // Both assignments reduce modulo 2^32, which makes two's complement of negative values.
    this.#halves[this.count * 2] = value;
    this.#halves[this.count * 2 + 1] = Math.floor(value / TWO_TO_32);
  }

  #writeWide(value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    this.#halves[this.count * 2] = Number(bits & 0xffff_ffffn);
    this.#halves[this.count * 2 + 1] = Number(bits >> 32n);
  }
}

class BooleanTarget implements ElementTarget {
  count = 0;
  readonly #elements: Uint8Array;

  constructor(count: number) {
    this.#elements = new Uint8Array(count);
  }

  read(cursor: JsonCursor): boolean {
    if (this.count >= this.#elements.length) return false;
    const value = readBoolean(cursor);
    if (value === undefined) throw accessError('boolean', DATA_CONTEXT);
    this.#elements[this.count] = value ? 1 : 0;
    this.count += 1;
    return true;
  }

  finish(): Uint8Array {
    return this.#elements;
  }
}

/** Strings as BYTES elements, in a buffer that grows as they come. */
export class BytesTarget implements ElementTarget {
  count = 0;
  #data: Buffer = Buffer.allocUnsafe(256);
  #sizeBytes = 0;

  read(cursor: JsonCursor): boolean {
    if (!cursor.atString()) throw accessError('string', BYTES_CONTEXT);
    const maxLength = scanString(cursor);
    this.#reserve(4 + maxLength);
    const start = this.#sizeBytes + 4;
    const end = writeScannedString(cursor, this.#data, start);
    this.#data.writeUInt32LE(end - start, this.#sizeBytes);
    this.#sizeBytes = end;
    this.count += 1;
    return true;
  }

  finish(): Uint8Array {
    return this.#data.subarray(0, this.#sizeBytes);
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#sizeBytes + sizeBytes;
    if (needed <= this.#data.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#data.length * 2));
    // Copied at most once more in total than it is long, as each new buffer is twice as large.
    this.#data.copy(grown, 0, 0, this.#sizeBytes);
    this.#data = grown;
  }
}

function scanInteger(cursor: JsonCursor, signedness: 'signed' | 'unsigned'): number {
  if (!atNumber(cursor)) throw accessError(signedness, DATA_CONTEXT);
  const start = cursor.position;
  const value = scanNumber(cursor);
  if (!cursor.numberIsInteger) throw accessError(signedness, DATA_CONTEXT);
  if (signedness === 'unsigned' ? value < 0 : exceedsInt64(cursor, value, start)) {
    throw accessError(signedness, DATA_CONTEXT);
  }
  return value;
}

function exceedsInt64(cursor: JsonCursor, value: number, start: number): boolean {
  return value >= TWO_TO_63 && scannedInteger(cursor, start) >= BigInt(TWO_TO_63);
}

/** Passes the comma before a plain number, so that a run of numbers is read in one loop. */
function passToNumber(cursor: JsonCursor): boolean {
  const { bytes, position } = cursor;
  if (bytes[position] !== COMMA) return false;
  const next = bytes[position + 1] === SPACE ? position + 2 : position + 1;
  const byte = bytes[next] ?? 0;
  if ((byte < 0x30 || byte > 0x39) && byte !== MINUS) return false;
  cursor.position = next;
  return true;
}

/** True when what is at the cursor can only be a number, or no JSON at all. */
function atNumber(cursor: JsonCursor): boolean {
  const byte = cursor.peek();
  return (
    byte !== QUOTE &&
    byte !== 0x7b &&
    byte !== 0x5b &&
    byte !== 0x74 &&
    byte !== 0x66 &&
    byte !== 0x6e
  );
}
