/** Between the slots of a request and the tensors of onnxruntime-node. Hosts are little-endian. */

import type { TensorSlot } from '@nereid/backend-kit';
import {
  type DataType,
  ELEMENT_SIZE_BYTES,
  InferError,
  joinBytesElements,
  splitBytesElements,
} from '@nereid/core';
import type { OnnxValue, Tensor } from 'onnxruntime-node';
import type { OutputTensor } from './session-protocol.js';

interface OnnxType {
  readonly type: Tensor.Type;
  readonly array: new (buffer: ArrayBuffer, offset: number, length: number) => Tensor.DataType;
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
  ['bool', 'BOOL'],
  ['uint8', 'UINT8'],
  ['uint16', 'UINT16'],
  ['uint32', 'UINT32'],
  ['uint64', 'UINT64'],
  ['int8', 'INT8'],
  ['int16', 'INT16'],
  ['int32', 'INT32'],
  ['int64', 'INT64'],
  ['float16', 'FP16'],
  ['float32', 'FP32'],
  ['float64', 'FP64'],
  ['string', 'BYTES'],
]);

/**
 * The datatype of onnxruntime-node's name for it; undefined for one that the server does not have.
 */
export function datatypeOf(type: string): DataType | undefined {
  return DATATYPES.get(type);
}

type TensorConstructor = new (
  type: Tensor.Type,
  data: Tensor.DataType,
  dims: readonly number[],
) => Tensor;

interface InputSource {
  readonly Tensor: TensorConstructor;
  readonly buffer: ArrayBuffer;
}

/** An input of the model: a view, but for strings, which have to be decoded one by one. */
export function toSessionInput(slot: TensorSlot, dims: readonly number[], source: InputSource) {
  const { name, datatype, offset, sizeBytes } = slot;
  const { Tensor, buffer } = source;
  if (datatype === 'BYTES') {
    const strings = decodeStrings(name, new Uint8Array(buffer, offset, sizeBytes));
    return new Tensor('string', strings, dims);
  }
  const onnxType = ONNX_TYPES[datatype];
  if (!onnxType) {
    throw new InferError('UNSUPPORTED', `input '${name}' has the datatype ${datatype}`);
  }
  const length = sizeBytes / ELEMENT_SIZE_BYTES[datatype];
  return new Tensor(onnxType.type, new onnxType.array(buffer, offset, length), dims);
}

/** An output of the model, in a buffer of its own that can be transferred. */
export function toOutputTensor(name: string, value: OnnxValue): OutputTensor {
  const { type, data, dims } = value as Tensor;
  const datatype = datatypeOf(type);
  if (!datatype) throw new InferError('UNSUPPORTED', `output '${name}' has the datatype ${type}`);
  return { name, datatype, shape: [...dims], data: toBuffer(data) };
}

function toBuffer(data: Tensor.DataType): ArrayBuffer {
  if (Array.isArray(data)) return exactBuffer(joinBytesElements(data));
  return exactBuffer(data as Exclude<Tensor.DataType, string[]>);
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
