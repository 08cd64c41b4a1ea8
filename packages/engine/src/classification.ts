import {
  type DataType,
  ELEMENT_SIZE_BYTES,
  elementCount,
  InferError,
  joinBytesElements,
  type Tensor,
} from '@nereid/core';
import { formatClassValue } from './format-class-value.js';
import { topIndices } from './top-indices.js';

/** Sorting more values would hold up every other request. */
const MAX_CLASS_COUNT = 1_000_000;

type Values = ArrayLike<number> | ArrayLike<bigint>;

/** How the values of a datatype are read; a datatype that has no order for classes is missing. */
const READ_VALUES: Readonly<Partial<Record<DataType, (bytes: ArrayBuffer) => Values>>> = {
  UINT8: (bytes) => new Uint8Array(bytes),
  UINT16: (bytes) => new Uint16Array(bytes),
  UINT32: (bytes) => new Uint32Array(bytes),
  UINT64: (bytes) => new BigUint64Array(bytes),
  INT8: (bytes) => new Int8Array(bytes),
  INT16: (bytes) => new Int16Array(bytes),
  INT32: (bytes) => new Int32Array(bytes),
  INT64: (bytes) => new BigInt64Array(bytes),
  FP32: (bytes) => new Float32Array(bytes),
  FP64: (bytes) => new Float64Array(bytes),
};

interface ClassificationOptions {
  /** How many classes are wanted of each batch element; clipped to those there are. */
  readonly classCount: number;
  /**
   * The tensor's first dimension is the batch; otherwise all its values are one element's classes.
   */
  readonly batching: boolean;
  /** By class; empty without a label file. */
  readonly labels: readonly string[];
}

/**
 * Replaces an output by its top classes: a BYTES tensor of `value:index[:label]`, best first (spec
 * §1.3). Throws an INVALID_ARG InferError for datatypes that are not numbers to C, and for more
 * than a million classes.
 */
export function classify(tensor: Tensor, options: ClassificationOptions): Tensor {
  const readValues = READ_VALUES[tensor.datatype];
  if (!readValues) {
    throw new InferError(
      'INVALID_ARG',
      `class result not available for output due to unsupported type '${tensor.datatype}'`,
    );
  }
  const batchShape = options.batching ? tensor.shape.slice(0, 1) : [];
  const total = elementCount(tensor.shape.slice(batchShape.length));
  if (total > MAX_CLASS_COUNT) {
    throw new InferError('INVALID_ARG', 'classification output tensor too large');
  }
  const elements: string[] = [];
  const rowBytes = total * ELEMENT_SIZE_BYTES[tensor.datatype];
  for (let row = 0; row < (batchShape[0] ?? 1); row += 1) {
    // Copied row by row, because a typed array needs its data aligned, and the output may not be;
    // not by `slice`, which gives a Buffer's memory, with all that is around the row.
    const bytes = new Uint8Array(tensor.data.subarray(row * rowBytes, (row + 1) * rowBytes));
    const values = readValues(bytes.buffer);
    for (const index of topIndices(values, options.classCount)) {
      elements.push(classText(values[index] ?? 0, index, { tensor, labels: options.labels }));
    }
  }
  return {
    name: tensor.name,
    datatype: 'BYTES',
    shape: [...batchShape, Math.min(options.classCount, total)],
    data: joinBytesElements(elements),
  };
}

function classText(
  value: number | bigint,
  index: number,
  { tensor, labels }: { readonly tensor: Tensor; readonly labels: readonly string[] },
): string {
  const isFloat = tensor.datatype === 'FP32' || tensor.datatype === 'FP64';
  const text = isFloat ? formatClassValue(Number(value)) : String(value);
  const label = labels[index] ?? '';
  return label === '' ? `${text}:${index}` : `${text}:${index}:${label}`;
}
