import { FRAME, FRAME_HEAD_BYTES } from './http2-protocol.js';

/** The head of the frame that is being read; the reader has one and fills it again and again. */
export interface FrameHead {
  length: number;
  type: number;
  flags: number;
  streamId: number;
}

/** Takes the frames. What it throws ends the reading. */
export interface FrameHandler {
  /** Checks a frame by its head, before anything of it is kept. False skips the frame. */
  accept(head: FrameHead): boolean;
  /** A whole frame of any type but DATA. The bytes are the reader's: they change after the call. */
  frame(head: FrameHead, bytes: Buffer, start: number): void;
  /** A part of a DATA frame's contents, as it comes. */
  data(bytes: Buffer, start: number, end: number): void;
  /** A DATA frame is complete. */
  dataEnd(): void;
}

/**
 * Cuts what arrives on a connection into frames. Contents of DATA frames are passed on as they
 * come, all others are put together; who accepts them by their length limits what that costs.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #head: FrameHead = { length: 0, type: 0, flags: 0, streamId: 0 };
  readonly #partialHead = Buffer.allocUnsafe(FRAME_HEAD_BYTES);
  #headLength = 0;
  /** Of the frame's contents, what is still to come. */
  #missing = 0;
  #skipping = false;
  #partial: Buffer | undefined;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Whether the last bytes that came were in the middle of a frame. */
  get midFrame(): boolean {
    return this.#headLength > 0;
  }

  /** How many bytes of a DATA frame are the next ones to come. */
  get missingDataBytes(): number {
    const inData = this.#headLength === FRAME_HEAD_BYTES && this.#head.type === FRAME.DATA;
    return inData && !this.#skipping ? this.#missing : 0;
  }

  /** Takes the bytes from `at` to `end`. */
  read(bytes: Buffer, at: number, end: number): void {
    let position = at;
    while (position < end) {
      position =
        this.#headLength < FRAME_HEAD_BYTES
          ? this.#readHead(bytes, position, end)
          : this.#readContents(bytes, position, end);
    }
  }

  /** The next `length` bytes of a DATA frame were put into place by who asked for its size. */
  placed(length: number): void {
    this.#missing -= length;
    if (this.#missing === 0) this.#endData();
  }

  #readHead(bytes: Buffer, at: number, end: number): number {
    if (this.#headLength === 0 && end - at >= FRAME_HEAD_BYTES) {
      this.#headLength = FRAME_HEAD_BYTES;
      this.#begin(bytes, at);
      return at + FRAME_HEAD_BYTES;
    }
    const take = Math.min(FRAME_HEAD_BYTES - this.#headLength, end - at);
    bytes.copy(this.#partialHead, this.#headLength, at, at + take);
    this.#headLength += take;
    if (this.#headLength === FRAME_HEAD_BYTES) this.#begin(this.#partialHead, 0);
    return at + take;
  }

  #begin(bytes: Buffer, at: number): void {
    const head = this.#head;
    head.length = (byteAt(bytes, at) << 16) | uint16At(bytes, at + 1);
    head.type = byteAt(bytes, at + 3);
    head.flags = byteAt(bytes, at + 4);
    head.streamId = ((uint16At(bytes, at + 5) & 0x7fff) << 16) | uint16At(bytes, at + 7);
    this.#missing = head.length;
    this.#skipping = !this.#handler.accept(head);
    if (head.length > 0) return;
    if (head.type === FRAME.DATA) this.#endData();
    else this.#endFrame(bytes, at);
  }

  #readContents(bytes: Buffer, at: number, end: number): number {
    const take = Math.min(this.#missing, end - at);
    if (this.#head.type === FRAME.DATA) {
      if (!this.#skipping) this.#handler.data(bytes, at, at + take);
      this.placed(take);
      return at + take;
    }
    if (this.#skipping) {
      this.#missing -= take;
      if (this.#missing === 0) this.#headLength = 0;
      return at + take;
    }
    this.#readFrame(bytes, at, take);
    return at + take;
  }

  #readFrame(bytes: Buffer, at: number, take: number): void {
    if (this.#partial === undefined && take === this.#head.length) {
      this.#endFrame(bytes, at);
      return;
    }
    // The bytes are read into again before the frame is complete, so it is put together elsewhere.
    this.#partial ??= Buffer.allocUnsafe(this.#head.length);
    bytes.copy(this.#partial, this.#head.length - this.#missing, at, at + take);
    this.#missing -= take;
    if (this.#missing > 0) return;
    const whole = this.#partial;
    this.#partial = undefined;
    this.#endFrame(whole, 0);
  }

  #endFrame(bytes: Buffer, start: number): void {
    this.#headLength = 0;
    if (!this.#skipping) this.#handler.frame(this.#head, bytes, start);
  }

  #endData(): void {
    this.#headLength = 0;
    if (!this.#skipping) this.#handler.dataEnd();
  }
}

function uint16At(bytes: Buffer, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}

function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}
