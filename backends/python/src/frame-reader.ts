import { FRAME_HEADER_BYTES } from './wire-format.js';

/** A whole frame in a chunk of received bytes. */
export interface Frame {
  readonly kind: number;
  readonly count: number;
  readonly id: number;
  readonly extra: number;
  readonly bytes: Buffer;
  /** Where the content begins and ends in `bytes`. */
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts a stream of bytes into frames. A frame that arrives in one chunk is a view into it; only
 * what crosses a border between chunks is copied together.
 */
export class FrameReader {
  readonly #receive: (frame: Frame) => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** How many bytes make the frame that waits whole, as far as its header is there. */
  #wanted = FRAME_HEADER_BYTES;

  constructor(receive: (frame: Frame) => void) {
    this.#receive = receive;
  }

  push(chunk: Buffer): void {
    if (this.#waitingBytes > 0) {
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.length;
      if (this.#waitingBytes < this.#wanted) return;
      const joined = Buffer.concat(this.#waiting, this.#waitingBytes);
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#cut(joined);
    } else {
      this.#cut(chunk);
    }
  }

  #cut(bytes: Buffer): void {
    let position = 0;
    this.#wanted = FRAME_HEADER_BYTES;
    while (bytes.length - position >= FRAME_HEADER_BYTES) {
      const size = bytes.readUInt32LE(position);
      if (size > bytes.length - position) {
        this.#wanted = size;
        break;
      }
      this.#receive({
        kind: bytes.readUInt16LE(position + 4),
        count: bytes.readUInt16LE(position + 6),
        id: bytes.readUInt32LE(position + 8),
        extra: bytes.readUInt32LE(position + 12),
        bytes,
        start: position + FRAME_HEADER_BYTES,
        end: position + size,
      });
      position += size;
    }
    if (position === bytes.length) return;
    const rest = bytes.subarray(position);
    this.#waiting.push(rest);
    this.#waitingBytes = rest.length;
  }
}
