import { enumName, INTEGER_RANGES, type IntegerType } from './integer-range.js';
import type { FieldSchema, ScalarType } from './message-schema.js';
import { decodeStringLiterals } from './string-literal.js';
import type { TextTokenizer, Token } from './text-tokenizer.js';

/** Reads one scalar, as protobuf's TextFormat does and with its messages. */
export function readScalar(
  tokens: TextTokenizer,
  scalar: ScalarType,
  field: FieldSchema,
): string | number | boolean {
  switch (scalar) {
    case 'string':
      return readString(tokens);
    case 'bool':
      return readBool(tokens, field);
    case 'float':
      return Math.fround(readDouble(tokens));
    case 'double':
      return readDouble(tokens);
    default:
      return readInteger(tokens, scalar);
  }
}

/** An enum's value, by name or number. */
export function readEnum(
  tokens: TextTokenizer,
  values: readonly string[],
  field: FieldSchema,
): string {
  const start = tokens.current;
  const negative = takeSymbol(tokens, '-');
  const token = tokens.current;
  if (token.kind !== 'integer' && (negative || token.kind !== 'identifier')) {
    throw expected(tokens, 'integer or identifier');
  }
  tokens.take();
  const written = token.kind === 'integer' ? String(integerOf(token)) : token.text;
  const name = negative && written !== '0' ? undefined : enumName(values, written);
  if (name === undefined) {
    const text = `${negative ? '-' : ''}${token.text}`;
    throw tokens.source.errorAt(
      start.offset,
      `Unknown enumeration value of "${text}" for field "${field.protoName}".`,
    );
  }
  return name;
}

/** Takes the current token when it is the symbol; returns whether it was. */
export function takeSymbol(tokens: TextTokenizer, symbol: string): boolean {
  if (tokens.current.kind !== 'symbol' || tokens.current.text !== symbol) return false;
  tokens.take();
  return true;
}

function expected(tokens: TextTokenizer, what: string) {
  const { offset, text } = tokens.current;
  return tokens.source.errorAt(offset, `Expected ${what}, got: ${text}`);
}

function readString(tokens: TextTokenizer): string {
  const first = tokens.current;
  if (first.kind !== 'string') throw expected(tokens, 'string');
  const literals: string[] = [];
  while (tokens.current.kind === 'string') literals.push(tokens.take().text);
  const decoded = decodeStringLiterals(literals);
  if ('error' in decoded) throw tokens.source.errorAt(first.offset, decoded.error);
  return decoded.value;
}

const TRUE_WORDS: readonly string[] = ['true', 'True', 't'];
const FALSE_WORDS: readonly string[] = ['false', 'False', 'f'];

function readBool(tokens: TextTokenizer, field: FieldSchema): boolean {
  const token = tokens.current;
  if (token.kind === 'integer') {
    tokens.take();
    const value = integerOf(token);
    if (value > 1n) throw outOfRange(tokens, token);
    return value === 1n;
  }
  if (token.kind !== 'identifier') throw expected(tokens, 'identifier');
  tokens.take();
  if (TRUE_WORDS.includes(token.text)) return true;
  if (FALSE_WORDS.includes(token.text)) return false;
  throw tokens.source.errorAt(
    token.offset,
    `Invalid value for boolean field "${field.protoName}". Value: "${token.text}".`,
  );
}

function readInteger(tokens: TextTokenizer, type: IntegerType): number {
  const range = INTEGER_RANGES[type];
  const negative = range.min < 0n && takeSymbol(tokens, '-');
  const token = tokens.current;
  if (token.kind !== 'integer') throw expected(tokens, 'integer');
  tokens.take();
  const value = negative ? -integerOf(token) : integerOf(token);
  if (value < range.min || value > range.max) throw outOfRange(tokens, token);
  return Number(value);
}

function readDouble(tokens: TextTokenizer): number {
  const sign = takeSymbol(tokens, '-') ? -1 : 1;
  const token = tokens.current;
  const value = doubleOf(token);
  if (value === undefined) throw expected(tokens, 'double');
  tokens.take();
  return sign * value;
}

function doubleOf(token: Token): number | undefined {
  switch (token.kind) {
    case 'integer':
      return Number(integerOf(token));
    case 'float':
      return Number(token.text.replace(/[fF]$/, ''));
    case 'identifier': {
      const word = token.text.toLowerCase();
      if (word === 'inf' || word === 'infinity') return Number.POSITIVE_INFINITY;
      return word === 'nan' ? Number.NaN : undefined;
    }
    default:
      return undefined;
  }
}

function outOfRange(tokens: TextTokenizer, token: Token) {
  return tokens.source.errorAt(token.offset, `Integer out of range (${token.text})`);
}

/** BigInt reads decimal and hexadecimal as they are; octal needs its own prefix. */
function integerOf(token: Token): bigint {
  // No field is wider than 64 bits, which 22 octal digits fill: longer ones need not be converted.
  if (token.text.length > MAX_INTEGER_LENGTH) return 2n ** 70n;
  return BigInt(/^0[0-7]+$/.test(token.text) ? `0o${token.text.slice(1)}` : token.text);
}

const MAX_INTEGER_LENGTH = 40;
