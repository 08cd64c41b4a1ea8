/** Datatypes on the wire (names of KServe v2; `model_config.proto` prefixes them with `TYPE_`). */
export const DATA_TYPES = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
  'BF16',
] as const;

export type DataType = (typeof DATA_TYPES)[number];

/** Bytes per element; 0 for BYTES, whose elements have no fixed size. */
export const ELEMENT_SIZE_BYTES = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: 0,
  BF16: 2,
} as const satisfies Record<DataType, number>;

/** True when `name` is a datatype as spelled on the wire; the way to parse one at the edge. */
export function isDataType(name: string): name is DataType {
  return Object.hasOwn(ELEMENT_SIZE_BYTES, name);
}
