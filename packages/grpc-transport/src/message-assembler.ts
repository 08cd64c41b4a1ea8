/** Up to here, a message that a client announces gets its memory at once. */
const TRUSTED_BYTES = 4 * 1024 * 1024;
/** Beyond, memory grows with what has arrived: a third of a large message is copied. */
const GROWTH = 4;
export const PREFIX_BYTES = 5;
const NO_BYTES = Buffer.alloc(0);

/** Where the memory of messages comes from. */
export interface MessageAllocator {
  /** A buffer of exactly that size, with any contents. */
  take(sizeBytes: number): Buffer;
  /** Nothing refers any more to the bytes of a buffer that it gave. */
  giveBack(bytes: Uint8Array): void;
}

/** Gives memory to messages, and counts it. */
export interface MessageMemory {
  readonly allocator: MessageAllocator;
  /** False when there is none left. */
  reserve(sizeBytes: number): boolean;
}

/** Puts one message together that arrives in parts. */
export class MessageAssembler {
  readonly #memory: MessageMemory;
  readonly #maxBytes: number;
  #prefixLength = 0;
  #length = 0;
  #received = 0;
  #target: Buffer = NO_BYTES;
  compressed = 0;
  /** Why it cannot be received. */
  problem: 'flag' | 'size' | 'memory' | undefined;

  constructor(maxBytes: number, memory: MessageMemory) {
    this.#maxBytes = maxBytes;
    this.#memory = memory;
  }

  get complete(): boolean {
    return this.#prefixLength === PREFIX_BYTES && this.#received === this.#length;
  }

  /** What the prefix announces. */
  get length(): number {
    return this.#length;
  }

  /** The message, once it is complete. */
  get message(): Buffer {
    return this.#target;
  }

  /**
   * Takes what belongs to the message from the bytes from `at` to `end`; returns where that ends.
   */
  read(bytes: Buffer, at: number, end: number): number {
    let position = at;
    while (position < end && this.#prefixLength < PREFIX_BYTES) {
      this.#prefixByte(bytes[position] ?? 0);
      position += 1;
    }
    if (this.problem !== undefined || this.#prefixLength < PREFIX_BYTES) return position;
    while (position < end && this.#received < this.#length) {
      if (!this.#makeRoom()) return position;
      const room = this.#target.length - this.#received;
      const take = Math.min(room, end - position);
      bytes.copy(this.#target, this.#received, position, position + take);
      this.#received += take;
      position += take;
    }
    return position;
  }

  /**
   * The memory that the next bytes of the message belong in, so that they can be read into it;
   * undefined when there are fewer than `leastBytes` to come in one piece.
   */
  place(leastBytes: number, mostBytes: number): Buffer | undefined {
    if (this.#prefixLength < PREFIX_BYTES || this.problem !== undefined) return undefined;
    const room = this.#target.length - this.#received;
    const size = Math.min(room, mostBytes);
    if (size < leastBytes) return undefined;
    return this.#target.subarray(this.#received, this.#received + size);
  }

  /** So many bytes have been read into their place. */
  placed(length: number): void {
    this.#received += length;
  }

  #prefixByte(byte: number): void {
    if (this.#prefixLength === 0) {
      this.compressed = byte;
      if (byte > 1) this.problem = 'flag';
    } else this.#length = this.#length * 256 + byte;
    this.#prefixLength += 1;
    if (this.#prefixLength < PREFIX_BYTES || this.problem !== undefined) return;
    if (this.#length > this.#maxBytes) this.problem = 'size';
    else if (this.#length > 0) this.#makeRoom();
  }

  #makeRoom(): boolean {
    if (this.#received < this.#target.length) return true;
    const capacity = Math.min(this.#length, Math.max(TRUSTED_BYTES, this.#received * GROWTH));
    if (!this.#memory.reserve(capacity - this.#target.length)) {
      this.problem = 'memory';
      return false;
    }
    const { allocator } = this.#memory;
    const larger = allocator.take(capacity);
    // Only messages above the trusted size get here with something to copy.
    this.#target.copy(larger, 0, 0, this.#received);
    allocator.giveBack(this.#target);
    this.#target = larger;
    return true;
  }
}
