/** Arithmetic that loses nothing, for decimal text to doubles and back. */

/** The powers of ten that are exact in a double. */
export const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** Splits a double into halves of at most 26 bits, whose products are exact (Dekker). */
const SPLITTER = 2 ** 27 + 1;

/** What rounding took away: a * b - product, exactly. */
export function productError(a: number, b: number, product: number): number {
  const aScaled = a * SPLITTER;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = b * SPLITTER;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
