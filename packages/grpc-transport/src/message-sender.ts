import type { GrpcStatus, MetadataEntries } from './grpc-call.js';
import { compressMessage } from './message-coder.js';
import { OutgoingMessage } from './outgoing-message.js';
import type { Encoding } from './response-headers.js';

/** Bytes that may wait before `write` returns false, whatever the number of messages. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** What sends the messages of one call. */
export interface SendingCall {
  readonly encoding: Encoding;
  /** Sends as much of a message as may be sent now; true when that was all. */
  sendPart(message: OutgoingMessage): boolean;
  sendEnd(status: GrpcStatus, trailers: MetadataEntries | undefined): void;
  /** Counts memory; false when there is none left. */
  hold(sizeBytes: number): boolean;
  /** Counts memory that cannot be refused. */
  holdAnyway(sizeBytes: number): void;
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

  /** Sends a message in pieces. Returns false when the client has fallen behind. */
  write(pieces: readonly Buffer[], sent?: () => void): boolean {
    const encoding = this.#call.encoding;
    const message = new OutgoingMessage(pieces, { ready: encoding === 'identity', sent });
    if (!this.#call.hold(message.heldBytes)) {
      this.#call.outOfMemory();
      return true;
    }
    this.#push(message);
    if (message.ready) this.flush();
    else this.#compress(message, encoding);
    return !this.behind;
  }

  /** Sends bytes that are no message, without a prefix. */
  writePlain(bytes: Buffer): void {
    const message = OutgoingMessage.plain(bytes);
    this.#call.holdAnyway(message.heldBytes);
    this.#push(message);
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
    compressMessage(message.whole, encoding, (compressed) => {
      if (this.#closed) return;
      if (compressed !== undefined) message.replace(compressed);
      message.ready = true;
      this.flush();
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
