/**
 * The client's half of two gRPC messages, `ModelInferRequest` and `ModelInferResponse`, as far as a
 * classification needs them.
 */

import type { ClassificationRequest } from './inference-client.js';

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** What a server answers to one request. */
export interface InferAnswer {
  readonly id: string;
  /** The raw contents of the first output. */
  readonly rawOutput: Uint8Array | undefined;
}

/** An answer on a stream: one of the two is set. */
interface StreamAnswer extends InferAnswer {
  readonly error: string;
}

export function encodeInferRequest(
  modelName: string,
  modelVersion: string,
  request: ClassificationRequest,
): Buffer {
  const shape = Buffer.concat(request.shape.map(varint));
  const input = [text(1, request.inputName), text(2, request.datatype), field(3, shape)];
  const count = Buffer.concat([varint((2 << 3) | VARINT), varint(request.classCount)]);
  const parameter = [text(1, 'classification'), field(2, count)];
  const output = [text(1, request.outputName), field(2, Buffer.concat(parameter))];
  return Buffer.concat([
    text(1, modelName),
    text(2, modelVersion),
    text(3, request.id),
    field(5, Buffer.concat(input)),
    field(6, Buffer.concat(output)),
    field(7, request.data),
  ]);
}

/** Decodes a `ModelInferResponse`. Throws a RangeError for bytes that are no message. */
export function decodeInferAnswer(bytes: Uint8Array): InferAnswer {
  const fields = readFields(bytes);
  return { id: asText(fields.get(3)), rawOutput: fields.get(6)?.[0] };
}

/** Decodes a `ModelStreamInferResponse`. Throws a RangeError for bytes that are no message. */
export function decodeStreamAnswer(bytes: Uint8Array): StreamAnswer {
  const fields = readFields(bytes);
  const answer = decodeInferAnswer(fields.get(2)?.[0] ?? new Uint8Array());
  return { ...answer, error: asText(fields.get(1)) };
}

function text(number: number, value: string): Buffer {
  return field(number, Buffer.from(value));
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([
    varint((number << 3) | LENGTH_DELIMITED),
    varint(content.byteLength),
    content,
  ]);
}

/** `value` is a whole number from 0 to 2^53. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function asText(contents: readonly Uint8Array[] | undefined): string {
  return Buffer.from(contents?.[0] ?? []).toString('utf8');
}

/** The length-delimited fields of a message, as views; fields of other kinds are passed over. */
function readFields(bytes: Uint8Array): ReadonlyMap<number, readonly Uint8Array[]> {
  const fields = new Map<number, Uint8Array[]>();
  const cursor = { offset: 0 };
  while (cursor.offset < bytes.length) {
    const tag = readVarint(bytes, cursor);
    const kind = tag & 7;
    const length = kind === LENGTH_DELIMITED ? readVarint(bytes, cursor) : 0;
    const start = cursor.offset;
    cursor.offset += length;
    if (kind === VARINT) readVarint(bytes, cursor);
    else if (kind === FIXED_64) cursor.offset += 8;
    else if (kind === FIXED_32) cursor.offset += 4;
    else if (kind !== LENGTH_DELIMITED) throw new RangeError(`a field of the unknown kind ${kind}`);
    if (cursor.offset > bytes.length) throw new RangeError('a field reaches beyond its message');
    if (kind !== LENGTH_DELIMITED) continue;
    const number = tag >>> 3;
    fields.set(number, [...(fields.get(number) ?? []), bytes.subarray(start, cursor.offset)]);
  }
  return fields;
}

/** Tags and lengths need 32 bits; of a longer number only its extent matters. */
function readVarint(bytes: Uint8Array, cursor: { offset: number }): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[cursor.offset++];
    if (byte === undefined) throw new RangeError('a number reaches beyond its message');
    value += (byte & 127) * factor;
    if (byte < 128) return value;
  }
}
