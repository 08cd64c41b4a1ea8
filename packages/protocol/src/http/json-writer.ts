/** A longer piece of text is turned into bytes before it is appended to. */
const FLUSH_LENGTH = 1 << 20;

/** Collects binary strings (see json-text.ts) and turns them into bytes. */
export class JsonWriter {
  readonly #chunks: Uint8Array[] = [];
  #text = '';
  #flushedBytes = 0;

  append(text: string): void {
    this.#text += text;
    if (this.#text.length >= FLUSH_LENGTH) this.#flush();
  }

  /** Appends text as bytes, which the writer keeps. */
  appendBytes(bytes: Uint8Array): void {
    if (this.#text.length > 0) this.#flush();
    this.#chunks.push(bytes);
    this.#flushedBytes += bytes.length;
  }

  /** Everything appended, in pieces, of which the last one may be left a binary string. */
  finishText(): { readonly chunks: (Uint8Array | string)[]; readonly sizeBytes: number } {
    const text = this.#text;
    this.#text = '';
    const sizeBytes = this.#flushedBytes + text.length;
    return { chunks: text === '' ? this.#chunks : [...this.#chunks, text], sizeBytes };
  }

  /** Everything appended, in pieces. */
  finish(): { readonly chunks: Uint8Array[]; readonly sizeBytes: number } {
    if (this.#text.length > 0) this.#flush();
    return { chunks: this.#chunks, sizeBytes: this.#flushedBytes };
  }

  #flush(): void {
    const chunk = Buffer.from(this.#text, 'latin1');
    this.#text = '';
    this.#flushedBytes += chunk.length;
    this.#chunks.push(chunk);
  }
}
