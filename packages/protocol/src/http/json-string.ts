import { InferError } from '@nereid/core';
import type { JsonCursor } from './json-cursor.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const HIGH_SURROGATE = 0xd800;
const LOW_SURROGATE = 0xdc00;
const SURROGATE_END = 0xe000;

/** A longer text does not fit into one JavaScript string. */
const MAX_STRING_BYTES = 0x1fff_ffe8;

/** The letters after a backslash, and the bytes they stand for. */
const ESCAPES: Readonly<Record<number, number>> = {
  34: 0x22,
  47: 0x2f,
  92: 0x5c,
  98: 0x08,
  102: 0x0c,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
};

/** Where the last string lies in the text; one object serves all strings, for speed. */
const span = { start: 0, end: 0, escaped: false, ascii: true };

/** Strings that were read lately, by their bytes: the same few names occur in every request. */
const INTERNED_SLOTS = 512;
const MAX_INTERNED_BYTES = 32;
const interned: (string | undefined)[] = new Array(INTERNED_SLOTS).fill(undefined);

/** Reads the string at the cursor. Invalid UTF-8 becomes replacement characters. */
export function readString(cursor: JsonCursor): string {
  scanString(cursor);
  const { start, end } = span;
  if (end - start > MAX_STRING_BYTES) {
    throw new InferError('INVALID_ARG', `a JSON string of ${end - start} bytes is too long`);
  }
  if (span.escaped) {
    // The unescaped text is never longer than the escaped one.
    const unescaped = Buffer.allocUnsafe(end - start);
    return unescaped.toString('utf8', 0, writeUnescaped(cursor, unescaped, 0));
  }
  if (!span.ascii) return cursor.bytes.toString('utf8', start, end);
  if (end - start > MAX_INTERNED_BYTES) return cursor.bytes.toString('latin1', start, end);
  return internedString(cursor.bytes, start, end);
}

/** Reads a member's name and passes the colon after it. */
export function readName(cursor: JsonCursor): string {
  const name = readString(cursor);
  cursor.passColon();
  return name;
}

/**
 * Passes and checks the string at the cursor. Returns how many bytes lie between its quotation
 * marks: at least as many as it has unescaped.
 */
export function scanString(cursor: JsonCursor): number {
  const { bytes } = cursor;
  const start = cursor.position + 1;
  let position = start;
  let anyBits = 0;
  let escaped = false;
  for (;;) {
    const byte = bytes[position] ?? 0;
    if (byte === QUOTE) break;
    if (byte < 0x20) cursor.fail(byte === 0 ? 'quotationMarkMissing' : 'escapeInvalid', position);
    if (byte === BACKSLASH) {
      escaped = true;
      position = passEscape(cursor, position);
      continue;
    }
    anyBits |= byte;
    position += 1;
  }
  cursor.position = position + 1;
  span.start = start;
  span.end = position;
  span.escaped = escaped;
  span.ascii = anyBits < 0x80;
  return position - start;
}

/**
 * Copies the string that `scanString` passed last, unescaped, to `target`. Returns where it ends
 * there.
 */
export function writeScannedString(cursor: JsonCursor, target: Uint8Array, at: number): number {
  if (span.escaped) return writeUnescaped(cursor, target, at);
  const { start, end } = span;
  if (end - start > MAX_INTERNED_BYTES) {
    cursor.bytes.copy(target, at, start, end);
  } else {
    for (let index = start; index < end; index += 1) {
      target[at + index - start] = cursor.bytes[index] ?? 0;
    }
  }
  return at + end - start;
}

function internedString(bytes: Buffer, start: number, end: number): string {
  let hash = end - start;
  for (let index = start; index < end; index += 1) {
    hash = (Math.imul(hash, 31) + (bytes[index] ?? 0)) | 0;
  }
  const slot = hash & (INTERNED_SLOTS - 1);
  const candidate = interned[slot];
  if (candidate?.length === end - start && occursAt(candidate, bytes, start)) return candidate;
  const text = bytes.toString('latin1', start, end);
  interned[slot] = text;
  return text;
}

function occursAt(text: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}

/**
 * Checks the escape at `position`. Returns the position after it, and after a surrogate pair's
 * second half.
 */
function passEscape(cursor: JsonCursor, position: number): number {
  const letter = cursor.bytes[position + 1] ?? 0;
  if (letter !== LOWER_U) {
    if (ESCAPES[letter] === undefined) cursor.fail('escapeInvalid', position);
    return position + 2;
  }
  const unit = hexUnit(cursor, position, position);
  if (unit < HIGH_SURROGATE || unit >= LOW_SURROGATE) return position + 6;
  const { bytes } = cursor;
  if (bytes[position + 6] !== BACKSLASH || bytes[position + 7] !== LOWER_U) {
    cursor.fail('surrogateInvalid', position);
  }
  const low = hexUnit(cursor, position + 6, position);
  if (low < LOW_SURROGATE || low >= SURROGATE_END) cursor.fail('surrogateInvalid', position);
  return position + 12;
}

/**
 * The four hexadecimal digits of the escape at `position`; `reportedAt` is the offset of an
 * error.
 */
function hexUnit(cursor: JsonCursor, position: number, reportedAt: number): number {
  let unit = 0;
  for (let index = position + 2; index < position + 6; index += 1) {
    const digit = hexDigit(cursor.bytes[index] ?? 0);
    if (digit < 0) cursor.fail('hexInvalid', reportedAt);
    unit = unit * 16 + digit;
  }
  return unit;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function writeUnescaped(cursor: JsonCursor, target: Uint8Array, at: number): number {
  const { bytes } = cursor;
  let written = at;
  let position = span.start;
  while (position < span.end) {
    const byte = bytes[position] ?? 0;
    if (byte !== BACKSLASH) {
      target[written] = byte;
      written += 1;
      position += 1;
      continue;
    }
    const next = passEscape(cursor, position);
    written = writeCodePoint(target, written, escapedCodePoint(cursor, position, next));
    position = next;
  }
  return written;
}

/** The code point of the checked escape from `position` to `next`. */
function escapedCodePoint(cursor: JsonCursor, position: number, next: number): number {
  const letter = cursor.bytes[position + 1] ?? 0;
  if (letter !== LOWER_U) return ESCAPES[letter] ?? 0;
  const unit = hexUnit(cursor, position, position);
  if (next - position === 6) return unit;
  const low = hexUnit(cursor, position + 6, position);
  return 0x1_0000 + ((unit - HIGH_SURROGATE) << 10) + (low - LOW_SURROGATE);
}

/** Writes UTF-8. A lone low surrogate is encoded like any other code point, as Triton does. */
function writeCodePoint(target: Uint8Array, at: number, codePoint: number): number {
  if (codePoint < 0x80) {
    target[at] = codePoint;
    return at + 1;
  }
  const length = codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;
  let rest = codePoint;
  for (let index = at + length - 1; index > at; index -= 1) {
    target[index] = 0x80 | (rest & 0x3f);
    rest >>= 6;
  }
  target[at] = ((0xf00 >> length) & 0xff) | rest;
  return at + length;
}
