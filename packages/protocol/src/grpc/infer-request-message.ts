import {
  type DataType,
  InferError,
  isDataType,
  type RequestedOutput,
  type Tensor,
} from '@nereid/core';
import {
  type InferParameters,
  type InferParameterValue,
  NO_INFER_PARAMETERS,
  readParameterEntry,
} from './infer-parameter.js';
import { fieldTag, LENGTH_DELIMITED, VARINT } from './wire-format.js';
import { WireReader } from './wire-reader.js';

/**
 * More than any model has; a message of two gigabytes could otherwise ask for a billion objects.
 */
const MAX_TENSORS = 65_536;
const MAX_DIMENSIONS = 1_024;
const MAX_PARAMETERS = 65_536;

const NO_DATA = new Uint8Array();

/**
 * An input of a request: read from the message first and completed to a Tensor later, in the same
 * object, so that no request makes a second one of each input.
 */
export class InputTensor implements Tensor {
  name = '';
  /** Meaningful only while `datatypeText` is undefined. */
  datatype: DataType = 'BYTES';
  /** The datatype as sent, when it is none that exists. */
  datatypeText: string | undefined = '';
  readonly shape: number[] = [];
  data: Uint8Array = NO_DATA;
  parameters: InferParameters = NO_INFER_PARAMETERS;
  /** A serialized InferTensorContents. */
  contents: Buffer | undefined;
}

/** A requested output, likewise. */
export class OutputRequest implements RequestedOutput {
  name = '';
  classificationCount = 0;
  parameters: InferParameters = NO_INFER_PARAMETERS;
}

/** A ModelInferRequest as sent: nothing is checked but that it is valid protobuf. */
export class InferRequestMessage {
  modelName = '';
  modelVersion = '';
  id = '';
  parameters: InferParameters = NO_INFER_PARAMETERS;
  readonly inputs: InputTensor[] = [];
  readonly outputs: OutputRequest[] = [];
  /** Views into the message. */
  readonly rawInputContents: Buffer[] = [];
}

const MODEL_NAME = fieldTag(1, LENGTH_DELIMITED);
const MODEL_VERSION = fieldTag(2, LENGTH_DELIMITED);
const ID = fieldTag(3, LENGTH_DELIMITED);
const PARAMETERS = fieldTag(4, LENGTH_DELIMITED);
const INPUTS = fieldTag(5, LENGTH_DELIMITED);
const OUTPUTS = fieldTag(6, LENGTH_DELIMITED);
const RAW_INPUT_CONTENTS = fieldTag(7, LENGTH_DELIMITED);

/**
 * Reads a ModelInferRequest in place; the tensors' data are views into `bytes`.
 * Throws INTERNAL when it is no valid protobuf, INVALID_ARG when it exceeds a limit.
 */
export function readInferRequestMessage(bytes: Uint8Array): InferRequestMessage {
  const reader = new WireReader(asBuffer(bytes));
  const message = new InferRequestMessage();
  while (reader.position < reader.end) readRequestField(reader, message);
  return message;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readRequestField(reader: WireReader, message: InferRequestMessage): void {
  const tag = reader.tag();
  switch (tag) {
    case MODEL_NAME:
      message.modelName = reader.string();
      return;
    case MODEL_VERSION:
      message.modelVersion = reader.string();
      return;
    case ID:
      message.id = reader.string();
      return;
    case PARAMETERS:
      message.parameters = readParameter(reader, message.parameters);
      return;
    case INPUTS:
      limit(message.inputs.length, MAX_TENSORS, 'inputs');
      message.inputs.push(readInput(reader));
      return;
    case OUTPUTS:
      limit(message.outputs.length, MAX_TENSORS, 'requested outputs');
      message.outputs.push(readOutput(reader));
      return;
    case RAW_INPUT_CONTENTS:
      readRawContents(reader, message);
      return;
    default:
      reader.skip(tag);
  }
}

function readRawContents(reader: WireReader, message: InferRequestMessage): void {
  const contents = reader.bytes();
  // Entries without an input are ignored, and there cannot be more inputs than this.
  if (message.rawInputContents.length < MAX_TENSORS) message.rawInputContents.push(contents);
}

function readParameter(reader: WireReader, known: InferParameters): InferParameters {
  limit(known.size, MAX_PARAMETERS, 'parameters');
  const parameters: Map<string, InferParameterValue> =
    known === NO_INFER_PARAMETERS ? new Map() : (known as Map<string, InferParameterValue>);
  readParameterEntry(reader, parameters);
  return parameters;
}

const TENSOR_NAME = fieldTag(1, LENGTH_DELIMITED);
const INPUT_DATATYPE = fieldTag(2, LENGTH_DELIMITED);
const INPUT_SHAPE = fieldTag(3, VARINT);
const INPUT_SHAPE_PACKED = fieldTag(3, LENGTH_DELIMITED);
const INPUT_PARAMETERS = fieldTag(4, LENGTH_DELIMITED);
const INPUT_CONTENTS = fieldTag(5, LENGTH_DELIMITED);
const OUTPUT_PARAMETERS = fieldTag(2, LENGTH_DELIMITED);

function readInput(reader: WireReader): InputTensor {
  const input = new InputTensor();
  const outerEnd = reader.enter();
  while (reader.position < reader.end) readInputField(reader, input);
  reader.leave(outerEnd);
  return input;
}

function readInputField(reader: WireReader, input: InputTensor): void {
  const tag = reader.tag();
  switch (tag) {
    case TENSOR_NAME:
      input.name = reader.string();
      return;
    case INPUT_DATATYPE:
      readDatatype(reader, input);
      return;
    case INPUT_SHAPE_PACKED:
      readPackedShape(reader, input.shape);
      return;
    case INPUT_SHAPE:
      readDimension(reader, input.shape);
      return;
    case INPUT_PARAMETERS:
      input.parameters = readParameter(reader, input.parameters);
      return;
    case INPUT_CONTENTS:
      readContents(reader, input);
      return;
    default:
      reader.skip(tag);
  }
}

function readDatatype(reader: WireReader, input: InputTensor): void {
  const text = reader.string();
  const known = isDataType(text);
  if (known) input.datatype = text;
  input.datatypeText = known ? undefined : text;
}

function readPackedShape(reader: WireReader, shape: number[]): void {
  const outerEnd = reader.enter();
  while (reader.position < reader.end) readDimension(reader, shape);
  reader.leave(outerEnd);
}

function readDimension(reader: WireReader, shape: number[]): void {
  limit(shape.length, MAX_DIMENSIONS, 'dimensions in a shape');
  shape.push(reader.int64AsNumber());
}

function readContents(reader: WireReader, input: InputTensor): void {
  const contents = reader.bytes();
  // Protobuf merges messages that occur twice, and joining their bytes does just that.
  input.contents = input.contents ? Buffer.concat([input.contents, contents]) : contents;
}

function readOutput(reader: WireReader): OutputRequest {
  const output = new OutputRequest();
  const outerEnd = reader.enter();
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === TENSOR_NAME) output.name = reader.string();
    else if (tag === OUTPUT_PARAMETERS) {
      output.parameters = readParameter(reader, output.parameters);
    } else reader.skip(tag);
  }
  reader.leave(outerEnd);
  return output;
}

function limit(count: number, most: number, what: string): void {
  if (count < most) return;
  throw new InferError('INVALID_ARG', `request has more than ${most} ${what}`);
}
