import type { AnswerOutput } from './answer-output.js';
import type { AnswerWriter } from './http-exchange.js';

interface StreamedAnswerOptions {
  readonly output: AnswerOutput;
  /** Goes out with the first piece. */
  readonly head: string;
  /** `close`: the end of the connection ends the body; `none`: the client wants no body. */
  readonly framing: 'chunked' | 'close' | 'none';
  /** False once the client has gone. */
  isOpen(): boolean;
  ended(): void;
}

const LAST_CHUNK = '0\r\n\r\n';

/** The body of an answer of unknown length. */
export class StreamedAnswer implements AnswerWriter {
  readonly #options: StreamedAnswerOptions;
  #unsentHead: string;
  #ended = false;

  constructor(options: StreamedAnswerOptions) {
    this.#options = options;
    this.#unsentHead = options.head;
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    const { output, framing, isOpen } = this.#options;
    if (this.#ended || !isOpen()) return undefined;
    let sizeBytes = 0;
    for (const chunk of chunks) sizeBytes += chunk.length;
    // A chunk of no bytes would end the body.
    if (sizeBytes === 0) return undefined;
    const head = this.#takeHead();
    if (framing === 'chunked') {
      output.write(`${head}${sizeBytes.toString(16)}\r\n`, chunks, '\r\n');
    } else {
      output.write(head, framing === 'close' ? chunks : []);
    }
    return output.drained;
  }

  end(): void {
    const { output, framing, isOpen, ended } = this.#options;
    if (this.#ended || !isOpen()) return;
    this.#ended = true;
    output.write(`${this.#takeHead()}${framing === 'chunked' ? LAST_CHUNK : ''}`, []);
    ended();
  }

  #takeHead(): string {
    const head = this.#unsentHead;
    this.#unsentHead = '';
    return head;
  }
}
