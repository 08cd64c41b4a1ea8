import type { ConfigDataType, DataType } from '@nereid/core';

const CONFIG_NAMES = {
  BOOL: 'TYPE_BOOL',
  UINT8: 'TYPE_UINT8',
  UINT16: 'TYPE_UINT16',
  UINT32: 'TYPE_UINT32',
  UINT64: 'TYPE_UINT64',
  INT8: 'TYPE_INT8',
  INT16: 'TYPE_INT16',
  INT32: 'TYPE_INT32',
  INT64: 'TYPE_INT64',
  FP16: 'TYPE_FP16',
  FP32: 'TYPE_FP32',
  FP64: 'TYPE_FP64',
  BYTES: 'TYPE_STRING',
  BF16: 'TYPE_BF16',
} as const satisfies Record<DataType, ConfigDataType>;

const WIRE_NAMES = {
  TYPE_INVALID: undefined,
  TYPE_BOOL: 'BOOL',
  TYPE_UINT8: 'UINT8',
  TYPE_UINT16: 'UINT16',
  TYPE_UINT32: 'UINT32',
  TYPE_UINT64: 'UINT64',
  TYPE_INT8: 'INT8',
  TYPE_INT16: 'INT16',
  TYPE_INT32: 'INT32',
  TYPE_INT64: 'INT64',
  TYPE_FP16: 'FP16',
  TYPE_FP32: 'FP32',
  TYPE_FP64: 'FP64',
  TYPE_STRING: 'BYTES',
  TYPE_BF16: 'BF16',
} as const satisfies Record<ConfigDataType, DataType | undefined>;

/** `TYPE_STRING` is BYTES on the wire; undefined for TYPE_INVALID. */
export function toDataType(dataType: ConfigDataType): DataType | undefined {
  return WIRE_NAMES[dataType];
}

export function toConfigDataType(datatype: DataType): ConfigDataType {
  return CONFIG_NAMES[datatype];
}
