import { copyOf } from './copy-bytes.js';
import {
  type GrpcHandler,
  type GrpcStatus,
  STATUS,
  type StreamReader,
  type UnaryHandler,
} from './grpc-call.js';
import { MessageAssembler, PREFIX_BYTES } from './message-assembler.js';
import { type InflateProblem, isKnownEncoding } from './message-coder.js';
import type { CallServices, ServerCall } from './server-call.js';

/** Larger messages are worth a read of their own. */
export const PLACE_BYTES = 64 * 1024;

interface WaitingMessage {
  readonly bytes: Buffer;
  readonly compressed: boolean;
}

/** The messages of one call on their way to its handler. */
export class InboundMessages {
  readonly #call: ServerCall;
  readonly #services: CallServices;
  #unary: UnaryHandler | undefined;
  #reader: StreamReader | undefined;
  /** The message of a unary call, until the client says that there is no other. */
  #message: Buffer | undefined;
  #partial: MessageAssembler | undefined;
  /** Messages that the handler cannot take yet, in order. */
  #waiting: WaitingMessage[] | undefined;
  #inflating = false;
  #paused = false;
  #ended = false;
  #halfClosed = false;

  constructor(call: ServerCall, services: CallServices) {
    this.#call = call;
    this.#services = services;
  }

  open(handler: GrpcHandler): void {
    if (handler.kind === 'unary') {
      this.#unary = handler;
      return;
    }
    try {
      this.#reader = handler.open(this.#call);
    } catch (error) {
      this.#thrown(error);
    }
  }

  /** Whether the client may go on sending. */
  get flowing(): boolean {
    return !this.#paused && this.#waiting === undefined;
  }

  /** Contents of the call, from `at` to `end`. The bytes may change after the call. */
  data(bytes: Buffer, at: number, end: number): void {
    // A request that is no gRPC has no handler, and may contain anything.
    if (this.#unary === undefined && this.#reader === undefined) return;
    let position = at;
    while (position < end && !this.#call.over) {
      position =
        this.#partial === undefined
          ? this.#begin(bytes, position, end)
          : this.#continue(this.#partial, bytes, { at: position, end });
    }
  }

  /** Where the next bytes belong, if there are enough of them for a read of their own. */
  place(mostBytes: number): Buffer | undefined {
    if (this.#call.over) return undefined;
    return this.#partial?.place(PLACE_BYTES, mostBytes);
  }

  placed(length: number): void {
    const partial = this.#partial;
    if (partial === undefined) return;
    partial.placed(length);
    if (partial.complete) this.#complete(partial);
  }

  /** The client sends no more. */
  end(): void {
    this.#ended = true;
    if (this.#call.over) return;
    if (this.#partial !== undefined) {
      this.#call.fail(internal('The request ends in the middle of a message'));
    } else this.#pump();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#pump();
    this.#call.credit();
  }

  /** A message that is there completely is copied out at once; others are put together. */
  #begin(bytes: Buffer, at: number, end: number): number {
    if (end - at >= PREFIX_BYTES) {
      const length = lengthAt(bytes, at + 1);
      const messageEnd = at + PREFIX_BYTES + length;
      const compressed = bytes[at] ?? 0;
      const { maxReceiveMessageBytes } = this.#services.limits;
      const simple = messageEnd <= end && compressed <= 1 && length <= maxReceiveMessageBytes;
      if (simple && this.#call.reserve(length)) {
        // What is read into is read into again, so the message needs memory of its own.
        this.#received(copyOf(bytes, at + PREFIX_BYTES, messageEnd), compressed === 1);
        return messageEnd;
      }
    }
    this.#partial = new MessageAssembler(this.#services.limits.maxReceiveMessageBytes, this.#call);
    return this.#continue(this.#partial, bytes, { at, end });
  }

  #continue(
    partial: MessageAssembler,
    bytes: Buffer,
    { at, end }: { readonly at: number; readonly end: number },
  ): number {
    const position = partial.read(bytes, at, end);
    if (partial.problem !== undefined) this.#refuse(partial);
    else if (partial.complete) this.#complete(partial);
    return position;
  }

  #complete(partial: MessageAssembler): void {
    this.#partial = undefined;
    this.#received(partial.message, partial.compressed === 1);
  }

  #refuse(partial: MessageAssembler): void {
    const most = this.#services.limits.maxReceiveMessageBytes;
    if (partial.problem === 'memory') this.#call.outOfMemory();
    else if (partial.problem === 'flag') this.#call.fail(internal('Invalid message prefix'));
    else {
      const message = `Received message larger than max (${partial.length} vs ${most})`;
      this.#call.fail({ code: STATUS.RESOURCE_EXHAUSTED, message });
    }
  }

  #received(bytes: Buffer, compressed: boolean): void {
    if (!compressed && this.flowing && !this.#inflating) {
      this.#dispatch(bytes);
      return;
    }
    this.#waiting ??= [];
    this.#waiting.push({ bytes, compressed });
    this.#pump();
  }

  /** Hands over what waits, as far as the handler takes it. */
  #pump(): void {
    while (!this.#paused && !this.#inflating && !this.#call.over) {
      const next = this.#waiting?.shift();
      if (next === undefined) break;
      if (this.#waiting?.length === 0) this.#waiting = undefined;
      if (next.compressed) this.#inflate(next.bytes);
      else this.#dispatch(next.bytes);
    }
    const done = this.#ended && this.#waiting === undefined && !this.#inflating;
    if (done && !this.#halfClosed && !this.#call.over) this.#halfClose();
  }

  #dispatch(message: Buffer): void {
    if (this.#reader !== undefined) {
      try {
        this.#reader.message(message);
      } catch (error) {
        this.#thrown(error);
      }
      this.#call.release(message.length);
    } else if (this.#message === undefined) this.#message = message;
    else this.#call.fail(unimplemented('a second', this.#call));
  }

  #halfClose(): void {
    this.#halfClosed = true;
    const message = this.#message;
    this.#message = undefined;
    try {
      if (this.#reader !== undefined) this.#reader.halfClose();
      else if (message !== undefined) this.#unary?.handle(this.#call, message);
      else this.#call.fail(unimplemented('no', this.#call));
    } catch (error) {
      this.#thrown(error);
    }
  }

  #inflate(bytes: Buffer): void {
    const { encoding } = this.#call.requestHeaders;
    if (!isKnownEncoding(encoding)) {
      const text = `Received message compressed with unsupported encoding "${encoding}"`;
      this.#call.fail({ code: STATUS.UNIMPLEMENTED, message: text });
      return;
    }
    if (encoding === 'identity') {
      this.#call.fail(internal('A message is compressed, but the call has no grpc-encoding'));
      return;
    }
    this.#inflating = true;
    const done = (message: Buffer | InflateProblem) => {
      this.#inflating = false;
      if (!this.#call.over) this.#inflated(message, bytes.length);
    };
    this.#services.inflater.inflate({ message: bytes, encoding, done });
  }

  #inflated(message: Buffer | InflateProblem, compressedBytes: number): void {
    if (message === 'data') {
      this.#call.fail(internal('Failed to decompress message'));
      return;
    }
    if (message === 'size') {
      const most = this.#services.limits.maxInflatedMessageBytes;
      const text = `Received message that decompresses to a size larger than ${most}`;
      this.#call.fail({ code: STATUS.RESOURCE_EXHAUSTED, message: text });
      return;
    }
    this.#call.release(compressedBytes);
    if (!this.#call.reserve(message.length)) {
      this.#call.outOfMemory();
      return;
    }
    this.#dispatch(message);
    this.#pump();
    this.#call.credit();
  }

  /** A handler that throws ends its call, and nothing else. */
  #thrown(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#call.fail({ code: STATUS.UNKNOWN, message });
  }
}

function lengthAt(bytes: Buffer, at: number): number {
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return high * 65_536 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
}

function unimplemented(count: string, call: ServerCall): GrpcStatus {
  const { path } = call.requestHeaders;
  const message = `Received ${count} request message for the unary method ${path}`;
  return { code: STATUS.UNIMPLEMENTED, message };
}

function internal(message: string): GrpcStatus {
  return { code: STATUS.INTERNAL, message };
}
