/** Significant digits that always fit the type, and those that always tell its values apart. */
const DIGITS = {
  float: { short: 6, full: 9, round: Math.fround },
  double: { short: 15, full: 17, round: (value: number) => value },
} as const;

/**
 * A floating-point number as Triton prints it: protobuf writes as few of C's `%g` digits as
 * suffice, then RapidJSON reads that and prints it again, an integer without and a fraction with a
 * point.
 */
export function floatJson(value: number, type: 'float' | 'double'): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  const { short, full, round } = DIGITS[type];
  const digits = round(Number(value.toPrecision(short))) === value ? short : full;
  const printed = Number(value.toPrecision(digits));
  if (Object.is(printed, -0)) return '0';
  const text = String(printed).replace('e+', 'e');
  const exponent = decimalExponent(value, digits);
  const isInteger = Number.isInteger(printed) && exponent < digits;
  return isInteger || /[.e]/.test(text) ? text : `${text}.0`;
}

/** `%g` writes an exponent, which makes RapidJSON read a fraction, from `digits` upwards. */
function decimalExponent(value: number, digits: number): number {
  return Number(value.toExponential(digits - 1).split('e')[1]);
}
