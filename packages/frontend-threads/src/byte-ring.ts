/**
 * A ring of records in shared memory: one thread writes, another reads, and neither waits for the
 * other. Positions count all bytes ever written, modulo 2^32.
 */

/** Indices into the control words; each has a cache line of its own. */
const WRITTEN = 0;
const READ = 16;
const ASLEEP = 32;
const WRITER_WAITS = 48;
const CONTROL_BYTES = 256;

/** The size of a record's contents, and its kind. */
const HEADER_BYTES = 8;
const ALIGNMENT = 8;
/** The kind of what only fills the end of the memory. */
const FILLER = 0;

/** `capacityBytes` is a power of two. */
export function createRingMemory(capacityBytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + capacityBytes);
}

/** What both sides of a ring see. */
class RingSide {
  protected readonly words: Int32Array;
  readonly bytes: Buffer;
  readonly view: DataView;
  protected readonly mask: number;

  constructor(memory: SharedArrayBuffer) {
    const capacity = memory.byteLength - CONTROL_BYTES;
    this.words = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.bytes = Buffer.from(memory, CONTROL_BYTES, capacity);
    this.view = new DataView(memory, CONTROL_BYTES, capacity);
    this.mask = capacity - 1;
  }
}

/** The side of the thread that writes. */
export class RingWriter extends RingSide {
  #position = 0;
  #readPosition = 0;
  #reservedBytes = 0;

  /** Where so many bytes may be written, until `commit`; -1 when there is no room for them. */
  reserve(sizeBytes: number): number {
    const capacity = this.mask + 1;
    const recordBytes = alignedBytes(sizeBytes);
    const restBytes = capacity - (this.#position & this.mask);
    const neededBytes = recordBytes <= restBytes ? recordBytes : restBytes + recordBytes;
    if (neededBytes > this.#freeBytes(neededBytes)) return -1;
    if (recordBytes > restBytes) {
      this.#header(restBytes - HEADER_BYTES, FILLER);
      this.#position = (this.#position + restBytes) >>> 0;
    }
    this.#reservedBytes = sizeBytes;
    return (this.#position & this.mask) + HEADER_BYTES;
  }

  /** Lets the reader see what was written where `reserve` said. */
  commit(kind: number): void {
    this.#header(this.#reservedBytes, kind);
    this.#position = (this.#position + alignedBytes(this.#reservedBytes)) >>> 0;
    Atomics.store(this.words, WRITTEN, this.#position | 0);
  }

  /** True, once, when the reader sleeps and is to be woken. */
  takeSleeper(): boolean {
    return Atomics.load(this.words, ASLEEP) === 1 && Atomics.exchange(this.words, ASLEEP, 0) === 1;
  }

  /** Asks the reader to ring when it has made room. */
  awaitRoom(): void {
    Atomics.store(this.words, WRITER_WAITS, 1);
  }

  #freeBytes(neededBytes: number): number {
    const capacity = this.mask + 1;
    const free = capacity - ((this.#position - this.#readPosition) >>> 0);
    if (free >= neededBytes) return free;
    this.#readPosition = Atomics.load(this.words, READ) >>> 0;
    return capacity - ((this.#position - this.#readPosition) >>> 0);
  }

  #header(sizeBytes: number, kind: number): void {
    const at = this.#position & this.mask;
    this.view.setUint32(at, sizeBytes, true);
    this.view.setUint32(at + 4, kind, true);
  }
}

/** The side of the thread that reads. */
export class RingReader extends RingSide {
  #position = 0;
  #writtenPosition = 0;
  /** Of the record that `next` found: valid until the following call. */
  kind = 0;
  at = 0;
  sizeBytes = 0;

  /** Goes on to the next record, which gives the room of the last one back; false at the end. */
  next(): boolean {
    for (;;) {
      if (this.#position === this.#writtenPosition) {
        Atomics.store(this.words, READ, this.#position | 0);
        this.#writtenPosition = Atomics.load(this.words, WRITTEN) >>> 0;
        if (this.#position === this.#writtenPosition) return false;
      }
      const at = this.#position & this.mask;
      this.sizeBytes = this.view.getUint32(at, true);
      this.kind = this.view.getUint32(at + 4, true);
      this.at = at + HEADER_BYTES;
      this.#position = (this.#position + alignedBytes(this.sizeBytes)) >>> 0;
      if (this.kind !== FILLER) return true;
    }
  }

  /** Gives the room of all records so far back, the last one included. */
  release(): void {
    Atomics.store(this.words, READ, this.#position | 0);
  }

  /** Asks to be woken. False, and nothing is asked, when a record has come in between. */
  fallAsleep(): boolean {
    Atomics.store(this.words, ASLEEP, 1);
    if (Atomics.load(this.words, WRITTEN) >>> 0 === this.#position) return true;
    // The writer may have seen it and ring nevertheless, which does no harm.
    Atomics.store(this.words, ASLEEP, 0);
    return false;
  }

  /** True, once, when the writer waits for room. */
  takeWaitingWriter(): boolean {
    return (
      Atomics.load(this.words, WRITER_WAITS) === 1 &&
      Atomics.exchange(this.words, WRITER_WAITS, 0) === 1
    );
  }
}

function alignedBytes(sizeBytes: number): number {
  return (HEADER_BYTES + sizeBytes + ALIGNMENT - 1) & -ALIGNMENT;
}
