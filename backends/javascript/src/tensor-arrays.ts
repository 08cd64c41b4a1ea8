/**
 * Between the bytes of a tensor and the arrays that a model works with. Hosts are little-endian.
 */

import type { TensorSlot } from '@nereid/backend-kit';
import {
  type DataType,
  ELEMENT_SIZE_BYTES,
  elementCount,
  InferError,
  joinBytesElements,
  splitBytesElements,
  type Tensor,
} from '@nereid/core';
import type { ModelInput, ModelOutput, OutputData, TensorArrays } from './model-api.js';

type GivenTensor = Pick<ModelOutput, 'shape' | 'data'>;

type NumberType = Exclude<DataType, 'BYTES'>;

type ArrayConstructor<T> = new (buffer: ArrayBuffer, offset: number, length: number) => T;

const ARRAYS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
  BF16: Uint16Array,
} as const satisfies { [D in NumberType]: ArrayConstructor<TensorArrays[D]> };

/** An input that lies, aligned, in `buffer`, as a model sees it: a view. */
export function toModelInput(slot: TensorSlot, buffer: ArrayBuffer): ModelInput {
  const { datatype, shape, offset, sizeBytes } = slot;
  if (datatype !== 'BYTES') {
    const length = sizeBytes / ELEMENT_SIZE_BYTES[datatype];
    const array = new ARRAYS[datatype](buffer, offset, length);
    // The table pairs datatype and array, which the type system cannot follow through an index.
    return { datatype, shape, data: array, strings: [] } as unknown as ModelInput;
  }
  const elements = splitBytesElements(new Uint8Array(buffer, offset, sizeBytes));
  return {
    datatype,
    shape,
    data: elements,
    get strings() {
      return elements.map((element) =>
        Buffer.from(element.buffer, element.byteOffset, element.byteLength).toString('utf8'),
      );
    },
  };
}

/** Which tensor of a model it is. */
export interface TensorPlace {
  readonly role: 'output of the model' | 'input of the call';
  readonly name: string;
  readonly datatype: DataType;
}

/** What a model gives as a tensor. Throws an INTERNAL InferError if it contradicts itself. */
export function toTensor(place: TensorPlace, { shape, data }: GivenTensor): Tensor {
  if (!Array.isArray(shape) || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw invalid(place, `has the shape ${JSON.stringify(shape)}, which is not a list of sizes`);
  }
  if (!ArrayBuffer.isView(data) && !Array.isArray(data)) {
    throw invalid(place, 'has no data; expected an array');
  }
  const count = elementCount(shape);
  if (data.length !== count) {
    throw invalid(place, `has ${data.length} elements, but its shape [${shape}] holds ${count}`);
  }
  const { name, datatype } = place;
  return { name, datatype, shape, data: toBytes(place, data) };
}

function toBytes(place: TensorPlace, data: OutputData): Uint8Array {
  const { datatype } = place;
  if (datatype === 'BYTES') {
    if (isBytesElements(data)) return joinBytesElements(data);
    throw invalid(place, 'has the datatype BYTES; expected an array of strings or Uint8Arrays');
  }
  const array = ArrayBuffer.isView(data) ? data : fromPlainArray(place, datatype, data);
  const expected = ARRAYS[datatype].name;
  const actual = array[Symbol.toStringTag];
  if (actual === expected || (datatype === 'FP16' && String(actual) === 'Float16Array')) {
    return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  }
  throw invalid(place, `has the datatype ${datatype}; expected ${expected}, got ${actual}`);
}

type TypedArray = Extract<TensorArrays[NumberType], ArrayBufferView>;

function fromPlainArray(
  place: TensorPlace,
  datatype: NumberType,
  values: readonly unknown[],
): TypedArray {
  const array = new ARRAYS[datatype](values.length);
  try {
    if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
      for (const [index, value] of values.entries()) array[index] = BigInt(value as number);
    } else {
      for (const [index, value] of values.entries()) array[index] = toNumber(value);
    }
    return array;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalid(place, `has an element that is not of datatype ${datatype}: ${reason}`);
  }
}

function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw new TypeError(`${typeof value} ${String(value)}`);
}

function isBytesElements(data: OutputData): data is readonly (string | Uint8Array)[] {
  const elements: readonly unknown[] = Array.isArray(data) ? data : [undefined];
  return elements.every((value) => typeof value === 'string' || value instanceof Uint8Array);
}

function invalid({ role, name }: TensorPlace, problem: string): InferError {
  const [kind, ...owner] = role.split(' ');
  return new InferError('INTERNAL', `${kind} '${name}' ${owner.join(' ')} ${problem}`);
}
