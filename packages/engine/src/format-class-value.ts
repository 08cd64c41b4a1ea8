const DECIMALS = 6;
/** From here on `toFixed` switches to an exponent. */
const EXPONENT_LIMIT = 1e21;

/** Prints a float as C's `%f` does, which `std::to_string` is defined by. */
export function formatClassValue(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return `${sign}inf`;
  if (magnitude >= EXPONENT_LIMIT) return `${sign}${BigInt(magnitude)}.${'0'.repeat(DECIMALS)}`;
  return sign + toFixedHalfEven(magnitude);
}

/**
 * C rounds a tie to the even digit, JavaScript away from zero. With six decimals, only odd
 * multiples of 1/128 are ties: they have seven decimals, of which the last is a 5.
 */
function toFixedHalfEven(magnitude: number): string {
  const isTie = (magnitude * 128) % 2 === 1;
  if (!isTie) return magnitude.toFixed(DECIMALS);
  const exact = magnitude.toFixed(DECIMALS + 1);
  const lastKept = Number(exact.at(-2));
  return lastKept % 2 === 0 ? exact.slice(0, -1) : magnitude.toFixed(DECIMALS);
}
