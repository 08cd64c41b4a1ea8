import { InferError } from '@nereid/core';

/** The protobuf wire types in use; 3 and 4 delimit groups, which are only ever skipped. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const GROUP_START = 3;
export const GROUP_END = 4;
export const FIXED32 = 5;

/** gRPC's limit for a message in either direction. */
export const MAX_MESSAGE_BYTES = 0x7fff_ffff;

/** Joins a field's number with a wire type, as it stands before the field's value. */
export function fieldTag(number: number, wireType: number): number {
  return number * 8 + wireType;
}

/** The answer to any message that is not valid protobuf; Triton's gRPC library words it so. */
export function unparsable(): InferError {
  return new InferError('INTERNAL', 'Unable to parse request');
}
