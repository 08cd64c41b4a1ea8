import type { ByteBudget } from './byte-budget.js';
import type { Deadlined, Deadlines } from './deadlines.js';
import type { FrameSender, SendingStream } from './frame-sender.js';
import {
  type CallSignal,
  type GrpcHandler,
  type GrpcStatus,
  type GrpcStreamCall,
  type MetadataEntries,
  STATUS,
} from './grpc-call.js';
import { InboundMessages } from './inbound-messages.js';
import type { MessageAllocator } from './message-assembler.js';
import type { MessageInflater } from './message-coder.js';
import { MessageSender, type SendingCall } from './message-sender.js';
import type { OutgoingMessage } from './outgoing-message.js';
import type { RequestHeaders } from './request-headers.js';
import type { Encoding } from './response-headers.js';
import type { TransportClock, TransportLimits } from './server-options.js';

/** What all calls of a server share. */
export interface CallServices {
  readonly limits: TransportLimits;
  readonly clock: TransportClock;
  readonly budget: ByteBudget;
  readonly deadlines: Deadlines;
  readonly inflater: MessageInflater;
  readonly allocator: MessageAllocator;
}

/** What a call needs of its connection. */
export interface CallConnection {
  readonly sender: FrameSender;
  readonly services: CallServices;
  readonly client: string;
  /** The response is complete. */
  callSent(call: ServerCall): void;
  /** Lets the client send as much again as has been taken from it, if that is worth a frame. */
  credit(call: ServerCall): void;
}

const NO_ROOM: GrpcStatus = {
  code: STATUS.RESOURCE_EXHAUSTED,
  message: 'The server holds as many bytes of messages as it may; try again later',
};

/** One stream of a connection: receives the request, and sends the response. */
export class ServerCall
  implements GrpcStreamCall, CallSignal, SendingStream, SendingCall, Deadlined
{
  readonly id: number;
  readonly requestHeaders: RequestHeaders;
  readonly deadlineMs: number;
  readonly encoding: Encoding;
  sendWindowBytes: number;
  /** What the client may still send before it has to wait. */
  receiveWindowBytes: number;
  /** What has been taken and may be sent again. */
  uncreditedBytes = 0;
  /** All contents so far. */
  receivedBytes = 0;
  /** Whether the client has sent everything. */
  remoteClosed = false;
  cancelled = false;
  readonly #connection: CallConnection;
  readonly #inbound: InboundMessages;
  #sender: MessageSender | undefined;
  #metadata: MetadataEntries | undefined;
  #headersSent = false;
  #plain = false;
  #over = false;
  #heldBytes = 0;
  #closedListener: (() => void) | undefined;
  #cancelListeners: (() => void)[] | undefined;

  constructor(connection: CallConnection, id: number, headers: RequestHeaders) {
    this.#connection = connection;
    this.id = id;
    this.requestHeaders = headers;
    this.sendWindowBytes = connection.sender.peer.initialWindowBytes;
    const { limits, clock } = connection.services;
    this.receiveWindowBytes = limits.streamWindowBytes;
    this.encoding = headers.route?.encoding ?? 'identity';
    const { timeoutMs } = headers;
    this.deadlineMs =
      timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : clock.nowMs() + timeoutMs;
    this.#inbound = new InboundMessages(this, connection.services);
  }

  get signal(): CallSignal {
    return this;
  }

  get client(): string {
    return this.#connection.client;
  }

  get over(): boolean {
    return this.#over;
  }

  header(name: string): string | undefined {
    return this.requestHeaders.get(name);
  }

  binaryHeader(name: string): readonly Buffer[] {
    return this.requestHeaders.binary(name);
  }

  *headers(): Iterable<readonly [string, string]> {
    for (const entry of this.requestHeaders.metadata) {
      if (!entry[0].endsWith('-bin')) yield entry;
    }
  }

  onCancel(listener: () => void): () => void {
    if (this.cancelled) {
      listener();
      return () => {};
    }
    this.#cancelListeners ??= [];
    this.#cancelListeners.push(listener);
    return () => {
      const index = this.#cancelListeners?.indexOf(listener) ?? -1;
      if (index >= 0) this.#cancelListeners?.splice(index, 1);
    };
  }

  onClosed(listener: () => void): void {
    this.#closedListener = listener;
  }

  /** Begins the call. */
  open(handler: GrpcHandler): void {
    if (Number.isNaN(this.deadlineMs)) {
      this.end({ code: STATUS.INTERNAL, message: 'Invalid grpc-timeout value' });
      return;
    }
    if (this.deadlineMs !== Number.POSITIVE_INFINITY) {
      this.#connection.services.deadlines.add(this);
    }
    this.#inbound.open(handler);
  }

  /** What the client sends comes here, part by part. */
  get inbound(): InboundMessages {
    return this.#inbound;
  }

  credit(): void {
    this.#connection.credit(this);
  }

  pause(): void {
    this.#inbound.pause();
  }

  resume(): void {
    if (!this.#over) this.#inbound.resume();
  }

  get allocator(): MessageAllocator {
    return this.#connection.services.allocator;
  }

  reserve(sizeBytes: number): boolean {
    if (!this.#connection.services.budget.take(sizeBytes)) return false;
    this.#heldBytes += sizeBytes;
    return true;
  }

  retain(sizeBytes: number): void {
    if (this.#over) return;
    this.#connection.services.budget.add(sizeBytes);
    this.#heldBytes += sizeBytes;
  }

  release(sizeBytes: number): void {
    if (this.#over) return;
    this.#connection.services.budget.release(sizeBytes);
    this.#heldBytes -= sizeBytes;
  }

  sendMetadata(metadata: MetadataEntries): void {
    this.#metadata = [...(this.#metadata ?? []), ...metadata];
  }

  write(message: Buffer): boolean {
    if (this.#over) return true;
    const { sender } = this.#connection;
    const mayPass = this.#sender === undefined || this.#sender.idle;
    if (mayPass && this.encoding === 'identity' && sender.canSendWhole(this, message)) {
      this.#sendHeaders();
      sender.whole(this, message);
      return true;
    }
    return this.writePieces([message]);
  }

  writePieces(pieces: readonly Buffer[], sent?: () => void): boolean {
    if (this.#over) return true;
    this.#sender ??= this.#newSender();
    return this.#sender.write(pieces, sent);
  }

  drained(): Promise<void> {
    return this.#sender?.drained() ?? Promise.resolve();
  }

  end(status: GrpcStatus, trailers?: MetadataEntries): void {
    if (!this.#finish()) return;
    if (this.#sender === undefined || this.#sender.idle) this.sendEnd(status, trailers);
    else this.#sender.end(status, trailers);
  }

  /** Ends the call for a reason that its handler does not know yet. */
  fail(status: GrpcStatus): void {
    if (this.#over) return;
    this.end(status);
    this.#cancel();
  }

  expire(): void {
    this.fail({ code: STATUS.DEADLINE_EXCEEDED, message: 'Deadline exceeded' });
  }

  outOfMemory(): void {
    this.fail(NO_ROOM);
  }

  /** Answers a request that is not gRPC, with a text. */
  endPlain(status: number, text: string): void {
    if (!this.#finish()) return;
    const { sender } = this.#connection;
    this.#plain = true;
    this.#headersSent = true;
    const bytes = Buffer.from(text, 'utf8');
    sender.headerBlock(this.id, sender.headers.plain(status, bytes.length), 0);
    this.#sender = this.#newSender();
    this.#sender.writePlain(bytes);
    this.#sender.end({ code: STATUS.OK, message: '' }, undefined);
  }

  /** The client has gone away. */
  abandon(): void {
    this.#sender?.close();
    this.#connection.sender.forget(this);
    if (this.#finish()) this.#cancel();
  }

  flush(): void {
    this.#sender?.flush();
  }

  sendPart(message: OutgoingMessage): boolean {
    this.#sendHeaders();
    return this.#connection.sender.part(this, message);
  }

  sendEnd(status: GrpcStatus, trailers: MetadataEntries | undefined): void {
    const { sender } = this.#connection;
    if (this.#plain) sender.emptyEnd(this.id);
    else if (this.#headersSent) sender.trailers(this.id, status, trailers);
    else if (status.code !== STATUS.OK) {
      const metadata = [...(this.#metadata ?? []), ...(trailers ?? [])];
      sender.trailersOnly(this.id, status, metadata);
    } else {
      this.#sendHeaders();
      sender.trailers(this.id, status, trailers);
    }
    this.#connection.callSent(this);
  }

  hold(sizeBytes: number): boolean {
    return this.#connection.services.budget.take(sizeBytes);
  }

  holdAnyway(sizeBytes: number): void {
    this.#connection.services.budget.add(sizeBytes);
  }

  unhold(sizeBytes: number): void {
    this.#connection.services.budget.release(sizeBytes);
  }

  #newSender(): MessageSender {
    return new MessageSender(this, this.#connection.services.limits.maxQueuedMessages);
  }

  #sendHeaders(): void {
    if (this.#headersSent) return;
    this.#headersSent = true;
    this.#connection.sender.initial(this.id, this.encoding, this.#metadata);
  }

  /** True the first time. */
  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    const { budget, deadlines } = this.#connection.services;
    budget.release(this.#heldBytes);
    this.#heldBytes = 0;
    if (this.deadlineMs !== Number.POSITIVE_INFINITY) deadlines.remove(this);
    this.#closedListener?.();
    return true;
  }

  #cancel(): void {
    this.cancelled = true;
    const listeners = this.#cancelListeners;
    this.#cancelListeners = undefined;
    if (listeners) for (const listener of [...listeners]) listener();
  }
}
