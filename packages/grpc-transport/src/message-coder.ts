import { deflate, gunzip, gzip, inflate } from 'node:zlib';
import type { Encoding } from './response-headers.js';

/** How much is spent on compressing responses, as other gRPC servers name it. */
export type CompressionLevel = 'none' | 'low' | 'medium' | 'high';

/**
 * Messages that are inflated at the same time, over all connections: each may need its limit of
 * memory.
 */
const MAX_INFLATING = 2;
const LEAST_CHUNK_BYTES = 1024;
const MOST_CHUNK_BYTES = 256 * 1024;

export type InflateProblem = 'size' | 'data';
/** Takes the inflated message, or why there is none. */
export type Inflated = (message: Buffer | InflateProblem) => void;

interface InflateJob {
  readonly message: Buffer;
  readonly encoding: Encoding;
  readonly done: Inflated;
}

/** Inflates compressed messages, a few at a time, and none beyond the limit. */
export class MessageInflater {
  readonly #limitBytes: number;
  readonly #waiting: InflateJob[] = [];
  #runningCount = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  inflate(job: InflateJob): void {
    this.#waiting.push(job);
    this.#next();
  }

  #next(): void {
    if (this.#runningCount === MAX_INFLATING) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#runningCount += 1;
    const options = {
      // zlib stops when its output gets there, so that a small message cannot take much memory.
      maxOutputLength: this.#limitBytes,
      chunkSize: chunkBytes(job.message.length * 4),
    };
    const decode = job.encoding === 'gzip' ? gunzip : inflate;
    decode(job.message, options, (error, message) => {
      this.#runningCount -= 1;
      job.done(error === null ? message : problemOf(error));
      this.#next();
    });
  }
}

function problemOf(error: NodeJS.ErrnoException): InflateProblem {
  return error.code === 'ERR_BUFFER_TOO_LARGE' ? 'size' : 'data';
}

/** Calls `done` with the compressed message, or with undefined when it would not be smaller. */
export function compressMessage(
  message: Buffer,
  encoding: Encoding,
  done: (compressed: Buffer | undefined) => void,
): void {
  const encode = encoding === 'gzip' ? gzip : deflate;
  encode(message, { chunkSize: chunkBytes(message.length) }, (error, compressed) => {
    done(error === null && compressed.length < message.length ? compressed : undefined);
  });
}

function chunkBytes(wanted: number): number {
  return Math.max(LEAST_CHUNK_BYTES, Math.min(MOST_CHUNK_BYTES, wanted));
}

/**
 * What a level means for a client: of the encodings that it accepts, in the order gzip, deflate,
 * the first for low, the one in the middle for medium, the last for high. So does gRPC's C++
 * server.
 */
export function chooseEncoding(level: CompressionLevel, acceptEncoding: string): Encoding {
  if (level === 'none') return 'identity';
  const accepted = acceptEncoding.split(',').map((encoding) => encoding.trim());
  const usable = (['gzip', 'deflate'] as const).filter((encoding) => accepted.includes(encoding));
  const index = { low: 0, medium: usable.length >> 1, high: usable.length - 1 }[level];
  return usable[index] ?? 'identity';
}

/** True for what can be inflated. */
export function isKnownEncoding(encoding: string): encoding is Encoding {
  return encoding === 'identity' || encoding === 'gzip' || encoding === 'deflate';
}
