/** Numbers to decimal text, as bytes, without making strings of them. */

import { POWERS_OF_TEN, productError } from './exact-doubles.js';

const MINUS = 0x2d;
const DOT = 0x2e;
const DIGIT_0 = 0x30;

/** Below it, a number is written with an exponent. */
const LEAST = 1e-6;
/** From here on, every double is an integer. */
const TWO_TO_53 = 2 ** 53;

/** A double has at most 17 digits that count: nine in one integer, eight in another. */
const DIGITS = 17;
const LOW_DIGITS = 8;
const LOW_UNIT = 1e8;
const HIGH_LIMIT = 1e9;
/** Bounds how far the lower part, which is summed up in a double, can be off. */
const MARGIN = 1e-6;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const digits = new Uint8Array(DIGITS);

/**
 * Writes the shortest text that reads back as the same double, as `String(value)` has it, with `.0`
 * behind an integer, and returns where it ends: at most 26 bytes further. Returns -1 for what it
 * leaves to others: -0, what needs an exponent, integers from 2^53 on, and the few numbers whose
 * shortest text cannot be told in doubles.
 */
export function writeDouble(value: number, bytes: Uint8Array, position: number): number {
  const size = Math.abs(value);
  if (!(size < TWO_TO_53) || (size < LEAST && (size > 0 || Object.is(value, -0)))) return -1;
  let start = position;
  if (value < 0) {
    bytes[start] = MINUS;
    start += 1;
  }
  if (Number.isInteger(size)) {
    const end = writeDigits(size, bytes, start);
    bytes[end] = DOT;
    bytes[end + 1] = DIGIT_0;
    return end + 2;
  }
  const exponent = decimalExponent(size);
  const count = shortestDigits(size, exponent);
  return count < 0 ? -1 : writeFraction({ exponent, count }, bytes, start);
}

/** Writes an integer below 2^53 in size, and returns where it ends. At most 17 bytes. */
export function writeInteger(value: number, bytes: Uint8Array, position: number): number {
  if (value >= 0) return writeDigits(value, bytes, position);
  bytes[position] = MINUS;
  return writeDigits(-value, bytes, position + 1);
}

/** The power of ten of the first digit, but for values next to a power, where it may be off. */
function decimalExponent(size: number): number {
  let exponent = 0;
  if (size >= 1) {
    while (size >= (POWERS_OF_TEN[exponent + 1] ?? 0)) exponent += 1;
    return exponent;
  }
  exponent = -1;
  while (size * (POWERS_OF_TEN[-exponent] ?? 0) < 1) exponent -= 1;
  return exponent;
}

/**
 * Fills `digits` with the shortest ones of a number that is no integer, the nearest of that length;
 * returns how many count, or -1 where it cannot tell.
 */
function shortestDigits(size: number, exponent: number): number {
  const power = POWERS_OF_TEN[DIGITS - 1 - exponent] ?? 0;
  // The number with 17 digits in front of the point, exactly: `product` is an integer.
  const product = size * power;
  if (product < 1e16 || product >= 1e17) return -1;
  let high = Math.floor(product / LOW_UNIT);
  // Its multiples of 2^8 are exact.
  const low = product - high * LOW_UNIT + productError(size, power, product);
  const reach = halfGap(size) * power;
  let rounded = 0;
  let unit = 1;
  let dropped = -1;
  for (let next = unit; dropped < LOW_DIGITS; next *= 10) {
    const candidate = Math.round(low / next) * next;
    const distance = Math.abs(candidate - low);
    if (distance > reach + MARGIN) break;
    if (distance > reach - MARGIN || distance > next / 2 - MARGIN) return -1;
    rounded = candidate;
    unit = next;
    dropped += 1;
  }
  if (isPowerOfTwo() && rounded !== low) return -1;
  if (rounded >= LOW_UNIT) {
    high += 1;
    rounded -= LOW_UNIT;
  }
  if (high >= HIGH_LIMIT || rounded < 0) return -1;
  fillDigits(high, rounded);
  let count = DIGITS - Math.max(dropped, 0);
  while (count > 1 && digits[count - 1] === DIGIT_0) count -= 1;
  return count;
}

/** Half of the distance to the next larger double. Leaves the number's bits in `words`. */
function halfGap(size: number): number {
  double[0] = size;
  const highWord = words[1] ?? 0;
  const lowWord = words[0] ?? 0;
  words[1] = ((highWord >>> 20) - 53) << 20;
  words[0] = 0;
  const gap = double[0];
  words[1] = highWord;
  words[0] = lowWord;
  return gap;
}

/** Of the number in `words`, whose distance to the next smaller one is but half of that. */
function isPowerOfTwo(): boolean {
  return words[0] === 0 && ((words[1] ?? 0) & 0xf_ffff) === 0;
}

function fillDigits(high: number, low: number): void {
  let rest = low;
  for (let index = DIGITS - 1; index >= DIGITS - LOW_DIGITS; index -= 1) {
    const next = (rest / 10) | 0;
    digits[index] = DIGIT_0 + (rest - next * 10);
    rest = next;
  }
  rest = high;
  for (let index = DIGITS - LOW_DIGITS - 1; index >= 0; index -= 1) {
    const next = (rest / 10) | 0;
    digits[index] = DIGIT_0 + (rest - next * 10);
    rest = next;
  }
}

interface Decimal {
  readonly exponent: number;
  readonly count: number;
}

/** Writes the first `count` of `digits`, of which the first stands for so many powers of ten. */
function writeFraction({ exponent, count }: Decimal, bytes: Uint8Array, position: number): number {
  let end = position;
  if (exponent < 0) {
    bytes[end] = DIGIT_0;
    bytes[end + 1] = DOT;
    end += 2;
    for (let zero = -1; zero > exponent; zero -= 1) {
      bytes[end] = DIGIT_0;
      end += 1;
    }
  }
  for (let index = 0; index < count; index += 1) {
    bytes[end] = digits[index] ?? DIGIT_0;
    end += 1;
    if (index === exponent) {
      bytes[end] = DOT;
      end += 1;
    }
  }
  return end;
}

/** Writes an integer from 0 to below 2^53, and returns where it ends. */
function writeDigits(value: number, bytes: Uint8Array, position: number): number {
  let end = position + 1;
  for (let index = 1; value >= (POWERS_OF_TEN[index] ?? 0); index += 1) end += 1;
  let rest = value;
  for (let index = end - 1; index >= position; index -= 1) {
    const next = rest < HIGH_LIMIT ? (rest / 10) | 0 : Math.floor(rest / 10);
    bytes[index] = DIGIT_0 + (rest - next * 10);
    rest = next;
  }
  return end;
}
