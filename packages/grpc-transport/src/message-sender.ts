import type { GrpcStatus, MetadataEntries } from './grpc-call.js';
import { PREFIX_BYTES } from './message-assembler.js';
import { compressMessage } from './message-coder.js';
import type { Encoding } from './response-headers.js';

/** Bytes that may wait before `write` returns false, whatever the number of messages. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** A message on its way out. */
export interface OutgoingMessage {
  bytes: Buffer;
  compressed: boolean;
  /** False while it is being compressed. */
  ready: boolean;
  /** How much of prefix and bytes has been sent. */
  sentBytes: number;
  /** What it counts for in the budget. */
  readonly heldBytes: number;
}

/** What sends the messages of one call. */
export interface SendingCall {
  readonly encoding: Encoding;
  /** Sends as much of a message as may be sent now; true when that was all. */
  sendPart(message: OutgoingMessage): boolean;
  sendEnd(status: GrpcStatus, trailers: MetadataEntries | undefined): void;
  /** Counts memory; false when there is none left. */
  hold(sizeBytes: number): boolean;
  unhold(sizeBytes: number): void;
  /** There was no memory for a message. */
  outOfMemory(): void;
}

/**
 * The messages of one call that cannot be sent at once: the client is slow, or they are being
 * compressed.
 */
export class MessageSender {
  readonly #call: SendingCall;
  readonly #maxMessages: number;
  #queue: OutgoingMessage[] = [];
  #queuedBytes = 0;
  #end: GrpcStatus | undefined;
  #trailers: MetadataEntries | undefined;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(call: SendingCall, maxMessages: number) {
    this.#call = call;
    this.#maxMessages = maxMessages;
  }

  get idle(): boolean {
    return this.#queue.length === 0;
  }

  get behind(): boolean {
    return this.#queue.length >= this.#maxMessages || this.#queuedBytes >= MAX_QUEUED_BYTES;
  }

  /** Returns false when the client has fallen behind. */
  write(bytes: Buffer): boolean {
    const heldBytes = PREFIX_BYTES + bytes.length;
    if (!this.#call.hold(heldBytes)) {
      this.#call.outOfMemory();
      return true;
    }
    const encoding = this.#call.encoding;
    const ready = encoding === 'identity';
    const message = { bytes, compressed: false, ready, sentBytes: 0, heldBytes };
    this.#push(message);
    if (ready) this.flush();
    else this.#compress(message, encoding);
    return !this.behind;
  }

  /** Sends bytes that are no message, without a prefix. */
  writePlain(bytes: Buffer): void {
    this.#push({ bytes, compressed: false, ready: true, sentBytes: PREFIX_BYTES, heldBytes: 0 });
  }

  /** Ends the call after all messages. */
  end(status: GrpcStatus, trailers: MetadataEntries | undefined): void {
    this.#end = status;
    this.#trailers = trailers;
    this.flush();
  }

  /** Resolves when the client has caught up or gone away. */
  drained(): Promise<void> {
    if (this.#closed || !this.behind) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Sends what may be sent now. */
  flush(): void {
    for (let first = this.#queue[0]; first?.ready; first = this.#queue[0]) {
      if (!this.#call.sendPart(first)) break;
      // The client is gone, and the queue with it.
      if (this.#closed) return;
      this.#queue.shift();
      this.#forget(first);
    }
    if (this.#waiting.length > 0 && !this.behind) this.#wake();
    if (this.#end === undefined || this.#queue.length > 0) return;
    const end = this.#end;
    this.#end = undefined;
    this.#call.sendEnd(end, this.#trailers);
  }

  /** Drops everything: nobody takes it any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const message of this.#queue) this.#forget(message);
    this.#queue = [];
    this.#end = undefined;
    this.#wake();
  }

  #push(message: OutgoingMessage): void {
    this.#queue.push(message);
    this.#queuedBytes += message.heldBytes;
  }

  #forget(message: OutgoingMessage): void {
    this.#queuedBytes -= message.heldBytes;
    this.#call.unhold(message.heldBytes);
  }

  #compress(message: OutgoingMessage, encoding: Encoding): void {
    compressMessage(message.bytes, encoding, (compressed) => {
      if (this.#closed) return;
      if (compressed !== undefined) {
        message.bytes = compressed;
        message.compressed = true;
      }
      message.ready = true;
      this.flush();
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
