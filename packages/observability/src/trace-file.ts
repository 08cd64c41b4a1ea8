import { type FileHandle, open, writeFile } from 'node:fs/promises';
import type { Logger } from '@nereid/core';

/** Characters that may wait for the disk; what does not fit is dropped, and logged. */
const MAX_WAITING_LENGTH = 64 * 1024 * 1024;

interface WaitingTraces {
  /** The file to be made of them alone; undefined: they join the others. */
  readonly path: string | undefined;
  /** JSON objects, separated by commas. */
  readonly text: string;
}

/**
 * Writes traces in the background, in order: into files of their own that are numbered, or into the
 * one file without a number, which is valid JSON after each write. Neither waits nor throws.
 */
export class TraceFile {
  readonly #path: string;
  readonly #logger: Logger;
  #nextIndex = 0;
  #begun = false;
  #waiting: WaitingTraces[] = [];
  #waitingLength = 0;
  #flushing: Promise<void> | undefined;
  /** The last write failed, or was dropped; it is logged when that begins, not each time. */
  #failing = false;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  /** Writes `<path>.<index>`, with the next index. */
  writeNumbered(text: string): void {
    this.#add({ path: `${this.#path}.${this.#nextIndex}`, text });
    this.#nextIndex += 1;
  }

  /** Adds to the file without a number. One that an earlier run has left is replaced. */
  append(text: string): void {
    this.#add({ path: undefined, text });
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
  }

  #add(traces: WaitingTraces): void {
    if (this.#waitingLength + traces.text.length > MAX_WAITING_LENGTH) {
      this.#failed('the disk is too slow');
      return;
    }
    this.#waiting.push(traces);
    this.#waitingLength += traces.text.length;
    this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        if (next.path === undefined) await this.#extend(next.text);
        else await writeFile(next.path, `[${next.text}]`);
        this.#failing = false;
      } catch (error) {
        this.#failed(error instanceof Error ? error.message : String(error));
      }
      this.#waitingLength -= next.text.length;
    }
    this.#flushing = undefined;
  }

  async #extend(text: string): Promise<void> {
    const file = await this.#open();
    try {
      const { size } = await file.stat();
      // The closing bracket makes room for what follows, and comes last again.
      if (size > 1) await file.write(`,${text}]`, size - 1);
      else await file.write(`[${text}]`, 0);
      this.#begun = true;
    } finally {
      await file.close();
    }
  }

  /** Somebody may have moved the file away meanwhile. */
  async #open(): Promise<FileHandle> {
    if (!this.#begun) return await open(this.#path, 'w');
    try {
      return await open(this.#path, 'r+');
    } catch {
      return await open(this.#path, 'w');
    }
  }

  #failed(reason: string): void {
    if (!this.#failing) this.#logger.error(`traces are lost: ${this.#path}: ${reason}`);
    this.#failing = true;
  }
}
