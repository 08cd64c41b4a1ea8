import { InferError } from '@nereid/core';
import { type JsonSyntaxProblem, jsonSyntaxError } from './json-syntax.js';

/** Arrays and objects may be nested this deep, so that no document can exhaust the stack. */
const MAX_NESTING_DEPTH = 100;

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;
const SPACE = 0x20;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * A position in a JSON text, and the punctuation of arrays and objects. An object is read with
 *
 *     for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
 *       const name = readName(cursor);
 *       // read or skip exactly one value
 *     }
 *
 * and an array likewise with `beginArray` and `nextElement`. Every method throws jsonSyntaxError
 * where the text is not JSON.
 */
export class JsonCursor {
  readonly bytes: Buffer;
  /** The next byte to read. */
  position = 0;
  /** True when what `scanNumber` passed last is an integer literal that fits into 64 bits. */
  numberIsInteger = false;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.bytes[0] === BYTE_ORDER_MARK[0]) this.#passByteOrderMark();
  }

  /** The next byte; 0 at the end. A NUL byte counts as the end, as it does in Triton. */
  peek(): number {
    return this.bytes[this.position] ?? 0;
  }

  skipWhitespace(): void {
    const { bytes } = this;
    let position = this.position;
    let byte = bytes[position] ?? 0;
    while (byte <= SPACE && (byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09)) {
      position += 1;
      byte = bytes[position] ?? 0;
    }
    this.position = position;
  }

  fail(problem: JsonSyntaxProblem, offset = this.position): never {
    throw jsonSyntaxError(problem, offset);
  }

  /** Goes to the root value. */
  beginDocument(): void {
    this.skipWhitespace();
    if (this.peek() === 0) this.fail('documentEmpty');
  }

  endDocument(): void {
    this.skipWhitespace();
    if (this.peek() !== 0) this.fail('rootNotSingular');
  }

  atObject(): boolean {
    return this.peek() === OPEN_BRACE;
  }

  atArray(): boolean {
    return this.peek() === OPEN_BRACKET;
  }

  atString(): boolean {
    return this.peek() === QUOTE;
  }

  /**
   * Enters the object at the cursor. Returns true at the quotation mark of its first member's
   * name.
   */
  beginObject(): boolean {
    this.#enter();
    if (this.peek() === CLOSE_BRACE) return this.#leave();
    return this.#atName();
  }

  /** Between a member's name and its value. */
  passColon(): void {
    this.skipWhitespace();
    if (this.peek() !== COLON) this.fail('colonMissing');
    this.position += 1;
    this.skipWhitespace();
  }

  /** After a member's value. Returns false once the object has ended. */
  nextMember(): boolean {
    this.skipWhitespace();
    const byte = this.peek();
    if (byte === CLOSE_BRACE) return this.#leave();
    if (byte !== COMMA) this.fail('memberSeparatorMissing');
    this.position += 1;
    this.skipWhitespace();
    return this.#atName();
  }

  /** Enters the array at the cursor. Returns true at its first element. */
  beginArray(): boolean {
    this.#enter();
    return this.peek() === CLOSE_BRACKET ? this.#leave() : true;
  }

  /** After an element. Returns false once the array has ended. */
  nextElement(): boolean {
    this.skipWhitespace();
    const byte = this.peek();
    if (byte === CLOSE_BRACKET) return this.#leave();
    if (byte !== COMMA) this.fail('elementSeparatorMissing');
    this.position += 1;
    this.skipWhitespace();
    return true;
  }

  /** Passes `true`, `false` or `null`. */
  passLiteral(literal: string): void {
    for (let index = 0; index < literal.length; index += 1) {
      if (this.peek() !== literal.charCodeAt(index)) this.fail('valueInvalid');
      this.position += 1;
    }
  }

  #passByteOrderMark(): void {
    const present = BYTE_ORDER_MARK.every((byte, index) => this.bytes[index] === byte);
    if (present) this.position = BYTE_ORDER_MARK.length;
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_NESTING_DEPTH) throw tooDeep();
    this.position += 1;
    this.skipWhitespace();
  }

  #leave(): false {
    this.#depth -= 1;
    this.position += 1;
    return false;
  }

  #atName(): true {
    if (this.peek() !== QUOTE) this.fail('memberNameMissing');
    return true;
  }
}

function tooDeep(): InferError {
  return new InferError(
    'INVALID_ARG',
    `JSON nesting depth exceeds maximum allowed limit (${MAX_NESTING_DEPTH})`,
  );
}
