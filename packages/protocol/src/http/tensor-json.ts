/** The `data` array of an output. */

import { type DataType, InferError, splitBytesElements, type Tensor } from '@nereid/core';
import { writeDouble, writeInteger } from './decimal-bytes.js';
import { doubleText, quoteBytes } from './json-text.js';
import type { JsonWriter } from './json-writer.js';

/** Elements whose text is made as one piece. */
const ELEMENTS_PER_PIECE = 4096;

const TWO_TO_32 = 0x1_0000_0000;

const NO_BYTES = new Uint8Array(0);

/** From so many elements on, numbers are turned into bytes without making strings of them. */
const MIN_ELEMENTS_AS_BYTES = 256;
/** With a comma. */
const MAX_NUMBER_BYTES = 28;
const COMMA = 0x2c;

type ElementText = (index: number) => string;

/** Prints the elements of a tensor, or has the numbers that they are. */
interface Elements {
  readonly textOf: ElementText;
  readonly values?: ArrayLike<number>;
  readonly write?: typeof writeInteger;
}

/** For each datatype, what prints the elements of a tensor. */
const PRINTERS = {
  BOOL: (data) => ({ textOf: (index) => (data[index] ? 'true' : 'false') }),
  UINT8: (data) => numbers(data),
  UINT16: (data) => numbers(new Uint16Array(...aligned(data, 2))),
  UINT32: (data) => numbers(new Uint32Array(...aligned(data, 4))),
  UINT64: (data) => wideIntegers(new Uint32Array(...aligned(data, 4)), 'unsigned'),
  INT8: (data) => numbers(new Int8Array(data.buffer, data.byteOffset, data.byteLength)),
  INT16: (data) => numbers(new Int16Array(...aligned(data, 2))),
  INT32: (data) => numbers(new Int32Array(...aligned(data, 4))),
  INT64: (data) => wideIntegers(new Uint32Array(...aligned(data, 4)), 'signed'),
  FP32: (data) => doubles(new Float32Array(...aligned(data, 4))),
  FP64: (data) => doubles(new Float64Array(...aligned(data, 8))),
} as const satisfies Partial<Record<DataType, (data: Uint8Array) => Elements>>;

type PrintedDataType = keyof typeof PRINTERS;

const ELEMENT_SIZES_LOG2: Readonly<Record<PrintedDataType, number>> = {
  BOOL: 0,
  UINT8: 0,
  UINT16: 1,
  UINT32: 2,
  UINT64: 3,
  INT8: 0,
  INT16: 1,
  INT32: 2,
  INT64: 3,
  FP32: 2,
  FP64: 3,
};

/** Writes the `data` array of one output, piece by piece. */
export class TensorDataWriter {
  readonly #elementCount: number;
  readonly #elements: Elements;
  readonly #open: string;
  readonly #close: string;
  #written = 0;

  /**
   * Throws an InferError for what cannot be written as JSON. `bare` leaves out the brackets, for a
   * single element.
   */
  constructor(tensor: Tensor, { bare = false }: { readonly bare?: boolean } = {}) {
    this.#open = bare ? '' : '[';
    this.#close = bare ? '' : ']';
    const { datatype, data } = tensor;
    if (datatype === 'FP16' || datatype === 'BF16') throw jsonRefused(tensor);
    if (datatype === 'BYTES') {
      const elements = splitElements(tensor);
      this.#elementCount = elements.length;
      this.#elements = strings(elements);
    } else {
      this.#elementCount = data.byteLength >> ELEMENT_SIZES_LOG2[datatype];
      this.#elements = PRINTERS[datatype](data);
    }
  }

  /** Appends the next elements. Returns whether the array has ended. */
  writePiece(writer: JsonWriter): boolean {
    const start = this.#written;
    const end = Math.min(this.#elementCount, start + ELEMENTS_PER_PIECE);
    this.#written = end;
    const { textOf, values, write } = this.#elements;
    if (values && write && end - start >= MIN_ELEMENTS_AS_BYTES) {
      return this.#writeBytes(writer, { start, end, values, write });
    }
    let text = start === 0 ? this.#open : ',';
    if (start < end) text += textOf(start);
    for (let index = start + 1; index < end; index += 1) text += `,${textOf(index)}`;
    const ended = end === this.#elementCount;
    writer.append(ended ? text + this.#close : text);
    return ended;
  }

  #writeBytes(writer: JsonWriter, { start, end, values, write }: NumberRun): boolean {
    writer.append(start === 0 ? this.#open : ',');
    const bytes = Buffer.allocUnsafeSlow((end - start) * MAX_NUMBER_BYTES);
    let position = 0;
    for (let index = start; index < end; index += 1) {
      const after = write(values[index] ?? 0, bytes, position);
      position =
        after >= 0 ? after : position + bytes.write(this.#textOf(index), position, 'latin1');
      bytes[position] = COMMA;
      position += 1;
    }
    writer.appendBytes(bytes.subarray(0, position - 1));
    const ended = end === this.#elementCount;
    if (ended) writer.append(this.#close);
    return ended;
  }

  #textOf(index: number): string {
    return this.#elements.textOf(index);
  }
}

interface NumberRun {
  readonly start: number;
  readonly end: number;
  readonly values: ArrayLike<number>;
  readonly write: typeof writeInteger;
}

function splitElements({ name, data }: Tensor): readonly Uint8Array[] {
  try {
    return splitBytesElements(data);
  } catch (cause) {
    throw new InferError('INTERNAL', `output '${name}' holds malformed BYTES data`, { cause });
  }
}

/**
 * The arguments of a typed array over the data; a copy if the data lies where a typed array
 * cannot begin.
 */
function aligned(data: Uint8Array, elementSizeBytes: number): [ArrayBufferLike, number, number] {
  const count = Math.floor(data.byteLength / elementSizeBytes);
  if (data.byteOffset % elementSizeBytes === 0) return [data.buffer, data.byteOffset, count];
  const copy = new Uint8Array(data);
  return [copy.buffer, 0, count];
}

function strings(elements: readonly Uint8Array[]): Elements {
  const textOf = (index: number) => {
    const element = elements[index] ?? NO_BYTES;
    return quoteBytes(Buffer.from(element.buffer, element.byteOffset, element.byteLength));
  };
  return { textOf };
}

function numbers(values: ArrayLike<number>): Elements {
  return { textOf: (index) => `${values[index]}`, values, write: writeInteger };
}

function doubles(values: ArrayLike<number>): Elements {
  return { textOf: (index) => doubleText(values[index] ?? 0), values, write: writeDouble };
}

/** 64-bit integers as pairs of halves: a bigint only for one that is too large for a number. */
function wideIntegers(halves: Uint32Array, signedness: 'signed' | 'unsigned'): Elements {
  const textOf = (index: number) => {
    const low = halves[index * 2] ?? 0;
    const unsignedHigh = halves[index * 2 + 1] ?? 0;
    const high = signedness === 'signed' ? unsignedHigh | 0 : unsignedHigh;
    const value = high * TWO_TO_32 + low;
    if (Number.isSafeInteger(value)) return `${value}`;
    return `${(BigInt(high) << 32n) + BigInt(low)}`;
  };
  return { textOf };
}

function jsonRefused({ datatype, name }: Tensor): InferError {
  return new InferError(
    'INVALID_ARG',
    `sending ${datatype} data via JSON is not supported. Please use the binary data format for ` +
      `output ${name}`,
  );
}
