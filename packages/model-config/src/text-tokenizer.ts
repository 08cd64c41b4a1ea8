import type { TextSource } from './text-source.js';

type TokenKind = 'identifier' | 'integer' | 'float' | 'string' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written: a string with its quotes and escapes, a symbol one character, the end empty. */
  readonly text: string;
  readonly offset: number;
}

const SPACE = /[ \t\r\n\v\f]+/y;
const COMMENT = /#[^\n]*/y;
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const HEX = /0[xX][0-9A-Fa-f]*/y;
const OCTAL = /0[0-7]+/y;
const DECIMAL = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]*)?[fF]?/y;
const DIGIT = /[0-9]/;
const IDENTIFIER_START = /[A-Za-z_]/;
/** What ends a plain run of characters inside a string. */
const STRING_STOP = /["'\\\n]/g;

/**
 * Splits a text proto into tokens by the rules of protobuf's tokenizer, one token ahead at a time.
 */
export class TextTokenizer {
  readonly source: TextSource;
  readonly #text: string;
  #offset = 0;
  #current: Token;

  constructor(source: TextSource) {
    this.source = source;
    this.#text = source.text;
    this.#current = this.#read();
  }

  get current(): Token {
    return this.#current;
  }

  /** Returns the current token and moves on to the next. */
  take(): Token {
    const token = this.#current;
    this.#current = this.#read();
    return token;
  }

  #read(): Token {
    while (this.#match(SPACE) !== '' || this.#match(COMMENT) !== '') {
      // Both have moved the offset.
    }
    const offset = this.#offset;
    const first = this.#text[offset];
    if (first === undefined) return { kind: 'end', text: '', offset };
    const identifier = this.#match(IDENTIFIER);
    if (identifier !== '') return { kind: 'identifier', text: identifier, offset };
    if (first === '"' || first === "'") return this.#readString(first);
    if (DIGIT.test(first) || (first === '.' && DIGIT.test(this.#text[offset + 1] ?? ''))) {
      return this.#readNumber();
    }
    this.#refuseOddCharacter(first);
    this.#offset += 1;
    return { kind: 'symbol', text: first, offset };
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#offset;
    const text = pattern.exec(this.#text)?.[0] ?? '';
    this.#offset += text.length;
    return text;
  }

  #readString(quote: string): Token {
    const offset = this.#offset;
    let at = offset + 1;
    for (;;) {
      STRING_STOP.lastIndex = at;
      const stop = STRING_STOP.exec(this.#text)?.index;
      if (stop === undefined) throw this.source.errorAt(offset, 'Unexpected end of string.');
      const character = this.#text[stop];
      if (character === '\n') {
        throw this.source.errorAt(stop, 'String literals cannot cross line boundaries.');
      }
      // A backslash hides the next character, unless that ends the line: the loop then refuses it.
      const hides = character === '\\' && this.#text[stop + 1] !== '\n';
      at = stop + (hides ? 2 : 1);
      if (character === quote) break;
    }
    this.#offset = at;
    return { kind: 'string', text: this.#text.slice(offset, at), offset };
  }

  #readNumber(): Token {
    const offset = this.#offset;
    const text = this.#match(HEX) || this.#match(OCTAL) || this.#match(DECIMAL);
    const next = this.#text[this.#offset] ?? '';
    const problem = numberProblem(text, next);
    if (problem !== undefined) throw this.source.errorAt(this.#offset, problem);
    return { kind: isFloat(text) ? 'float' : 'integer', text, offset };
  }

  #refuseOddCharacter(character: string): void {
    const code = character.charCodeAt(0);
    if (code < 0x20 || code === 0x7f) {
      throw this.source.errorAt(this.#offset, 'Invalid control characters encountered in text.');
    }
    if (code > 0x7f) {
      const message = `Interpreting non ascii codepoint ${this.#text.codePointAt(this.#offset)}.`;
      throw this.source.errorAt(this.#offset, message);
    }
  }
}

function isFloat(text: string): boolean {
  return !/^0[xX]/.test(text) && /[.eEfF]/.test(text);
}

/** What is wrong with the number `text` when the character `next` follows, in protobuf's words. */
function numberProblem(text: string, next: string): string | undefined {
  if (/^0[xX]$/.test(text)) return '"0x" must be followed by hex digits.';
  const basedInteger = /^0[xX0-9]/.test(text);
  if (/^0[0-7]*[89]/.test(text) || (/^0[0-7]+$/.test(text) && DIGIT.test(next))) {
    return 'Numbers starting with leading zero must be in octal.';
  }
  if (/[eE][+-]?[fF]?$/.test(text) && isFloat(text)) return '"e" must be followed by exponent.';
  if (next === '.') {
    return basedInteger
      ? 'Hex and octal numbers must be integers.'
      : "Already saw decimal point or exponent; can't have another one.";
  }
  if (IDENTIFIER_START.test(next)) return 'Need space between number and identifier.';
  return undefined;
}
