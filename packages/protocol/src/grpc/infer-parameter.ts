import type { Parameters, ParameterValue } from '@nereid/core';
import { FIXED64, fieldTag, LENGTH_DELIMITED, VARINT } from './wire-format.js';
import type { WireReader } from './wire-reader.js';
import {
  delimitedSize,
  utf8Size,
  varint64Size,
  varintSize,
  type WireWriter,
} from './wire-writer.js';

/** A uint64 parameter, which only `priority` may be; a plain bigint is an int64. */
export class Uint64Parameter {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** What an InferParameter message holds; undefined when it chooses nothing. */
export type InferParameterValue = ParameterValue | Uint64Parameter | undefined;

/** Parameters as they came: the names are not checked yet, nor which types they allow. */
export type InferParameters = ReadonlyMap<string, InferParameterValue>;

export const NO_INFER_PARAMETERS: InferParameters = new Map();

const KEY_TAG = fieldTag(1, LENGTH_DELIMITED);
const VALUE_TAG = fieldTag(2, LENGTH_DELIMITED);
const BOOL_TAG = fieldTag(1, VARINT);
const INT64_TAG = fieldTag(2, VARINT);
const STRING_TAG = fieldTag(3, LENGTH_DELIMITED);
const DOUBLE_TAG = fieldTag(4, FIXED64);
const UINT64_TAG = fieldTag(5, VARINT);

/** Reads one entry of a `map<string, InferParameter>`; the last of equal keys stays. */
export function readParameterEntry(
  reader: WireReader,
  into: Map<string, InferParameterValue>,
): void {
  let key = '';
  let value: InferParameterValue;
  const outerEnd = reader.enter();
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === KEY_TAG) key = reader.string();
    else if (tag === VALUE_TAG) value = readInferParameter(reader, value);
    else reader.skip(tag);
  }
  reader.leave(outerEnd);
  into.set(key, value);
}

/** All choices belong to one oneof: the last one wins, also over those of an earlier occurrence. */
function readInferParameter(reader: WireReader, previous: InferParameterValue) {
  let value = previous;
  const outerEnd = reader.enter();
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === BOOL_TAG) value = reader.bool();
    else if (tag === INT64_TAG) value = reader.int64();
    else if (tag === STRING_TAG) value = reader.string();
    else if (tag === DOUBLE_TAG) value = reader.double();
    else if (tag === UINT64_TAG) value = new Uint64Parameter(reader.uint64());
    else reader.skip(tag);
  }
  reader.leave(outerEnd);
  return value;
}

/** The bytes of a `map<string, InferParameter>` field whose tag takes one byte. */
export function parametersSize(parameters: Parameters): number {
  let total = 0;
  for (const [key, value] of parameters) {
    const size = entrySize(key, value);
    total += 1 + varintSize(size) + size;
  }
  return total;
}

export function writeParameters(writer: WireWriter, field: number, parameters: Parameters): void {
  for (const [key, value] of parameters) writeParameter(writer, field, [key, value]);
}

export function writeParameter(
  writer: WireWriter,
  field: number,
  [key, value]: readonly [string, ParameterValue],
): void {
  writer.delimiter(field, entrySize(key, value));
  writer.varint(KEY_TAG);
  writer.string(key);
  writer.delimiter(2, valueSize(value));
  writeValue(writer, value);
}

function entrySize(key: string, value: ParameterValue): number {
  return delimitedSize(1, utf8Size(key)) + delimitedSize(2, valueSize(value));
}

/** The bytes of an InferParameter message, its one field included. */
function valueSize(value: ParameterValue): number {
  if (typeof value === 'boolean') return 2;
  if (typeof value === 'bigint') return 1 + varint64Size(BigInt.asIntN(64, value));
  if (typeof value === 'number') return 9;
  return delimitedSize(3, utf8Size(value));
}

function writeValue(writer: WireWriter, value: ParameterValue): void {
  if (typeof value === 'boolean') {
    writer.varint(BOOL_TAG);
    writer.varint(value ? 1 : 0);
  } else if (typeof value === 'bigint') {
    writer.varint(INT64_TAG);
    writer.varint64(BigInt.asIntN(64, value));
  } else if (typeof value === 'number') {
    writer.varint(DOUBLE_TAG);
    writer.double(value);
  } else {
    writer.varint(STRING_TAG);
    writer.string(value);
  }
}
