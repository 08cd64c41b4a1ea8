/**
 * Reads the types of a graph's inputs and outputs from an ONNX file, to explain why one cannot be
 * served.
 */

import { readFields } from './protobuf-fields.js';

interface OnnxValueType {
  readonly name: string;
  /** In ONNX notation, such as `tensor(bfloat16)` or `seq(tensor(float))`. */
  readonly type: string;
}

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH_INPUT = 11;
const GRAPH_OUTPUT = 12;
const VALUE_NAME = 1;
const VALUE_TYPE = 2;
const ELEMENT_TYPE = 1;
const MAP_VALUE_TYPE = 2;

/** The members of TypeProto, by field number. */
const TYPE_KINDS: Readonly<Record<number, string>> = {
  1: 'tensor',
  4: 'seq',
  5: 'map',
  8: 'sparse_tensor',
  9: 'optional',
};

/** The members of TensorProto.DataType, by number. */
const ELEMENT_TYPES = [
  ...['undefined', 'float', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string'],
  ...['bool', 'float16', 'double', 'uint32', 'uint64', 'complex64', 'complex128', 'bfloat16'],
  ...['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'uint4', 'int4'],
  ...['float4e2m1'],
] as const;

/** Throws a RangeError for a file that is not protobuf. */
export function readOnnxValueTypes(file: Uint8Array): readonly OnnxValueType[] {
  const graph = readFields(file).find(({ number }) => number === MODEL_GRAPH);
  return readFields(graph?.bytes)
    .filter(({ number }) => number === GRAPH_INPUT || number === GRAPH_OUTPUT)
    .map(({ bytes }) => {
      const fields = readFields(bytes);
      const name = fields.find(({ number }) => number === VALUE_NAME)?.bytes;
      const type = fields.find(({ number }) => number === VALUE_TYPE)?.bytes;
      return { name: Buffer.from(name ?? []).toString('utf8'), type: typeNotation(type) };
    });
}

function typeNotation(typeProto: Uint8Array | undefined): string {
  const [member] = readFields(typeProto);
  const kind = TYPE_KINDS[member?.number ?? 0];
  if (!member || !kind) return 'unknown';
  const fields = readFields(member.bytes);
  const element = fields.find(({ number }) => number === ELEMENT_TYPE);
  if (kind === 'seq' || kind === 'optional') return `${kind}(${typeNotation(element?.bytes)})`;
  const elementType = ELEMENT_TYPES[element?.varint ?? 0] ?? String(element?.varint);
  if (kind !== 'map') return `${kind}(${elementType})`;
  const value = fields.find(({ number }) => number === MAP_VALUE_TYPE);
  return `map(${elementType},${typeNotation(value?.bytes)})`;
}
