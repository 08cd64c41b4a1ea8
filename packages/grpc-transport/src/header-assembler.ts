import type { FrameHead } from './frame-reader.js';
import type { ByteRange } from './hpack/hpack-decoder.js';
import { ConnectionError, ERROR, FLAG } from './http2-protocol.js';

/** Frames of one block; an honest client needs them only for blocks above its frame size. */
const MAX_CONTINUATIONS = 64;
const PRIORITY_BYTES = 5;

/** A header block that is spread over frames: HEADERS and its CONTINUATIONs. */
export class HeaderAssembler {
  readonly #limitBytes: number;
  readonly streamId: number;
  readonly endStream: boolean;
  #parts: Buffer[] = [];
  #sizeBytes = 0;

  constructor(head: FrameHead, limitBytes: number) {
    this.streamId = head.streamId;
    this.endStream = (head.flags & FLAG.END_STREAM) !== 0;
    this.#limitBytes = limitBytes;
  }

  /** Throws a ConnectionError when the block becomes too large. */
  add(bytes: Buffer, { start, end }: ByteRange): void {
    // The bytes change before the block is complete, so they are copied.
    this.#parts.push(Buffer.from(bytes.subarray(start, end)));
    this.#sizeBytes += end - start;
    if (this.#sizeBytes > this.#limitBytes || this.#parts.length > MAX_CONTINUATIONS) {
      throw new ConnectionError(ERROR.ENHANCE_YOUR_CALM, 'a header block above the limit');
    }
  }

  get block(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/**
 * Where in a HEADERS frame the block is. Throws a ConnectionError for impossible padding and
 * priority.
 */
export function headerFragment(head: FrameHead, bytes: Buffer, frameStart: number): ByteRange {
  let start = frameStart;
  let end = frameStart + head.length;
  if (head.flags & FLAG.PADDED) {
    if (head.length < 1) throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, 'no room for padding');
    end -= bytes[start] ?? 0;
    start += 1;
  }
  if (head.flags & FLAG.PRIORITY) {
    if (end - start < PRIORITY_BYTES) {
      throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, 'no room for the priority');
    }
    checkDependency(head.streamId, bytes, start);
    start += PRIORITY_BYTES;
  }
  if (start > end) throw new ConnectionError(ERROR.PROTOCOL_ERROR, 'more padding than contents');
  return { start, end };
}

/** Priorities are not used; one that makes no sense is an error all the same. */
export function checkDependency(streamId: number, bytes: Buffer, start: number): void {
  if ((bytes.readUInt32BE(start) & 0x7fff_ffff) !== streamId) return;
  throw new ConnectionError(ERROR.PROTOCOL_ERROR, 'a stream that depends on itself');
}
