/** Reads what a FieldWriter wrote. Every method throws a RangeError at the end of the bytes. */
export class FieldReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.#offset === this.#bytes.byteLength;
  }

  count(): number {
    const value = this.#bytes.readUInt32LE(this.#offset);
    this.#offset += 4;
    return value;
  }

  number(): number {
    const value = this.#bytes.readDoubleLE(this.#offset);
    this.#offset += 8;
    return value;
  }

  text(): string {
    return this.bytes(this.count()).toString();
  }

  /** A view. */
  bytes(size: number): Buffer {
    const end = this.#offset + size;
    if (!(size >= 0 && end <= this.#bytes.byteLength)) throw new RangeError('the bytes have ended');
    const view = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return view;
  }
}
