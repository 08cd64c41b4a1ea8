import { InferError, type ModelConfig } from '@nereid/core';
import { requireConfigLength } from './config-size-limit.js';
import { readJsonScalar } from './json-scalar-reader.js';
import { MessageBuilder } from './message-builder.js';
import type { FieldSchema, MessageSchema, ValueType } from './message-schema.js';
import { MODEL_CONFIG } from './model-config-schema.js';

/**
 * Parses a configuration in its JSON form: `config.json`, or the override of a load. Strict: an
 * unknown field is an INVALID_ARG InferError, which begins with `fileName` and names the field's
 * path.
 */
export function parseConfigJson(text: string, fileName: string): ModelConfig {
  requireConfigLength(text, fileName);
  const builder = new MessageBuilder(MODEL_CONFIG);
  fillMessage(builder, parseJson(text, fileName), { fileName, path: '' });
  return builder.finish();
}

function parseJson(text: string, fileName: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('INVALID_ARG', `${fileName}: not valid JSON: ${reason}`, { cause });
  }
}

/** Where a value stands: `input[0].dims`. */
interface Place {
  readonly fileName: string;
  readonly path: string;
}

/** The schema has no recursive message, so that it bounds the recursion here. */
function fillMessage(builder: MessageBuilder, json: unknown, place: Place): void {
  for (const [name, value] of objectEntries(json, place)) {
    const field = builder.schema.byJsonName.get(name);
    if (field === undefined) throw unknownField(builder.schema, name, place);
    const at = { ...place, path: place.path === '' ? name : `${place.path}.${name}` };
    // As in protobuf's JSON form, null means that the field is not set.
    if (value !== null) fillField(builder, field, { value, place: at });
  }
}

interface PlacedValue {
  readonly value: unknown;
  readonly place: Place;
}

function fillField(builder: MessageBuilder, field: FieldSchema, placed: PlacedValue): void {
  const { value, place } = placed;
  const conflict = builder.conflict(field);
  if (conflict !== undefined) throw placeError(place, conflict);
  switch (field.cardinality) {
    case 'singular':
      builder.set(field, readValue(field.type, value, place));
      return;
    case 'repeated':
      for (const [index, element] of arrayOf(value, place).entries()) {
        const path = `${place.path}[${index}]`;
        builder.append(field, readValue(field.type, element, { ...place, path }));
      }
      return;
    case 'map':
      for (const [key, entry] of objectEntries(value, place)) {
        const at = { ...place, path: `${place.path}[${JSON.stringify(key)}]` };
        requireKey(field, key, at);
        builder.put(field, key, readValue(field.type, entry, at));
      }
  }
}

function readValue(type: ValueType, json: unknown, place: Place): unknown {
  if (type.kind === 'message') {
    const builder = new MessageBuilder(type.schema);
    fillMessage(builder, json, place);
    return builder.finish();
  }
  const read = readJsonScalar(type, json);
  if ('expected' in read) throw expectedError(place, read.expected, json);
  return read.value;
}

function requireKey(field: FieldSchema, key: string, place: Place): void {
  if (field.keyType === 'uint64' && !/^[0-9]{1,20}$/.test(key)) {
    throw expectedError(place, 'a non-negative integer as key', key);
  }
}

function objectEntries(json: unknown, place: Place): readonly [string, unknown][] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw expectedError(place, 'an object', json);
  }
  return Object.entries(json);
}

function arrayOf(json: unknown, place: Place): readonly unknown[] {
  if (!Array.isArray(json)) throw expectedError(place, 'an array', json);
  return json;
}

function unknownField(schema: MessageSchema, name: string, place: Place): InferError {
  return placeError(place, `Message type "${schema.typeName}" has no field named "${name}".`);
}

/** Longer values are cut in messages. */
const MAX_SHOWN_LENGTH = 60;

function expectedError(place: Place, expected: string, json: unknown): InferError {
  return placeError(place, `expected ${expected}, got ${shown(json)}`);
}

/** Objects and arrays are only named: they may be large, and too deep to be printed. */
function shown(json: unknown): string {
  if (Array.isArray(json)) return 'an array';
  if (typeof json === 'object' && json !== null) return 'an object';
  const written = String(JSON.stringify(json));
  const isLong = written.length > MAX_SHOWN_LENGTH;
  return isLong ? `${written.slice(0, MAX_SHOWN_LENGTH)}…` : written;
}

function placeError({ fileName, path }: Place, message: string): InferError {
  const where = path === '' ? fileName : `${fileName}: ${path}`;
  return new InferError('INVALID_ARG', `${where}: ${message}`);
}
