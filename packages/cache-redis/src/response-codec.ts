/**
 * What Redis keeps of an answer: a mark, a checksum of all that follows, a head with the tensors'
 * descriptions and the parameters, and the tensors' bytes one after the other.
 */

import { crc32 } from 'node:zlib';
import {
  isDataType,
  type ModelResponse,
  NO_PARAMETERS,
  type Parameters,
  type ParameterValue,
  type Tensor,
} from '@nereid/core';
import { FieldReader } from './field-reader.js';
import { FieldWriter } from './field-writer.js';

/** Changes with the format, so that servers of different versions can share a Redis. */
const MARK = Buffer.from('NRC1');
const CHECKSUM_OFFSET = 4;
const HEAD_SIZE_OFFSET = 8;
const HEAD_OFFSET = 12;

export function encodeResponse({ outputs, parameters = NO_PARAMETERS }: ModelResponse): Buffer {
  const head = encodeHead(outputs, parameters);
  const size = outputs.reduce((sum, { data }) => sum + data.byteLength, HEAD_OFFSET + head.length);
  const value = Buffer.allocUnsafe(size);
  MARK.copy(value);
  value.writeUInt32LE(head.length, HEAD_SIZE_OFFSET);
  let offset = HEAD_OFFSET + head.copy(value, HEAD_OFFSET);
  for (const { data } of outputs) {
    // Copied into one value, which is what Redis keeps.
    value.set(data, offset);
    offset += data.byteLength;
  }
  value.writeUInt32LE(crc32(value.subarray(HEAD_SIZE_OFFSET)), CHECKSUM_OFFSET);
  return value;
}

/** Returns undefined for bytes that are no answer, or a damaged one. The tensors are views. */
export function decodeResponse(value: Buffer): ModelResponse | undefined {
  if (value.byteLength < HEAD_OFFSET || !value.subarray(0, MARK.length).equals(MARK)) {
    return undefined;
  }
  const checksum = crc32(value.subarray(HEAD_SIZE_OFFSET));
  if (checksum !== value.readUInt32LE(CHECKSUM_OFFSET)) return undefined;
  try {
    return decodeFields(new FieldReader(value.subarray(HEAD_SIZE_OFFSET)));
  } catch {
    return undefined;
  }
}

function encodeHead(outputs: readonly Tensor[], parameters: Parameters): Buffer {
  const head = new FieldWriter();
  head.count(outputs.length);
  for (const { name, datatype, shape, data } of outputs) {
    head.text(name);
    head.text(datatype);
    head.count(shape.length);
    for (const dim of shape) head.number(dim);
    head.number(data.byteLength);
  }
  head.count(parameters.size);
  for (const [name, value] of parameters) {
    head.text(name);
    head.text(typeof value);
    if (typeof value === 'number') head.number(value);
    else head.text(String(value));
  }
  return head.written;
}

/** Throws for what no server has written. */
function decodeFields(fields: FieldReader): ModelResponse {
  const head = new FieldReader(fields.bytes(fields.count()));
  const outputs: Tensor[] = [];
  for (let left = head.count(); left > 0; left -= 1) outputs.push(decodeTensor(head, fields));
  const parameters = new Map<string, ParameterValue>();
  for (let left = head.count(); left > 0; left -= 1) parameters.set(head.text(), decodeValue(head));
  if (!head.ended || !fields.ended) throw new RangeError('there are bytes left');
  return { outputs, parameters };
}

function decodeTensor(head: FieldReader, fields: FieldReader): Tensor {
  const name = head.text();
  const datatype = head.text();
  if (!isDataType(datatype)) throw new RangeError(`there is no datatype ${datatype}`);
  const shape: number[] = [];
  for (let left = head.count(); left > 0; left -= 1) shape.push(decodeDim(head));
  return { name, datatype, shape, data: fields.bytes(head.number()) };
}

function decodeDim(head: FieldReader): number {
  const dim = head.number();
  if (!Number.isSafeInteger(dim) || dim < 0) throw new RangeError(`${dim} is no dimension`);
  return dim;
}

function decodeValue(head: FieldReader): ParameterValue {
  const type = head.text();
  switch (type) {
    case 'string':
      return head.text();
    case 'boolean':
      return head.text() === 'true';
    case 'bigint':
      return BigInt(head.text());
    case 'number':
      return head.number();
    default:
      throw new RangeError(`there is no parameter of type ${type}`);
  }
}
