import { type FileHandle, open } from 'node:fs/promises';
import { type Clock, InferError, isInferError, type Logger } from '@nereid/core';
import { IdleWatch } from './idle-watch.js';
import type { ObjectSource, RemoteObject } from './object-source.js';
import { storeFailure } from './store-failure.js';

export interface FetchLimits {
  /** Tries in a row that bring no byte. */
  readonly maxAttempts: number;
  /** Without a byte. */
  readonly idleMs: number;
}

interface FetchOptions {
  readonly source: ObjectSource;
  readonly object: RemoteObject;
  /** Of the object, for messages. */
  readonly url: string;
  /** May hold the first bytes already. */
  readonly file: string;
  readonly limits: FetchLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

/** Thrown when the object is no longer the one that was listed: the listing has to be made anew. */
export class ObjectChanged extends Error {}

/**
 * Brings an object's contents to a file, from where the file ends, and flushes it to the disk.
 * Connections that break are made again, and go on where they broke. Returns the bytes fetched.
 * Memory does not grow with the object: each chunk is written before the next one is taken.
 */
export async function fetchObject(options: FetchOptions): Promise<number> {
  const { object, file } = options;
  const handle = await open(file, 'a+', 0o600);
  try {
    let position = (await handle.stat()).size;
    if (position > object.sizeBytes) {
      await handle.truncate(0);
      position = 0;
    }
    const fetchedBytes = await new ObjectFetch(options, handle, position).run();
    await handle.sync();
    return fetchedBytes;
  } finally {
    await handle.close();
  }
}

class ObjectFetch {
  readonly #options: FetchOptions;
  readonly #handle: FileHandle;
  readonly #startByte: number;
  #position: number;

  constructor(options: FetchOptions, handle: FileHandle, startByte: number) {
    this.#options = options;
    this.#handle = handle;
    this.#startByte = startByte;
    this.#position = startByte;
  }

  async run(): Promise<number> {
    const { object, limits, clock, signal } = this.#options;
    let failures = 0;
    let progressBytes = this.#position;
    while (this.#position < object.sizeBytes) {
      const error = await this.#attempt();
      if (error === undefined) break;
      failures = this.#position > progressBytes ? 1 : failures + 1;
      progressBytes = Math.max(progressBytes, this.#position);
      this.#rethrow(error, failures >= limits.maxAttempts);
      // All bytes came and the connection failed nevertheless: the SDK found a wrong checksum.
      if (this.#position === object.sizeBytes) await this.#startOver();
      await pause(clock, Math.min(FIRST_PAUSE_MS * 2 ** failures, MAX_PAUSE_MS), signal);
    }
    return this.#position - this.#startByte;
  }

  /** Returns what ended the attempt early; undefined when all bytes are there. */
  async #attempt(): Promise<unknown> {
    const { source, object, limits, clock, signal } = this.#options;
    const watch = new IdleWatch(clock, limits.idleMs);
    try {
      const either = AbortSignal.any([signal, watch.signal]);
      const chunks = await source.read(object, this.#position, either);
      for await (const chunk of chunks) {
        either.throwIfAborted();
        await this.#write(chunk);
        watch.touch();
      }
      if (this.#position === object.sizeBytes) return undefined;
      return new Error(`the connection ended after ${this.#position} of ${object.sizeBytes} bytes`);
    } catch (error) {
      return watch.signal.aborted ? watch.signal.reason : (error ?? new Error('unknown'));
    } finally {
      watch.stop();
    }
  }

  async #write(chunk: Uint8Array): Promise<void> {
    if (this.#position + chunk.byteLength > this.#options.object.sizeBytes) {
      throw new ObjectChanged(`${this.#options.url} is larger than listed`);
    }
    try {
      await this.#handle.appendFile(chunk);
    } catch (cause) {
      const text = `cannot store ${this.#options.url} on the local disk: ${messageOf(cause)}`;
      throw new InferError('UNAVAILABLE', text, { cause });
    }
    this.#position += chunk.byteLength;
  }

  async #startOver(): Promise<void> {
    await this.#handle.truncate(0);
    this.#position = 0;
  }

  /** Throws what no further attempt can mend. */
  #rethrow(error: unknown, isLast: boolean): void {
    const { source, url, signal, logger } = this.#options;
    signal.throwIfAborted();
    if (error instanceof ObjectChanged || isInferError(error)) throw error;
    const kind = source.failureKind(error, 'read');
    if (kind === 'changed' || kind === 'missing') {
      throw new ObjectChanged(`${url} changed while it was being fetched`);
    }
    const failure = storeFailure(`fetch ${url}`, kind, error);
    if (isLast || kind !== 'other') throw failure;
    logger.verbose(1, `trying again after: ${failure.message}`);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Ends early when the signal aborts, without an error: whoever waits looks at the signal. */
function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.schedule(delayMs * 1000, end);
    signal.addEventListener('abort', end);
  });
}
