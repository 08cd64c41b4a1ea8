import { InferError } from '@nereid/core';

/** A text with a name, which turns offsets into the line and column of its errors. */
export class TextSource {
  readonly text: string;
  readonly #fileName: string;

  constructor(text: string, fileName: string) {
    this.text = text;
    this.#fileName = fileName;
  }

  /** `fileName:line:column: message`, both counted from 1. */
  errorAt(offset: number, message: string): InferError {
    const before = this.text.slice(0, offset);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    return new InferError(
      'INVALID_ARG',
      `${this.#fileName}:${line}:${offset - lineStart + 1}: ${message}`,
    );
  }
}
