import type { Readable } from 'node:stream';

/** Characters that may wait to be logged; what does not fit is dropped and counted. */
const MAX_WAITING_LENGTH = 4 * 1024 * 1024;
/** Lines logged in one turn of the event loop: about a millisecond's work. */
const LINES_PER_TURN = 100;

/**
 * Passes text on line by line, a few lines a turn, so that a model that prints without end holds up
 * nobody. The text is always taken from the stream at once: what it does not get rid of piles up in
 * the thread that writes it.
 */
export class LineForwarder {
  readonly #write: (line: string) => void;
  /** Lines that wait, the next one last. */
  #lines: string[] = [];
  readonly #waiting: string[] = [];
  #waitingLength = 0;
  #droppedLength = 0;
  #scheduled = false;

  constructor(stream: Readable, write: (line: string) => void) {
    this.#write = write;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#receive(text));
  }

  #receive(text: string): void {
    if (this.#waitingLength + text.length > MAX_WAITING_LENGTH) {
      this.#droppedLength += text.length;
      return;
    }
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    if (!this.#scheduled) this.#forward();
  }

  #forward(): void {
    this.#scheduled = false;
    for (let count = 0; count < LINES_PER_TURN; count += 1) {
      const line = this.#nextLine();
      if (line === undefined) {
        this.#tellLoss();
        return;
      }
      if (line.trim() !== '') this.#write(line);
    }
    this.#scheduled = true;
    setImmediate(() => this.#forward());
  }

  #nextLine(): string | undefined {
    if (this.#lines.length === 0) {
      const text = this.#waiting.shift();
      if (text === undefined) return undefined;
      this.#waitingLength -= text.length;
      this.#lines = text.split('\n').reverse();
    }
    return this.#lines.pop();
  }

  #tellLoss(): void {
    if (this.#droppedLength === 0) return;
    this.#write(
      `${this.#droppedLength} characters of output were lost: there were too many at once`,
    );
    this.#droppedLength = 0;
  }
}
