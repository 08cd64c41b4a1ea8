/** Numbers of the protocol between server and stub; PROTOCOL.md describes it. */

import { DATA_TYPES, type DataType, ERROR_CODES, type ErrorCode } from '@nereid/core';

/** Frames from the server to a stub. */
export const TO_STUB = {
  execute: 1,
  cancel: 2,
  credit: 3,
  free: 4,
  answer: 5,
  reply: 6,
  command: 7,
  trim: 8,
} as const;

/** Frames from a stub to the server. */
export const FROM_STUB = {
  done: 1,
  response: 2,
  ask: 3,
  call: 4,
  log: 5,
  result: 6,
  release: 7,
  cancelAsk: 8,
} as const;

export const FRAME_HEADER_BYTES = 16;
export const REQUEST_HEADER_BYTES = 48;
/** The last part of that: the lengths of the texts. */
export const REQUEST_TEXTS_BYTES = 16;
export const RESPONSE_HEADER_BYTES = 24;
export const ASK_HEADER_BYTES = 56;
export const DONE_HEADER_BYTES = 16;
export const ALIGNMENT_BYTES = 8;

export const REQUEST_FLAG = { sequenceStart: 1, sequenceEnd: 2, cancelled: 4 } as const;

export const RESPONSE_STATUS = { none: 0, response: 1, error: 2, rescheduled: 3 } as const;
export const RESPONSE_FLAG = { final: 1 } as const;
export const ASK_FLAG = { sequenceStart: 1, sequenceEnd: 2, decoupled: 4 } as const;
export const ANSWER_FLAG = { final: 1 } as const;

/** Words at the beginning of the shared file, which the stub writes. */
export const SHARED_WORD = { startedBatch: 0, heartbeat: 8 } as const;
export const SHARED_HEADER_BYTES = 4096;
/** Positions from here on are in the arena, the memory that all stubs share with the server. */
export const ARENA_BASE = 2 ** 48;

const DATATYPE_CODES: ReadonlyMap<DataType, number> = new Map(
  DATA_TYPES.map((name, index) => [name, index + 1]),
);

/** Triton's number of a datatype: from 1 on, in the order of DATA_TYPES. */
export function datatypeCode(datatype: DataType): number {
  return DATATYPE_CODES.get(datatype) ?? 0;
}

export function datatypeOfCode(code: number): DataType | undefined {
  return DATA_TYPES[code - 1];
}

export function errorOfCode(code: number): ErrorCode {
  return ERROR_CODES[code] ?? 'INTERNAL';
}

export function codeOfError(code: ErrorCode): number {
  return ERROR_CODES.indexOf(code);
}

export function aligned(length: number): number {
  return (length + ALIGNMENT_BYTES - 1) & -ALIGNMENT_BYTES;
}
