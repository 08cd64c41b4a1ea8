import type { ValueCodec } from './value-codec.js';
import { fieldTag, LENGTH_DELIMITED } from './wire-format.js';
import type { WireReader } from './wire-reader.js';
import { varintSize, type WireWriter } from './wire-writer.js';

/** A field of a message, as the generated tables describe it. */
export interface Field {
  readonly number: number;
  /** The member of the plain object. */
  readonly name: string;
  /**
   * A single field has its initial value when left out; a choice, of a oneof, is undefined then.
   */
  readonly kind: 'single' | 'choice' | 'repeated' | 'map';
  readonly codec: ValueCodec<unknown>;
  /** The oneof that a choice belongs to. */
  readonly oneof?: string;
  /** The type of a map's keys; the plain object has them as strings. */
  readonly keyCodec?: ValueCodec<unknown>;
}

/** A message as an object, its fields not yet known by type. */
export type PlainMessage = Record<string, unknown>;

/** Where a field that was met goes to. */
interface FieldTarget {
  readonly field: Field;
  readonly wireType: number;
  readonly message: PlainMessage;
}

/** What a field holds in a message that does not mention it. */
export function initialValue(each: Field): unknown {
  if (each.kind === 'repeated') return [];
  // Without a prototype a key such as `__proto__` is a key like any other.
  if (each.kind === 'map') return Object.create(null);
  return each.kind === 'choice' ? undefined : each.codec.initial;
}

/** True for what a message leaves out: proto3 does not write a field with its initial value. */
function omitted(each: Field, value: unknown): boolean {
  if (value === undefined) return true;
  if (each.kind === 'choice') return false;
  if (value instanceof Uint8Array) return value.length === 0;
  return value === 0 || value === 0n || value === each.codec.initial;
}

function isPacked(each: Field): boolean {
  return each.codec.wireType !== LENGTH_DELIMITED;
}

function valuesSize(each: Field, values: readonly unknown[]): number {
  let size = 0;
  for (const value of values) size += each.codec.size(value);
  return size;
}

function tagSize(each: Field): number {
  return varintSize(fieldTag(each.number, 0));
}

function entryKey(each: Field, key: string): unknown {
  return each.keyCodec?.wireType === LENGTH_DELIMITED ? key : BigInt(key);
}

/**
 * A map entry is a message with the key as field 1 and the value as field 2, each with a one-byte
 * tag.
 */
function entrySize(each: Field, [key, value]: readonly [string, unknown]): number {
  return 2 + (each.keyCodec?.size(entryKey(each, key)) ?? 0) + each.codec.size(value);
}

/** The bytes of a field with its tag; 0 when it is left out. */
export function fieldSize(each: Field, value: unknown): number {
  if (each.kind === 'repeated') return repeatedSize(each, (value as unknown[]) ?? []);
  if (each.kind === 'map') return mapSize(each, (value as PlainMessage) ?? {});
  return omitted(each, value) ? 0 : tagSize(each) + each.codec.size(value);
}

function repeatedSize(each: Field, values: readonly unknown[]): number {
  if (values.length === 0) return 0;
  const size = valuesSize(each, values);
  if (isPacked(each)) return tagSize(each) + varintSize(size) + size;
  return values.length * tagSize(each) + size;
}

function mapSize(each: Field, values: PlainMessage): number {
  let total = 0;
  for (const entry of Object.entries(values)) {
    const size = entrySize(each, entry);
    total += tagSize(each) + varintSize(size) + size;
  }
  return total;
}

/** Writes a field with its tag, in as many bytes as `fieldSize` said. */
export function writeField(writer: WireWriter, each: Field, value: unknown): void {
  if (each.kind === 'repeated') writeRepeated(writer, each, (value as unknown[]) ?? []);
  else if (each.kind === 'map') writeMap(writer, each, (value as PlainMessage) ?? {});
  else if (!omitted(each, value)) {
    writer.tag(each.number, each.codec.wireType);
    each.codec.write(writer, value);
  }
}

function writeRepeated(writer: WireWriter, each: Field, values: readonly unknown[]): void {
  if (values.length === 0) return;
  const packed = isPacked(each);
  if (packed) writer.delimiter(each.number, valuesSize(each, values));
  for (const value of values) {
    if (!packed) writer.tag(each.number, LENGTH_DELIMITED);
    each.codec.write(writer, value);
  }
}

function writeMap(writer: WireWriter, each: Field, values: PlainMessage): void {
  for (const entry of Object.entries(values)) {
    writer.delimiter(each.number, entrySize(each, entry));
    writer.tag(1, each.keyCodec?.wireType ?? LENGTH_DELIMITED);
    each.keyCodec?.write(writer, entryKey(each, entry[0]));
    writer.tag(2, each.codec.wireType);
    each.codec.write(writer, entry[1]);
  }
}

/**
 * Reads a field behind its tag. False when the wire type is not one the field can have: it is then
 * skipped like an unknown one.
 */
export function readField(reader: WireReader, target: FieldTarget): boolean {
  const { field: each, wireType, message } = target;
  if (each.kind === 'map') return wireType === LENGTH_DELIMITED && readEntry(reader, target);
  if (each.kind === 'repeated') return readRepeated(reader, target);
  if (wireType !== each.codec.wireType) return false;
  message[each.name] = each.codec.read(reader, message[each.name]);
  return true;
}

function readRepeated(reader: WireReader, target: FieldTarget): boolean {
  const { field: each, wireType, message } = target;
  const values = message[each.name] as unknown[];
  if (wireType === each.codec.wireType) {
    values.push(each.codec.read(reader, each.codec.initial));
    return true;
  }
  if (wireType !== LENGTH_DELIMITED) return false;
  const outerEnd = reader.enter();
  while (reader.position < reader.end) values.push(each.codec.read(reader, each.codec.initial));
  reader.leave(outerEnd);
  return true;
}

function readEntry(reader: WireReader, { field: each, message }: FieldTarget): boolean {
  let key = each.keyCodec?.initial;
  let value = each.codec.initial;
  const outerEnd = reader.enter();
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === fieldTag(1, each.keyCodec?.wireType ?? 0)) key = each.keyCodec?.read(reader, key);
    else if (tag === fieldTag(2, each.codec.wireType)) value = each.codec.read(reader, value);
    else reader.skip(tag);
  }
  reader.leave(outerEnd);
  const entries = message[each.name] as PlainMessage;
  entries[String(key)] = value ?? each.codec.createEmpty?.();
  return true;
}
