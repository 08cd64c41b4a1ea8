/** JSON `data` arrays into tensor bytes, in one pass over the text. */

import { type DataType, InferError } from '@nereid/core';
import { BytesTarget, type ElementTarget, elementTarget } from './element-target.js';
import type { JsonCursor } from './json-cursor.js';
import { accessError } from './json-value.js';

export interface TensorDataOptions {
  readonly name: string;
  readonly datatype: DataType;
  readonly elementCount: number;
  readonly maxSizeBytes: number;
  /** Whether a value that is no array will do, as the only element. */
  readonly scalarAllowed?: boolean;
}

/**
 * Reads the array at the cursor, flat or nested in whatever way, as the tensor's row-major
 * elements. The number of BYTES elements is not compared with the shape here. Throws the error that
 * the client is to see; the cursor is then somewhere in the array.
 */
export function readTensorData(cursor: JsonCursor, options: TensorDataOptions): Uint8Array {
  if (options.datatype === 'FP16' || options.datatype === 'BF16') throw jsonRefused(options);
  if (!cursor.atArray() && options.scalarAllowed !== true) {
    throw accessError('array', "Unable to parse 'data': ");
  }
  if (options.datatype === 'BYTES') return readBytesData(cursor, options);
  // An element takes two bytes of text at least, so that no shape gets more memory than the text
  // can fill.
  const maxElements = Math.floor((cursor.bytes.length - cursor.position) / 2) + 1;
  const target = elementTarget(options.datatype, Math.min(options.elementCount, maxElements));
  readElements(cursor, target);
  if (target.count !== options.elementCount) throw shapeMismatch();
  return target.finish();
}

function readBytesData(cursor: JsonCursor, options: TensorDataOptions): Uint8Array {
  const target = new BytesTarget();
  readElements(cursor, target);
  const data = target.finish();
  if (data.length > options.maxSizeBytes) throw jsonInputTooLarge(options, data.length);
  return data;
}

function readElements(cursor: JsonCursor, target: ElementTarget): void {
  if (!cursor.atArray()) {
    if (!target.read(cursor)) throw shapeMismatch();
    return;
  }
  for (let more = cursor.beginArray(); more; more = cursor.nextElement()) {
    if (cursor.atArray()) readElements(cursor, target);
    else if (!target.read(cursor)) throw shapeMismatch();
  }
}

/** The error for an input that is larger than `--http-max-input-size` allows. */
export function jsonInputTooLarge(
  options: Pick<TensorDataOptions, 'name' | 'maxSizeBytes'>,
  sizeBytes: number | bigint,
): InferError {
  return new InferError(
    'INVALID_ARG',
    `JSON input '${options.name}' has a byte_size (${sizeBytes} bytes) that exceeds the maximum ` +
      `allowed value of ${options.maxSizeBytes} bytes. Use --http-max-input-size to increase ` +
      'the limit.',
  );
}

function jsonRefused({ datatype, name }: TensorDataOptions): InferError {
  return new InferError(
    'INVALID_ARG',
    `receiving ${datatype} data via JSON is not supported. Please use the binary data format for ` +
      `input ${name}`,
  );
}

function shapeMismatch(): InferError {
  return new InferError(
    'INTERNAL',
    "Unable to parse 'data': Shape does not match true shape of 'data' field",
  );
}
