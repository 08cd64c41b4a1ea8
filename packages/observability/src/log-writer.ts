import { write } from 'node:fs';
import { appendFile } from 'node:fs/promises';

/** Characters that may wait to be written; what does not fit is dropped and counted. */
const MAX_BUFFERED_LENGTH = 4 * 1024 * 1024;
const RETRY_MS = 20;

/** Where a LogWriter puts its text. Rejects when it could not. */
export type LogTarget = (text: string) => Promise<void>;

/** Writes log text in the background, in order. Neither waits nor throws. */
export class LogWriter {
  readonly #target: LogTarget;
  readonly #lossEntry: (count: number) => string;
  #waiting: string[] = [];
  #waitingLength = 0;
  #lostCount = 0;
  #flushing: Promise<void> | undefined;

  /**
   * `lossEntry` makes the text that tells of so many lost entries; it is written as soon as
   * possible.
   */
  constructor(target: LogTarget, lossEntry: (count: number) => string) {
    this.#target = target;
    this.#lossEntry = lossEntry;
  }

  write(text: string): void {
    if (this.#waitingLength + text.length > MAX_BUFFERED_LENGTH) {
      this.#lostCount += 1;
      return;
    }
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    this.#flushing ??= this.#flush();
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const entries = this.#waiting;
      const lostBefore = this.#lostCount;
      this.#waiting = [];
      this.#waitingLength = 0;
      if (lostBefore > 0) entries.push(this.#lossEntry(lostBefore));
      try {
        await this.#target(entries.join(''));
        this.#lostCount -= lostBefore;
      } catch {
        // A full disk or a closed console must not end the server; the next entry tells of the
        // loss.
        this.#lostCount += entries.length - (lostBefore > 0 ? 1 : 0);
      }
    }
    this.#flushing = undefined;
  }
}

/**
 * Appends to a file. It is opened by name for each write, so that a rotated log continues in the
 * new file without anyone telling the server; under load many lines share one write.
 */
export function fileTarget(path: string): LogTarget {
  return (text) => appendFile(path, text);
}

/**
 * Write to standard error or output off the event loop: the streams of `process` block it while
 * the reader of a pipe is slow.
 */
export const stderrTarget = descriptorTarget(2);
export const stdoutTarget = descriptorTarget(1);

function descriptorTarget(descriptor: number): LogTarget {
  return async (text) => {
    let rest = Buffer.from(text, 'utf8');
    while (rest.byteLength > 0) rest = rest.subarray(await writeSome(descriptor, rest));
  };
}

function writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, (error, written) => {
      if (!error) resolve(written);
      // A standard stream can be a pipe that someone made non-blocking, and full.
      else if (error.code === 'EAGAIN') setTimeout(resolve, RETRY_MS, 0);
      else reject(error);
    });
  });
}
