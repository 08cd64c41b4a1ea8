import { decimalValue } from './decimal-value.js';
import { POWERS_OF_TEN } from './exact-doubles.js';
import type { JsonCursor } from './json-cursor.js';

const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LOWER_E = 0x65;
const UPPER_E = 0x45;
const LETTER_I = 0x49;
const LETTER_N = 0x4e;
const LOWER_I = 0x69;

/** An integer of so many digits is exact in a double. */
const EXACT_DIGITS = 15;

/** More digits than a 64-bit number can have. */
const MAX_INTEGER_DIGITS = 20;

/** Bounds how far, relatively, the mantissa of a long number, summed in a double, can be off. */
const LONG_NUMBER_MARGIN = 2 ** -46;

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * Passes the number at the cursor and returns it; `cursor.numberIsInteger` tells how it was
 * written. An integer beyond 2^53 is only approximate; `scannedInteger` has it exactly. Beside what
 * JSON allows, `NaN`, `Inf` and `Infinity` are numbers. Any other text is an invalid value. With
 * `singlePrecision` the value is only to be stored as FP32, and may be rounded to that already.
 */
export function scanNumber(cursor: JsonCursor, singlePrecision = false): number {
  const { bytes } = cursor;
  let { position } = cursor;
  const negative = bytes[position] === MINUS;
  if (negative) position += 1;
  const first = position;
  let mantissa = 0;
  let byte = bytes[position] ?? 0;
  while (byte >= DIGIT_0 && byte <= DIGIT_9) {
    mantissa = mantissa * 10 + (byte - DIGIT_0);
    position += 1;
    byte = bytes[position] ?? 0;
  }
  const integerDigits = position - first;
  if (integerDigits === 0) return scanNotFinite(cursor, first);
  // A zero ends the integer part of a number that begins with it.
  if (bytes[first] === DIGIT_0 && integerDigits > 1) return finishInteger(cursor, first + 1, 0);
  if (byte === DOT) {
    position += 1;
    const fractionStart = position;
    byte = bytes[position] ?? 0;
    while (byte >= DIGIT_0 && byte <= DIGIT_9) {
      mantissa = mantissa * 10 + (byte - DIGIT_0);
      position += 1;
      byte = bytes[position] ?? 0;
    }
    const fractionDigits = position - fractionStart;
    if (fractionDigits === 0) cursor.fail('fractionMissing', position);
    const power = POWERS_OF_TEN[fractionDigits];
    if (power === undefined || byte === LOWER_E || byte === UPPER_E) {
      return finishDouble(cursor, position);
    }
    // With few digits both operands are exact, and the one rounding of the quotient is the correct
    // one.
    let value = mantissa / power;
    if (integerDigits + fractionDigits > EXACT_DIGITS) {
      const single = Math.fround(value * (1 - LONG_NUMBER_MARGIN));
      const certain = single === Math.fround(value * (1 + LONG_NUMBER_MARGIN));
      if (!singlePrecision || !certain) return finishDouble(cursor, position);
      value = single;
    }
    cursor.position = position;
    cursor.numberIsInteger = false;
    return negative ? -value : value;
  }
  if (byte === LOWER_E || byte === UPPER_E) return finishDouble(cursor, position);
  // Subtracting from 0 keeps the integer literal -0 from becoming the double -0.0.
  return finishInteger(cursor, position, negative ? 0 - mantissa : mantissa);
}

/** The integer that ends at the cursor and began at `start`, exactly. */
export function scannedInteger(cursor: JsonCursor, start: number): bigint {
  return BigInt(cursor.bytes.toString('latin1', start, cursor.position));
}

function finishInteger(cursor: JsonCursor, end: number, value: number): number {
  const start = cursor.position;
  cursor.position = end;
  cursor.numberIsInteger = end - start <= EXACT_DIGITS || fitsInt64(cursor, start);
  return end - start <= EXACT_DIGITS ? value : finiteValue(cursor, start);
}

function fitsInt64(cursor: JsonCursor, start: number): boolean {
  if (cursor.position - start > MAX_INTEGER_DIGITS) return false;
  const exact = scannedInteger(cursor, start);
  return exact >= MIN_INT64 && exact <= MAX_UINT64;
}

/** Finishes a number whose digits end at `end`, where an exponent may follow. */
function finishDouble(cursor: JsonCursor, end: number): number {
  const start = cursor.position;
  cursor.position = end;
  const marker = cursor.peek();
  if (marker === LOWER_E || marker === UPPER_E) passExponent(cursor);
  cursor.numberIsInteger = false;
  return finiteValue(cursor, start);
}

function passExponent(cursor: JsonCursor): void {
  cursor.position += 1;
  const sign = cursor.peek();
  if (sign === MINUS || sign === PLUS) cursor.position += 1;
  if (!isDigit(cursor.peek())) cursor.fail('exponentMissing');
  while (isDigit(cursor.peek())) cursor.position += 1;
}

/** The value of the number from `start` to the cursor. */
function finiteValue(cursor: JsonCursor, start: number): number {
  const value = decimalValue(cursor.bytes, start, cursor.position);
  if (!Number.isFinite(value)) cursor.fail('numberTooBig', start);
  return value;
}

/**
 * Reads what is no digit at `position`, maybe after a minus sign: a number that JSON does not
 * know.
 */
function scanNotFinite(cursor: JsonCursor, position: number): number {
  const negative = position > cursor.position;
  cursor.position = position;
  const value = notFinite(cursor);
  cursor.numberIsInteger = false;
  return negative ? -value : value;
}

function notFinite(cursor: JsonCursor): number {
  if (cursor.peek() === LETTER_N) {
    cursor.passLiteral('NaN');
    return Number.NaN;
  }
  if (cursor.peek() !== LETTER_I) cursor.fail('valueInvalid');
  cursor.passLiteral('Inf');
  if (cursor.peek() === LOWER_I) cursor.passLiteral('inity');
  return Number.POSITIVE_INFINITY;
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}
