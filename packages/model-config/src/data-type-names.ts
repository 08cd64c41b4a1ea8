import type { ConfigDataType, DataType } from '@nereid/core';

/** `TYPE_STRING` is BYTES on the wire; undefined for TYPE_INVALID. */
export function toDataType(dataType: ConfigDataType): DataType | undefined {
  throw new Error(`not written yet: ${dataType}`);
}

export function toConfigDataType(datatype: DataType): ConfigDataType {
  throw new Error(`not written yet: ${datatype}`);
}
