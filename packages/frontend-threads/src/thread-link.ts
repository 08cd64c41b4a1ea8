import { type MessagePort, receiveMessageOnPort, type Transferable } from 'node:worker_threads';
import { RingReader, RingWriter } from './byte-ring.js';

/** What one of two threads holds of the link between them. Ports are transferred, not cloned. */
export interface LinkEnd {
  readonly outgoing: SharedArrayBuffer;
  readonly incoming: SharedArrayBuffer;
  /** Wakes the other thread. */
  readonly bell: MessagePort;
  /** Carries what is no bytes, and bytes that would fill the ring. */
  readonly objects: MessagePort;
}

/** Takes what the other thread sends. */
export interface RecordReceiver {
  /** The record's bytes are the link's again when this returns. */
  receive(kind: number, link: ThreadLink): void;
}

/** So many records are taken before other work of the thread gets its turn. */
const MAX_RECORDS_A_TURN = 256;
/** Bytes that may wait for room in the ring without producers being told to wait. */
const MAX_OVERFLOW_BYTES = 1 << 20;

/**
 * So long a thread goes on looking before it sleeps. Waking it costs the other one, which is
 * the main thread half of the time, as much as a request.
 */
const LINGER_MS = 0.05;

interface WaitingRecord {
  readonly kind: number;
  readonly bytes: Buffer;
}

/**
 * Two threads send each other records, in order. A record's bytes travel in a ring of shared
 * memory. Where a record comes with an object, that travels by a port on which nobody listens, and
 * is fetched as the record is read: so one order holds for both. The other thread is woken once for
 * all that is sent in one go.
 */
export class ThreadLink {
  readonly #writer: RingWriter;
  readonly #reader: RingReader;
  readonly #bell: MessagePort;
  readonly #objects: MessagePort;
  readonly #receiver: RecordReceiver;
  #overflow: WaitingRecord[] = [];
  #overflowBytes = 0;
  #spare: Buffer | undefined;
  #ringSoon = false;
  #draining = false;
  #lastRecordMs = 0;
  #closed = false;
  #drainedListeners: (() => void)[] = [];
  /** Where the record that `begin` has begun is to be written. */
  out: Buffer;
  outView: DataView;

  constructor(end: LinkEnd, receiver: RecordReceiver) {
    this.#writer = new RingWriter(end.outgoing);
    this.#reader = new RingReader(end.incoming);
    this.out = this.#writer.bytes;
    this.outView = this.#writer.view;
    this.#bell = end.bell;
    this.#objects = end.objects;
    this.#receiver = receiver;
    this.#bell.on('message', this.#drain);
    // What was sent before the other thread listened is found now.
    setImmediate(this.#drain);
  }

  /** The record that is being received: where it begins, and its memory. */
  get in(): Buffer {
    return this.#reader.bytes;
  }

  get inView(): DataView {
    return this.#reader.view;
  }

  get inAt(): number {
    return this.#reader.at;
  }

  get inSizeBytes(): number {
    return this.#reader.sizeBytes;
  }

  /** Begins a record of so many bytes; returns where they belong in `out`. `commit` must follow. */
  begin(sizeBytes: number): number {
    const hasRoom = this.#overflow.length === 0 && !this.#closed;
    const at = hasRoom ? this.#writer.reserve(sizeBytes) : -1;
    if (at >= 0) return at;
    this.#spare = Buffer.allocUnsafeSlow(sizeBytes);
    this.out = this.#spare;
    this.outView = new DataView(this.#spare.buffer);
    return 0;
  }

  commit(kind: number): void {
    const bytes = this.#spare;
    if (bytes === undefined) {
      this.#writer.commit(kind);
    } else {
      this.#spare = undefined;
      this.out = this.#writer.bytes;
      this.outView = this.#writer.view;
      if (!this.#closed) this.#keep({ kind, bytes });
    }
    if (this.#ringSoon) return;
    this.#ringSoon = true;
    setImmediate(this.#ring);
  }

  /** Sends a record that is an object: `take` gets it on the other side. */
  post(kind: number, object: unknown, transfer: readonly Transferable[] = []): void {
    this.attach(object, transfer);
    this.begin(0);
    this.commit(kind);
  }

  /** Sends an object along with the record that is committed next. */
  attach(object: unknown, transfer: readonly Transferable[] = []): void {
    if (!this.#closed) this.#objects.postMessage(object, transfer);
  }

  /** The object of the record that is being received. */
  take(): unknown {
    return receiveMessageOnPort(this.#objects)?.message;
  }

  /** Wakes the other thread at once, for a caller that will wait for it. */
  ring(): void {
    this.#moveOverflow();
    if (this.#writer.takeSleeper() && !this.#closed) this.#bell.postMessage(0);
  }

  /** Undefined while the other thread keeps up; else resolves when it has caught up. */
  get drained(): Promise<void> | undefined {
    if (this.#overflowBytes <= MAX_OVERFLOW_BYTES || this.#closed) return undefined;
    return new Promise((resolve) => {
      this.#drainedListeners.push(resolve);
    });
  }

  /** True when everything that was sent has its place in the ring. */
  get settled(): boolean {
    return this.#overflow.length === 0;
  }

  /** Nothing is received any more, and what is sent is lost. */
  close(): void {
    this.#closed = true;
    this.#bell.close();
    this.#objects.close();
    this.#overflow = [];
    this.#tellDrained();
  }

  readonly #ring = (): void => {
    this.#ringSoon = false;
    this.ring();
  };

  readonly #drain = (): void => {
    if (this.#draining || this.#closed) return;
    const reader = this.#reader;
    let count = 0;
    while (count < MAX_RECORDS_A_TURN && reader.next()) {
      count += 1;
      try {
        this.#receiver.receive(reader.kind, this);
      } catch (error) {
        // Belongs to one record: the thread logs it, and the others go on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    reader.release();
    if (this.#closed) return;
    if (reader.takeWaitingWriter()) this.#bell.postMessage(0);
    this.#moveOverflow();
    const nowMs = performance.now();
    if (count > 0) this.#lastRecordMs = nowMs;
    else if (nowMs - this.#lastRecordMs > LINGER_MS && reader.fallAsleep()) return;
    this.#draining = true;
    setImmediate(this.#drainAgain);
  };

  readonly #drainAgain = (): void => {
    this.#draining = false;
    this.#drain();
  };

  #keep(record: WaitingRecord): void {
    this.#overflow.push(record);
    this.#overflowBytes += record.bytes.length;
  }

  /** Looks again after it has asked, since the reader may have made room in between. */
  #reserveOrAsk(sizeBytes: number): number {
    const at = this.#writer.reserve(sizeBytes);
    if (at >= 0) return at;
    this.#writer.awaitRoom();
    return this.#writer.reserve(sizeBytes);
  }

  #moveOverflow(): void {
    if (this.#overflow.length === 0) return;
    let moved = 0;
    for (const { kind, bytes } of this.#overflow) {
      const at = this.#reserveOrAsk(bytes.length);
      if (at < 0) break;
      this.#writer.bytes.set(bytes, at);
      this.#writer.commit(kind);
      this.#overflowBytes -= bytes.length;
      moved += 1;
    }
    this.#overflow.splice(0, moved);
    if (moved > 0 && this.#writer.takeSleeper()) this.#bell.postMessage(0);
    if (this.#overflow.length === 0) this.#tellDrained();
  }

  #tellDrained(): void {
    for (const resolve of this.#drainedListeners.splice(0)) resolve();
  }
}
