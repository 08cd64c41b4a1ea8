import type { ModelConfig } from '@nereid/core';
import { INTEGER_RANGES, type IntegerType } from './integer-range.js';
import { floatJson } from './json-float.js';
import type { FieldSchema, MessageSchema, ValueType } from './message-schema.js';
import { MODEL_CONFIG } from './model-config-schema.js';

/**
 * The JSON text of the configuration endpoint: key order and defaults as Triton prints them (spec
 * §1.16). Maps are printed in the order of their keys' insertion, where Triton's order is that of a
 * hash table.
 */
export function configJson(config: ModelConfig): string {
  return messageJson(MODEL_CONFIG, config);
}

/**
 * Members in the order of declaration, but the set scalar of a oneof last, as protobuf prints it.
 */
function messageJson(schema: MessageSchema, value: unknown): string {
  const properties = recordOf(value);
  const members: string[] = [];
  const late: string[] = [];
  for (const field of schema.fields) {
    const member = properties[field.property];
    if (member === undefined || (field.json?.omitZero && member === 0)) continue;
    const isChoice = field.oneof !== undefined && field.type.kind !== 'message';
    (isChoice ? late : members).push(`"${field.protoName}":${fieldJson(field, member)}`);
  }
  return `{${members.concat(late).join(',')}}`;
}

function fieldJson(field: FieldSchema, value: unknown): string {
  const quoted = field.json?.quoted ?? false;
  if (field.cardinality === 'singular') return valueJson(field.type, value, quoted);
  if (field.cardinality === 'repeated') {
    return `[${listOf(value)
      .map((element) => valueJson(field.type, element, quoted))
      .join(',')}]`;
  }
  const entries = Object.entries(recordOf(value)).map(
    ([key, entry]) => `${stringJson(key)}:${valueJson(field.type, entry, quoted)}`,
  );
  return `{${entries.join(',')}}`;
}

function valueJson(type: ValueType, value: unknown, quoted: boolean): string {
  if (type.kind === 'message') return messageJson(type.schema, value);
  if (type.kind === 'enum' || type.scalar === 'string') return stringJson(String(value));
  switch (type.scalar) {
    case 'bool':
      return String(value);
    case 'float':
    case 'double':
      return floatJson(Number(value), type.scalar);
    default: {
      const text = integerJson(Number(value), type.scalar);
      return quoted ? `"${text}"` : text;
    }
  }
}

/**
 * The largest 64-bit values have no exact number; rounded up, they would leave the type's range.
 */
function integerJson(value: number, type: IntegerType): string {
  if (Number.isSafeInteger(value)) return String(value);
  const { min, max } = INTEGER_RANGES[type];
  const exact = BigInt(value);
  if (exact > max) return String(max);
  return String(exact < min ? min : exact);
}

/** Like JSON.stringify, but with upper-case digits in escapes, as RapidJSON writes them. */
function stringJson(text: string): string {
  return JSON.stringify(text).replace(/\\\\|\\u00[01][0-9a-f]/g, (written) =>
    written.startsWith('\\u') ? `\\u${written.slice(2).toUpperCase()}` : written,
  );
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
