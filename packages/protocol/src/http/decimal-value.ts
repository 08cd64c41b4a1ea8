/**
 * Decimal text to the nearest double, without making a string of it. Python prints each FP32 value
 * with 17 digits, so that long numbers are the usual ones in a `data` array.
 */

import { POWERS_OF_TEN, productError } from './exact-doubles.js';

const DOT = 0x2e;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** The first digits are collected in one exact integer, the rest in another. */
const HIGH_DIGITS = 15;
const LOW_DIGITS = 7;

/**
 * The two-part arithmetic below is exact to about 2^-100 of the value; this is a generous bound.
 */
const MARGIN = 2 ** -90;

/**
 * The value of the checked number from `start` to `end`; not finite when it exceeds the doubles.
 */
export function decimalValue(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  let position = negative ? start + 1 : start;
  let high = 0;
  let low = 0;
  let digits = 0;
  let exponent = 0;
  let afterDot = false;
  for (; position < end; position += 1) {
    const byte = bytes[position] ?? 0;
    if (byte === DOT) {
      afterDot = true;
      continue;
    }
    if (byte < DIGIT_0 || byte > DIGIT_9) return parsed(bytes, start, end);
    if (afterDot) exponent -= 1;
    if (digits === 0 && byte === DIGIT_0) continue;
    if (digits < HIGH_DIGITS) high = high * 10 + (byte - DIGIT_0);
    else low = low * 10 + (byte - DIGIT_0);
    digits += 1;
  }
  if (digits > HIGH_DIGITS + LOW_DIGITS || exponent < -22) return parsed(bytes, start, end);
  const scale = POWERS_OF_TEN[Math.max(0, digits - HIGH_DIGITS)] ?? 1;
  const value = quotient({ high, scale, low, divisor: POWERS_OF_TEN[-exponent] ?? 1 });
  if (value === undefined) return parsed(bytes, start, end);
  return negative ? -value : value;
}

function parsed(bytes: Buffer, start: number, end: number): number {
  return Number(bytes.toString('latin1', start, end));
}

interface Fraction {
  readonly high: number;
  readonly scale: number;
  readonly low: number;
  readonly divisor: number;
}

/**
 * (high * scale + low) / divisor, correctly rounded; undefined where the arithmetic, carried out
 * with pairs of doubles, is not exact enough to tell.
 */
function quotient({ high, scale, low, divisor }: Fraction): number | undefined {
  const product = high * scale;
  const rest = productError(high, scale, product) + low;
  const sum = product + rest;
  const sumError = rest - (sum - product);
  const first = sum / divisor;
  const back = first * divisor;
  const remainder = sum - back - productError(first, divisor, back) + sumError;
  const second = remainder / divisor;
  const margin = first * MARGIN;
  const value = first + (second - margin);
  return value === first + (second + margin) ? value : undefined;
}
