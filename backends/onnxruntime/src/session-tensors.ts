/** Between the server's tensors and those of onnxruntime-node. Hosts are little-endian. */

import {
  type DataType,
  ELEMENT_SIZE_BYTES,
  InferError,
  joinBytesElements,
  splitBytesElements,
  type Tensor,
} from '@nereid/core';
import type { ModelSignature } from '@nereid/model-config';
import type { Tensor as OnnxTensor, OnnxValue } from 'onnxruntime-node';
import type { OutputTensor } from './session-protocol.js';

interface OnnxType {
  readonly type: OnnxTensor.Type;
  readonly array: new (buffer: ArrayBuffer, offset: number, length: number) => OnnxTensor.DataType;
}

/** BF16 is missing: onnxruntime-node refuses such models. */
const ONNX_TYPES: Readonly<Partial<Record<DataType, OnnxType>>> = {
  BOOL: { type: 'bool', array: Uint8Array },
  UINT8: { type: 'uint8', array: Uint8Array },
  UINT16: { type: 'uint16', array: Uint16Array },
  UINT32: { type: 'uint32', array: Uint32Array },
  UINT64: { type: 'uint64', array: BigUint64Array },
  INT8: { type: 'int8', array: Int8Array },
  INT16: { type: 'int16', array: Int16Array },
  INT32: { type: 'int32', array: Int32Array },
  INT64: { type: 'int64', array: BigInt64Array },
  FP16: { type: 'float16', array: Uint16Array },
  FP32: { type: 'float32', array: Float32Array },
  FP64: { type: 'float64', array: Float64Array },
};

const DATATYPES: ReadonlyMap<string, DataType> = new Map<string, DataType>([
  ['string', 'BYTES'],
  ...Object.entries(ONNX_TYPES).map(
    ([datatype, { type }]) => [type, datatype as DataType] as const,
  ),
]);

/** By number, as in TensorProto.DataType of onnx.proto. */
const ELEMENT_DATATYPES: readonly (DataType | undefined)[] = [
  ...([undefined, 'FP32', 'UINT8', 'INT8', 'UINT16', 'INT16', 'INT32', 'INT64', 'BYTES'] as const),
  ...(['BOOL', 'FP16', 'FP64', 'UINT32', 'UINT64'] as const),
];

/** The datatype of a model's tensor; undefined for one that the server does not have. */
export function elementDatatype(element: number): DataType | undefined {
  return ELEMENT_DATATYPES[element];
}

type TensorConstructor = new (
  type: OnnxTensor.Type,
  data: OnnxTensor.DataType,
  dims: readonly number[],
) => OnnxTensor;

/** The inputs of one execution. */
export interface RunInputs {
  readonly inputs: readonly Tensor[];
  /** Inputs that have no dimension in the model, though they have one on the wire. */
  readonly scalars: ReadonlySet<string>;
  readonly Tensor: TensorConstructor;
}

/** What a session's `run` takes: views, but for strings, which have to be decoded one by one. */
export function toFeeds({ inputs, scalars, Tensor }: RunInputs): Record<string, OnnxValue> {
  const feeds: Record<string, OnnxValue> = {};
  for (const input of inputs) {
    const dims = scalars.has(input.name) ? NO_DIMS : input.shape;
    feeds[input.name] = toSessionInput(input, dims, Tensor);
  }
  return feeds;
}

const NO_DIMS: readonly number[] = [];

/** Names of a model's inputs that have no dimension. */
export function scalarInputs({ inputs }: ModelSignature): ReadonlySet<string> {
  return new Set(inputs.filter(({ shape }) => shape.length === 0).map(({ name }) => name));
}

function toSessionInput(input: Tensor, dims: readonly number[], Onnx: TensorConstructor) {
  const { name, datatype, data } = input;
  if (datatype === 'BYTES') return new Onnx('string', decodeStrings(name, data), dims);
  const onnxType = ONNX_TYPES[datatype];
  if (!onnxType) {
    throw new InferError('UNSUPPORTED', `input '${name}' has the datatype ${datatype}`);
  }
  const elementBytes = ELEMENT_SIZE_BYTES[datatype];
  const { buffer, byteOffset } = viewable(data, elementBytes);
  const values = new onnxType.array(buffer, byteOffset, data.byteLength / elementBytes);
  return new Onnx(onnxType.type, values, dims);
}

/**
 * The bytes where an array of such elements may lie: a request's own may begin anywhere in a body.
 */
function viewable(data: Uint8Array, elementBytes: number): Uint8Array<ArrayBuffer> {
  return data.byteOffset % elementBytes === 0 && isUnshared(data) ? data : new Uint8Array(data);
}

function isUnshared(data: Uint8Array): data is Uint8Array<ArrayBuffer> {
  return data.buffer instanceof ArrayBuffer;
}

/** The error of an execution that ONNX Runtime has refused. */
export function toRunError(cause: unknown): InferError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new InferError('INTERNAL', `onnx runtime error: ${message}`, { cause });
}

/** An output of the model, in a buffer of its own that can be transferred. */
export function toOutputTensor(name: string, value: OnnxValue): OutputTensor {
  const { type, data, dims } = value as OnnxTensor;
  const datatype = DATATYPES.get(type);
  if (!datatype) throw new InferError('UNSUPPORTED', `output '${name}' has the datatype ${type}`);
  return { name, datatype, shape: [...dims], data: toBuffer(data) };
}

function toBuffer(data: OnnxTensor.DataType): ArrayBuffer {
  if (Array.isArray(data)) return exactBuffer(joinBytesElements(data));
  return exactBuffer(data as Exclude<OnnxTensor.DataType, string[]>);
}

/** The array's own buffer when it fills it, which it does for all that ONNX Runtime makes. */
function exactBuffer({ buffer, byteOffset, byteLength }: ArrayBufferView): ArrayBuffer {
  const isExact = byteOffset === 0 && byteLength === buffer.byteLength;
  if (isExact && buffer instanceof ArrayBuffer) return buffer;
  return new Uint8Array(buffer, byteOffset, byteLength).slice().buffer;
}

/** A byte order mark is part of the text, and what is not text must not pass as something else. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * ONNX Runtime takes C strings, which end at a NUL, here as in Triton. onnxruntime-node makes them
 * of JavaScript's strings, so bytes that are not UTF-8 are an error: a wrong answer would be worse.
 */
function decodeStrings(name: string, data: Uint8Array): string[] {
  return splitBytesElements(data).map((element, index) => {
    const end = element.indexOf(0);
    try {
      return decoder.decode(end < 0 ? element : element.subarray(0, end));
    } catch (cause) {
      throw new InferError(
        'INVALID_ARG',
        `element ${index} of input '${name}' is not UTF-8 text, which is all that ` +
          'onnxruntime-node can pass to a model',
        { cause },
      );
    }
  });
}
