import { ALIGNMENT_BYTES, aligned, FRAME_HEADER_BYTES } from './wire-format.js';

const FIRST_CAPACITY_BYTES = 64 * 1024;
/** A buffer that has grown beyond it is not kept. */
const MAX_KEPT_BYTES = 1024 * 1024;

/** What begins a frame. */
export interface FrameStart {
  readonly kind: number;
  readonly count: number;
  /** A batch, a call or whatever else the kind says. */
  readonly id: number;
  readonly extra?: number;
}

/**
 * Collects frames until they are written to the socket together. Everything in a frame begins at a
 * multiple of eight bytes. The buffer is used again as long as each write takes everything at once.
 */
export class FrameWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Appends a frame whose content `fill` appends. */
  frame(start: FrameStart, fill: () => void): void {
    const position = this.beginFrame();
    fill();
    this.endFrame(position, start);
  }

  /** Makes room for a frame's beginning, which `endFrame` fills. Returns where that is. */
  beginFrame(): number {
    return this.skip(FRAME_HEADER_BYTES);
  }

  endFrame(position: number, start: FrameStart): void {
    this.align();
    this.setUint32(position, this.#length - position);
    this.setUint16(position + 4, start.kind);
    this.setUint16(position + 6, start.count);
    this.setUint32(position + 8, start.id);
    this.setUint32(position + 12, start.extra ?? 0);
  }

  /** Makes room for so many bytes, whose content is undefined, and returns where they begin. */
  skip(sizeBytes: number): number {
    const position = this.#length;
    this.#reserve(sizeBytes);
    this.#length = position + sizeBytes;
    return position;
  }

  append(data: Uint8Array): void {
    const position = this.skip(data.length);
    this.#bytes.set(data, position);
  }

  /** Appends UTF-8 and returns its length in bytes. */
  appendText(text: string): number {
    if (text === '') return 0;
    this.#reserve(text.length * 3);
    const length = this.#bytes.write(text, this.#length, 'utf8');
    this.#length += length;
    return length;
  }

  appendUint64(value: number): void {
    this.setUint64(this.skip(8), value);
  }

  align(): void {
    const end = aligned(this.#length);
    this.#reserve(ALIGNMENT_BYTES);
    while (this.#length < end) this.#bytes[this.#length++] = 0;
  }

  /** Takes back what was appended after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  setUint8(position: number, value: number): void {
    this.#view.setUint8(position, value);
  }

  setUint16(position: number, value: number): void {
    this.#view.setUint16(position, value, true);
  }

  setUint32(position: number, value: number): void {
    this.#view.setUint32(position, value, true);
  }

  /** For a safe integer that is not negative. */
  setUint64(position: number, value: number): void {
    this.#view.setUint32(position, value, true);
    this.#view.setUint32(position + 4, value / 0x1_0000_0000, true);
  }

  setBigUint64(position: number, value: bigint): void {
    this.#view.setBigUint64(position, value, true);
  }

  /** What was collected, as a view. `written` must follow before anything else is appended. */
  collected(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** `reusable`: nobody reads the view any more. */
  written(reusable: boolean): void {
    this.#length = 0;
    if (reusable && this.#bytes.length <= MAX_KEPT_BYTES) return;
    this.#allocate(FIRST_CAPACITY_BYTES);
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const old = this.#bytes;
    this.#allocate(Math.max(needed, old.length * 2));
    this.#bytes.set(old.subarray(0, this.#length));
  }

  #allocate(sizeBytes: number): void {
    this.#bytes = Buffer.allocUnsafeSlow(sizeBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }
}
