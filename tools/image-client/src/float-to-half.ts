/** Rounds a number to the nearest half-precision float, ties to even, and returns its 16 bits. */
export function floatToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  // Below 2^-14 the spacing stays that of the smallest normal numbers.
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 2 ** -14)));
  const units = roundHalfToEven(magnitude / 2 ** (exponent - 10));
  // A significand that rounds up to 2048 carries into the exponent by plain addition.
  return sign | (units < 1024 ? units : ((exponent + 15) << 10) + (units - 1024));
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0.5) return floor + (floor & 1);
  return rest > 0.5 ? floor + 1 : floor;
}
