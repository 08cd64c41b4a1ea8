/**
 * Pieces of JSON as "binary strings": strings in which each character is one byte of the UTF-8
 * text. They are joined and written faster than any other form, and can hold bytes that are no
 * valid UTF-8.
 */

const PLAIN_ASCII = /^[ !#-[\]-~]*$/;

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** A JSON string. */
export function quoteText(text: string): string {
  return PLAIN_ASCII.test(text) ? `"${text}"` : quoteBytes(Buffer.from(text, 'utf8'));
}

/** A JSON string of whatever bytes; those from 0x80 on are copied, valid UTF-8 or not. */
export function quoteBytes(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  if (!needsEscape(bytes)) return `"${text}"`;
  let escaped = '"';
  let copied = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (!isEscaped(byte)) continue;
    escaped += text.slice(copied, index) + escapeOf(byte);
    copied = index + 1;
  }
  return `${escaped}${text.slice(copied)}"`;
}

/**
 * A double as RapidJSON prints it: the shortest text that reads back as the same double, always
 * with a decimal point or an exponent, and `NaN`, `Infinity` and `-Infinity`, which JSON lacks.
 */
export function doubleText(value: number): string {
  if (value >= 1e21 || value <= -1e21) return String(value).replace('e+', 'e');
  if (!Number.isInteger(value)) return String(value);
  return Object.is(value, -0) ? '-0.0' : `${value}.0`;
}

function needsEscape(bytes: Buffer): boolean {
  for (let index = 0; index < bytes.length; index += 1) {
    if (isEscaped(bytes[index] ?? 0)) return true;
  }
  return false;
}

function isEscaped(byte: number): boolean {
  return byte < 0x20 || byte === 0x22 || byte === 0x5c;
}

function escapeOf(byte: number): string {
  const short = SHORT_ESCAPES[byte];
  return short ?? `\\u00${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
