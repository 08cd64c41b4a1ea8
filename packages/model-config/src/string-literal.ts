/** Decodes the string literals of a text proto. */

const SIMPLE_ESCAPES: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['v', 0x0b],
  ['\\', 0x5c],
  ['?', 0x3f],
  ["'", 0x27],
  ['"', 0x22],
]);

const ESCAPE =
  /\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/gs;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of adjacent literals, each with its quotes. Escapes name bytes, which together must be
 * UTF-8. Returns an error in protobuf's words for what is no escape or no UTF-8.
 */
export function decodeStringLiterals(
  literals: readonly string[],
): { readonly value: string } | { readonly error: string } {
  const escaped = literals.some((literal) => literal.includes('\\'));
  if (!escaped) return { value: literals.map((literal) => literal.slice(1, -1)).join('') };
  const bytes: number[] = [];
  for (const literal of literals) {
    if (!appendLiteral(literal.slice(1, -1), bytes)) {
      return { error: 'Invalid escape sequence in string literal.' };
    }
  }
  try {
    return { value: decoder.decode(Uint8Array.from(bytes)) };
  } catch {
    return { error: 'String contains invalid UTF-8 data.' };
  }
}

/** False when `content` has an invalid escape. */
function appendLiteral(content: string, bytes: number[]): boolean {
  let plainStart = 0;
  for (const match of content.matchAll(ESCAPE)) {
    appendText(content.slice(plainStart, match.index), bytes);
    if (!appendEscape(match, bytes)) return false;
    plainStart = match.index + match[0].length;
  }
  appendText(content.slice(plainStart), bytes);
  return true;
}

function appendText(text: string, bytes: number[]): void {
  for (const byte of encoder.encode(text)) bytes.push(byte);
}

function appendEscape(match: RegExpExecArray, bytes: number[]): boolean {
  const [, octal, hex, short, long, other] = match;
  if (octal !== undefined) return appendByte(Number.parseInt(octal, 8), bytes);
  if (hex !== undefined) return appendByte(Number.parseInt(hex, 16), bytes);
  const codePoint = short ?? long;
  if (codePoint !== undefined) return appendCodePoint(Number.parseInt(codePoint, 16), bytes);
  const simple = SIMPLE_ESCAPES.get(other ?? '');
  return simple !== undefined && appendByte(simple, bytes);
}

function appendByte(byte: number, bytes: number[]): boolean {
  if (byte > 0xff) return false;
  bytes.push(byte);
  return true;
}

function appendCodePoint(codePoint: number, bytes: number[]): boolean {
  const surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
  if (surrogate || codePoint > 0x10ffff) return false;
  appendText(String.fromCodePoint(codePoint), bytes);
  return true;
}
