import { InferError, type InferenceResponse, NO_PARAMETERS, type Tensor } from '@nereid/core';
import { encodeParameters } from './encode-parameters.js';
import { parametersSize, writeParameter } from './infer-parameter.js';
import { LENGTH_DELIMITED, MAX_MESSAGE_BYTES } from './wire-format.js';
import {
  delimitedSize,
  stringFieldSize,
  utf8Size,
  varint64Size,
  varintSize,
  WireWriter,
} from './wire-writer.js';

const PARAMETERS = 4;
const OUTPUTS = 5;
const RAW_OUTPUT_CONTENTS = 6;
const ERROR_MESSAGE = 1;
const INFER_RESPONSE = 2;

const FINAL_RESPONSE = 'triton_final_response';
/** The parameter's entry as a whole: tag, length, key and a bool. */
const FINAL_RESPONSE_SIZE = parametersSize(new Map([[FINAL_RESPONSE, true]]));

/** A ModelInferResponse, field by field; its version is text, empty where none is known. */
interface ResponseFields {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  /** As they are on the wire. */
  readonly parameters: Uint8Array;
  /** The value of `triton_final_response`; undefined leaves the parameter out. */
  readonly final: boolean | undefined;
  readonly outputs: readonly Tensor[];
}

/**
 * What a stream says about a request that failed, or about one that ended without a last response.
 */
interface StreamNotice {
  /** Empty for a request that succeeded. */
  readonly errorMessage: string;
  readonly id: string;
  /** Known, and told, once the request was accepted. */
  readonly modelName?: string;
  /** As the request named it. */
  readonly modelVersion?: string;
  readonly final?: boolean;
}

/** Tensor data from here on stay where they are: a message in pieces is cheaper than a copy. */
const VIEW_FROM_BYTES = 64 * 1024;

/**
 * Encodes a ModelInferResponse as pieces that follow one another: large tensors' data are pieces of
 * their own, all else is copied once. Throws INVALID_ARG for a response beyond gRPC's size limit.
 */
export function encodeGrpcInferResponse(response: InferenceResponse): readonly Buffer[] {
  const fields = responseFields(response, undefined);
  const size = responseSize(fields);
  checkSize(size);
  const viewedBytes = fields.outputs.reduce((sum, { data }) => sum + viewedSize(data), 0);
  const writer = new WireWriter(size - viewedBytes);
  if (viewedBytes === 0) {
    writeResponse(writer, fields);
    return [writer.bytes];
  }
  return writeInPieces(writer, fields);
}

function viewedSize({ length }: Uint8Array): number {
  return length >= VIEW_FROM_BYTES ? length : 0;
}

function writeInPieces(writer: WireWriter, fields: ResponseFields): Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  writeDescriptions(writer, fields);
  for (const { data } of fields.outputs) {
    writer.tag(RAW_OUTPUT_CONTENTS, LENGTH_DELIMITED);
    if (viewedSize(data) === 0) writer.raw(data);
    else {
      writer.varint(data.length);
      const view = Buffer.from(data.buffer, data.byteOffset, data.length);
      pieces.push(writer.bytes.subarray(start, writer.position), view);
      start = writer.position;
    }
  }
  if (start < writer.position) pieces.push(writer.bytes.subarray(start, writer.position));
  return pieces;
}

/** Encodes a response as a ModelStreamInferResponse that tells whether it is the request's last. */
export function encodeStreamInferResponse(response: InferenceResponse, final: boolean): Buffer {
  return encodeStreamMessage('', responseFields(response, final));
}

/** Encodes a ModelStreamInferResponse without outputs. */
export function encodeStreamNotice(notice: StreamNotice): Buffer {
  return encodeStreamMessage(notice.errorMessage, {
    modelName: notice.modelName ?? '',
    modelVersion: notice.modelVersion ?? '',
    id: notice.id,
    parameters: encodeParameters(PARAMETERS, NO_PARAMETERS),
    final: notice.final,
    outputs: [],
  });
}

function encodeStreamMessage(errorMessage: string, fields: ResponseFields): Buffer {
  const innerSize = responseSize(fields);
  const size =
    stringFieldSize(ERROR_MESSAGE, errorMessage) + delimitedSize(INFER_RESPONSE, innerSize);
  checkSize(size);
  const writer = new WireWriter(size);
  writer.stringField(ERROR_MESSAGE, errorMessage);
  writer.delimiter(INFER_RESPONSE, innerSize);
  writeResponse(writer, fields);
  return writer.bytes;
}

function responseFields(response: InferenceResponse, final: boolean | undefined): ResponseFields {
  return {
    modelName: response.modelName,
    modelVersion: String(response.modelVersion),
    id: response.id,
    parameters: encodeParameters(PARAMETERS, response.parameters),
    final,
    outputs: response.outputs,
  };
}

function checkSize(size: number): void {
  if (size <= MAX_MESSAGE_BYTES) return;
  throw new InferError(
    'INVALID_ARG',
    `Response has byte size ${size} which exceeds gRPC's byte size limit ${MAX_MESSAGE_BYTES}.`,
  );
}

function responseSize(fields: ResponseFields): number {
  let size =
    stringFieldSize(1, fields.modelName) +
    stringFieldSize(2, fields.modelVersion) +
    stringFieldSize(3, fields.id) +
    fields.parameters.length +
    (fields.final === undefined ? 0 : FINAL_RESPONSE_SIZE);
  for (const output of fields.outputs) {
    size += delimitedSize(OUTPUTS, outputSize(output));
    size += delimitedSize(RAW_OUTPUT_CONTENTS, output.data.length);
  }
  return size;
}

function writeResponse(writer: WireWriter, fields: ResponseFields): void {
  writeDescriptions(writer, fields);
  // One entry for each output, even when empty, so that they pair up.
  for (const output of fields.outputs) {
    writer.tag(RAW_OUTPUT_CONTENTS, LENGTH_DELIMITED);
    writer.raw(output.data);
  }
}

/** All but the data. */
function writeDescriptions(writer: WireWriter, fields: ResponseFields): void {
  writer.stringField(1, fields.modelName);
  writer.stringField(2, fields.modelVersion);
  writer.stringField(3, fields.id);
  writer.encoded(fields.parameters);
  if (fields.final !== undefined) {
    writeParameter(writer, PARAMETERS, [FINAL_RESPONSE, fields.final]);
  }
  for (const output of fields.outputs) writeOutput(writer, output);
}

function outputSize(output: Tensor): number {
  const shapeSize = packedSize(output.shape);
  return (
    stringFieldSize(1, output.name) +
    delimitedSize(2, utf8Size(output.datatype)) +
    (shapeSize === 0 ? 0 : 1 + varintSize(shapeSize) + shapeSize)
  );
}

function packedSize(shape: readonly number[]): number {
  let size = 0;
  for (const dim of shape) size += varint64Size(dim);
  return size;
}

function writeOutput(writer: WireWriter, output: Tensor): void {
  writer.delimiter(OUTPUTS, outputSize(output));
  writer.stringField(1, output.name);
  writer.stringField(2, output.datatype);
  if (output.shape.length === 0) return;
  writer.delimiter(3, packedSize(output.shape));
  for (const dim of output.shape) writer.varint64(dim);
}
