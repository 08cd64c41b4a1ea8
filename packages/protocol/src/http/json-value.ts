import { InferError } from '@nereid/core';
import { JsonCursor } from './json-cursor.js';
import { scanNumber, scannedInteger } from './json-number.js';
import { readName, readString, scanString } from './json-string.js';

/**
 * A number that was not written as a 64-bit integer. JSON has one kind of number, the protocol
 * two.
 */
export class JsonDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/**
 * Members by name; the first counts where a name occurs twice. A Map, so that no name is special.
 */
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** A JSON value. Integers are numbers, or bigints where a number would be inexact. */
export type JsonValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | JsonDouble
  | readonly JsonValue[]
  | JsonObject;

const NO_MEMBERS: JsonObject = new Map();

const MAX_INT64 = 2n ** 63n - 1n;

/** Parses a whole JSON text. Throws the error that the client is to see. */
export function parseJson(bytes: Uint8Array): JsonValue {
  const cursor = new JsonCursor(bytes);
  cursor.beginDocument();
  const value = readValue(cursor);
  cursor.endDocument();
  return value;
}

/** Throws where the text is not JSON. */
export function checkJsonSyntax(bytes: Uint8Array): void {
  const cursor = new JsonCursor(bytes);
  cursor.beginDocument();
  skipValue(cursor);
  cursor.endDocument();
}

/** Reads the value at the cursor, whatever it is. */
export function readValue(cursor: JsonCursor): JsonValue {
  if (cursor.atString()) return readString(cursor);
  if (cursor.atObject()) return readObject(cursor);
  if (!cursor.atArray()) return readScalar(cursor);
  const elements: JsonValue[] = [];
  for (let more = cursor.beginArray(); more; more = cursor.nextElement()) {
    elements.push(readValue(cursor));
  }
  return elements;
}

function readObject(cursor: JsonCursor): JsonObject {
  const members = new Map<string, JsonValue>();
  for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
    const name = readName(cursor);
    if (members.has(name)) skipValue(cursor);
    else members.set(name, readValue(cursor));
  }
  return members;
}

/** Passes the value at the cursor, checking its syntax only. */
export function skipValue(cursor: JsonCursor): void {
  if (cursor.atString()) {
    scanString(cursor);
  } else if (cursor.atObject()) {
    for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
      scanString(cursor);
      cursor.passColon();
      skipValue(cursor);
    }
  } else if (cursor.atArray()) {
    for (let more = cursor.beginArray(); more; more = cursor.nextElement()) skipValue(cursor);
  } else {
    readScalar(cursor);
  }
}

/** Reads the boolean at the cursor; undefined, without passing it, when something else is there. */
export function readBoolean(cursor: JsonCursor): boolean | undefined {
  const byte = cursor.peek();
  if (byte !== 0x74 && byte !== 0x66) return undefined;
  cursor.passLiteral(byte === 0x74 ? 'true' : 'false');
  return byte === 0x74;
}

function readScalar(cursor: JsonCursor): null | boolean | number | bigint | JsonDouble {
  const boolean = readBoolean(cursor);
  if (boolean !== undefined) return boolean;
  if (cursor.peek() === 0x6e) {
    cursor.passLiteral('null');
    return null;
  }
  const start = cursor.position;
  const value = scanNumber(cursor);
  if (!cursor.numberIsInteger) return new JsonDouble(value);
  return Number.isSafeInteger(value) ? value : scannedInteger(cursor, start);
}

/** The members of an object, and of everything else none. */
export function membersOf(value: JsonValue | undefined): JsonObject {
  return value instanceof Map ? value : NO_MEMBERS;
}

/** What `accessError` can say of a value. */
const ACCESS_PROBLEMS = {
  array: 'attempt to access JSON non-array as array',
  boolean: 'attempt to access JSON non-boolean as boolean',
  double: 'attempt to access JSON non-number as double',
  members: 'attempt to get members for non-object',
  object: 'attempt to access JSON non-object as object',
  signed: 'attempt to access JSON non-signed-integer as signed-integer',
  string: 'attempt to access JSON non-string as string',
  unsigned: 'attempt to access JSON non-unsigned-integer as unsigned-integer',
} as const;

/**
 * The error for a JSON value of another type than wanted: INTERNAL, as in Triton. `context`
 * precedes the text, such as `Unable to parse 'shape': `.
 */
export function accessError(wanted: keyof typeof ACCESS_PROBLEMS, context: string): InferError {
  return new InferError('INTERNAL', context + ACCESS_PROBLEMS[wanted]);
}

/** The error for a member that must be there. */
export function missingMemberError(name: string): InferError {
  return new InferError(
    'INTERNAL',
    `Unable to parse '${name}': attempt to access non-existing object member '${name}'`,
  );
}

export function expectString(value: JsonValue, context: string): string {
  if (typeof value !== 'string') throw accessError('string', context);
  return value;
}

export function expectBoolean(value: JsonValue, context: string): boolean {
  if (typeof value !== 'boolean') throw accessError('boolean', context);
  return value;
}

/** An unsigned 64-bit integer; a bigint where a number would be inexact. */
export function expectUnsigned(value: JsonValue, context: string): number | bigint {
  if ((typeof value !== 'number' && typeof value !== 'bigint') || value < 0) {
    throw accessError('unsigned', context);
  }
  return value;
}

/** True for an integer that a signed 64-bit number can hold. */
export function isSigned(value: JsonValue): value is number | bigint {
  return typeof value === 'number' || (typeof value === 'bigint' && value <= MAX_INT64);
}
