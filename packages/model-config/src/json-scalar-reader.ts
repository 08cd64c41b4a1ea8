import { INTEGER_RANGES, type IntegerType } from './integer-range.js';
import type { ScalarType, ValueType } from './message-schema.js';

type Read = { readonly value: string | number | boolean } | { readonly expected: string };

/**
 * Reads a scalar or enum of protobuf's JSON form; names what it expected when `json` is not that.
 */
export function readJsonScalar(type: Exclude<ValueType, { kind: 'message' }>, json: unknown): Read {
  if (type.kind === 'enum') return readEnum(type.values, json);
  switch (type.scalar) {
    case 'string':
      return typeof json === 'string' ? { value: json } : { expected: 'a string' };
    case 'bool':
      return typeof json === 'boolean' ? { value: json } : { expected: 'true or false' };
    case 'float':
    case 'double':
      return readFloat(type.scalar, json);
    default:
      return readInteger(type.scalar, json);
  }
}

/** Triton asks protobuf for enum names in any case. */
function readEnum(values: readonly string[], json: unknown): Read {
  const value =
    typeof json === 'number' ? values[json] : values.find((name) => sameName(name, json));
  return value === undefined ? { expected: `one of ${values.join(', ')}` } : { value };
}

function sameName(name: string, json: unknown): boolean {
  return typeof json === 'string' && json.toUpperCase() === name;
}

function readInteger(type: IntegerType, json: unknown): Read {
  const range = INTEGER_RANGES[type];
  const expected = `an integer between ${range.min} and ${range.max}`;
  const value = numberOf(json, /^-?[0-9]{1,20}$/);
  if (value === undefined || !Number.isInteger(value)) return { expected };
  // Compared as numbers: the largest unsigned value is read as 2 to the power of 64.
  const inRange = value >= Number(range.min) && value <= Number(range.max);
  return inRange ? { value: value === 0 ? 0 : value } : { expected };
}

function readFloat(type: Extract<ScalarType, 'float' | 'double'>, json: unknown): Read {
  const value = numberOf(json, /^-?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|Infinity)$|^NaN$/);
  if (value === undefined) return { expected: 'a number' };
  return { value: type === 'float' ? Math.fround(value) : value };
}

/** A number, or a string that `pattern` accepts as one. */
function numberOf(json: unknown, pattern: RegExp): number | undefined {
  if (typeof json === 'number') return json;
  return typeof json === 'string' && pattern.test(json) ? Number(json) : undefined;
}
