import { DataReceiver } from './data-receiver.js';
import type { FloodGuard } from './flood-guard.js';
import type { FrameHead } from './frame-reader.js';
import type { FrameSender } from './frame-sender.js';
import { STATUS } from './grpc-call.js';
import { HeaderAssembler, headerFragment } from './header-assembler.js';
import { HeaderBlockDecoder } from './header-block-decoder.js';
import type { ByteRange } from './hpack/hpack-decoder.js';
import { ConnectionError, ERROR, FLAG, FRAME, MAX_WINDOW_BYTES } from './http2-protocol.js';
import type { MethodTable } from './method-table.js';
import type { RequestHeaders } from './request-headers.js';
import { type CallConnection, type CallServices, ServerCall } from './server-call.js';
import { StreamHistory } from './stream-history.js';

const INCREMENT_BYTES = 4;
const ERROR_CODE_BYTES = 4;

interface StreamTableOptions {
  readonly services: CallServices & { readonly methods: MethodTable };
  readonly sender: FrameSender;
  readonly guard: FloodGuard;
  readonly client: string;
  readonly headerTableBytes: number;
  /** The last call has ended. */
  readonly emptied: () => void;
}

/** A HEADERS frame, or all that belongs to it, whose block is complete. */
interface HeaderBlock extends ByteRange {
  readonly streamId: number;
  readonly endStream: boolean;
}

/** The streams of one connection, and the frames that belong to them. */
export class StreamTable implements CallConnection {
  readonly sender: FrameSender;
  readonly services: CallServices;
  readonly client: string;
  readonly #methods: MethodTable;
  readonly #guard: FloodGuard;
  readonly #emptied: () => void;
  readonly #headers: HeaderBlockDecoder;
  readonly #calls = new Map<number, ServerCall>();
  /** Streams that the server has reset: what the client had sent before it knew is ignored. */
  readonly #resetHere = new StreamHistory();
  readonly #closed = new StreamHistory();
  #assembler: HeaderAssembler | undefined;
  #refusing = false;
  /** Takes the contents of the DATA frame that was accepted last. */
  readonly data = new DataReceiver();
  #receiveWindowBytes: number;
  #uncreditedBytes = 0;
  lastId = 0;

  constructor(options: StreamTableOptions) {
    this.services = options.services;
    this.sender = options.sender;
    this.client = options.client;
    this.#methods = options.services.methods;
    this.#guard = options.guard;
    this.#emptied = options.emptied;
    const { connectionWindowBytes, maxHeaderListBytes } = options.services.limits;
    this.#receiveWindowBytes = connectionWindowBytes;
    this.#headers = new HeaderBlockDecoder({
      tableBytes: options.headerTableBytes,
      listBytes: maxHeaderListBytes,
    });
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Whether a header block has begun and not ended. */
  get midHeaders(): boolean {
    return this.#assembler !== undefined;
  }

  /** Whether a frame's contents are wanted; undefined when it belongs to no stream. */
  accepts(head: FrameHead): boolean | undefined {
    this.#checkContinuation(head);
    switch (head.type) {
      case FRAME.DATA:
        return this.#acceptsData(head);
      case FRAME.HEADERS:
      case FRAME.CONTINUATION:
        if (head.streamId % 2 === 0) throw protocolError('headers on a stream of the server');
        if (head.length > this.services.limits.maxHeaderListBytes) {
          throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, 'a header block above the limit');
        }
        return true;
      case FRAME.RST_STREAM:
        this.#checkKnown(head);
        lengthIs(head, ERROR_CODE_BYTES);
        return true;
      case FRAME.WINDOW_UPDATE:
        if (head.streamId === 0) return undefined;
        this.#checkKnown(head);
        lengthIs(head, INCREMENT_BYTES);
        return true;
      default:
        return undefined;
    }
  }

  /** False for a frame that belongs to no stream. */
  frame(head: FrameHead, bytes: Buffer, start: number): boolean {
    switch (head.type) {
      case FRAME.HEADERS:
        this.#headersFrame(head, bytes, start);
        return true;
      case FRAME.CONTINUATION:
        this.#continuation(head, bytes, start);
        return true;
      case FRAME.RST_STREAM:
        this.#resetByClient(head.streamId);
        return true;
      case FRAME.WINDOW_UPDATE:
        if (head.streamId === 0) return false;
        this.#windowUpdate(head.streamId, bytes.readUInt32BE(start) & MAX_WINDOW_BYTES);
        return true;
      default:
        return false;
    }
  }

  /** A DATA frame is complete. */
  dataEnd(): void {
    const { length, endsStream } = this.data;
    const call = this.data.end();
    this.#creditConnection(length);
    if (call === undefined) return;
    call.uncreditedBytes += length;
    if (endsStream) this.#endRemote(call);
    else this.credit(call);
  }

  credit(call: ServerCall): void {
    const worth = call.uncreditedBytes * 2 >= this.services.limits.streamWindowBytes;
    if (!worth || call.remoteClosed || call.over || !call.inbound.flowing) return;
    this.sender.windowUpdate(call.id, call.uncreditedBytes);
    call.receiveWindowBytes += call.uncreditedBytes;
    call.uncreditedBytes = 0;
  }

  callSent(call: ServerCall): void {
    if (!this.#calls.delete(call.id)) return;
    this.#closed.add(call.id);
    if (!call.remoteClosed) {
      // The answer is complete: the rest of the question need not be sent.
      this.#resetHere.add(call.id);
      this.sender.reset(call.id, ERROR.NO_ERROR);
    }
    if (this.#calls.size === 0) this.#emptied();
  }

  /** The client changes what it allows all streams at their beginning. */
  growSendWindows(bytes: number): void {
    if (bytes === 0) return;
    for (const call of this.#calls.values()) {
      call.sendWindowBytes += bytes;
      if (call.sendWindowBytes > MAX_WINDOW_BYTES) throw windowOverflow();
    }
    if (bytes < 0) return;
    for (const call of [...this.#calls.values()]) call.flush();
  }

  /**
   * From now on, new streams are ignored: the client has been told that it may try them elsewhere.
   */
  refuseNew(): void {
    this.#refusing = true;
  }

  /** The client is gone. */
  abandonAll(): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.abandon();
  }

  #checkContinuation(head: FrameHead): void {
    const expected = this.#assembler?.streamId;
    const isContinuation = head.type === FRAME.CONTINUATION;
    if (expected === undefined && !isContinuation) return;
    if (isContinuation && head.streamId === expected) return;
    throw protocolError('a header block is not continued as it began');
  }

  #checkKnown({ streamId }: FrameHead): void {
    if (streamId === 0 || streamId > this.lastId || streamId % 2 === 0) {
      throw protocolError('a frame on a stream that is not open');
    }
  }

  #acceptsData(head: FrameHead): boolean {
    this.#checkKnown(head);
    const { length, flags, streamId } = head;
    this.#receiveWindowBytes -= length;
    if (this.#receiveWindowBytes < 0) throw windowOverflow();
    if (length === 0 && flags & FLAG.PADDED)
      throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, 'no padding');
    if (length === 0 && (flags & FLAG.END_STREAM) === 0) this.#guard.count('empty DATA');
    const call = this.#calls.get(streamId);
    if (call === undefined || call.remoteClosed || !this.#fits(call, length)) {
      this.#creditConnection(length);
      if (call === undefined || call.remoteClosed) this.#unwantedData(streamId, call);
      return false;
    }
    this.data.begin(call, head);
    return true;
  }

  #fits(call: ServerCall, length: number): boolean {
    call.receiveWindowBytes -= length;
    if (call.receiveWindowBytes >= 0) return true;
    this.#reset(call, ERROR.FLOW_CONTROL_ERROR);
    return false;
  }

  #unwantedData(streamId: number, call: ServerCall | undefined): void {
    if (call !== undefined) this.#reset(call, ERROR.STREAM_CLOSED);
    else if (!this.#resetHere.has(streamId)) {
      this.#guard.count('refused requests');
      this.sender.reset(streamId, ERROR.STREAM_CLOSED);
    }
  }

  #headersFrame(head: FrameHead, bytes: Buffer, start: number): void {
    const fragment = headerFragment(head, bytes, start);
    if (head.flags & FLAG.END_HEADERS) {
      const endStream = (head.flags & FLAG.END_STREAM) !== 0;
      const { streamId } = head;
      this.#block(bytes, { start: fragment.start, end: fragment.end, streamId, endStream });
      return;
    }
    this.#assembler = new HeaderAssembler(head, this.services.limits.maxHeaderListBytes);
    this.#assembler.add(bytes, fragment);
  }

  #continuation(head: FrameHead, bytes: Buffer, start: number): void {
    const assembler = this.#assembler;
    if (assembler === undefined) return;
    assembler.add(bytes, { start, end: start + head.length });
    if ((head.flags & FLAG.END_HEADERS) === 0) return;
    this.#assembler = undefined;
    const { block, streamId, endStream } = assembler;
    this.#block(block, { start: 0, end: block.length, streamId, endStream });
  }

  #block(bytes: Buffer, block: HeaderBlock): void {
    const { streamId } = block;
    if (streamId > this.lastId) {
      this.lastId = streamId;
      this.#request(this.#headers.request(bytes, block), block);
      return;
    }
    const call = this.#calls.get(streamId);
    // Whatever becomes of the stream, the compression of headers must not lose its thread.
    const { problem } = this.#headers.trailers(bytes, block);
    if (call !== undefined && !call.remoteClosed) this.#trailers(call, block, problem);
    else if (!this.#resetHere.has(streamId)) {
      const wasOpen = call !== undefined || this.#closed.has(streamId);
      const code = wasOpen ? ERROR.STREAM_CLOSED : ERROR.PROTOCOL_ERROR;
      throw new ConnectionError(code, 'headers on a closed stream');
    }
  }

  #trailers(call: ServerCall, { endStream }: HeaderBlock, problem: string | undefined): void {
    if (endStream && problem === undefined) this.#endRemote(call);
    else this.#reset(call, ERROR.PROTOCOL_ERROR);
  }

  #request(headers: RequestHeaders, { streamId, endStream }: HeaderBlock): void {
    if (this.#refusing) {
      this.#resetHere.add(streamId);
      return;
    }
    if (headers.problem !== undefined || this.#calls.size >= this.#maxStreams) {
      this.#guard.count('refused requests');
      this.#resetHere.add(streamId);
      const code = headers.problem ? ERROR.PROTOCOL_ERROR : ERROR.REFUSED_STREAM;
      this.sender.reset(streamId, code);
      return;
    }
    if (isGrpc(headers)) this.#methods.resolve(headers);
    const call = new ServerCall(this, streamId, headers);
    this.#calls.set(streamId, call);
    this.#open(call, headers);
    if (endStream) this.#endRemote(call);
  }

  get #maxStreams(): number {
    return this.services.limits.maxConcurrentStreams;
  }

  #open(call: ServerCall, headers: RequestHeaders): void {
    if (headers.tooLarge) {
      const most = this.services.limits.maxHeaderListBytes;
      const message = `Received metadata larger than max (${most})`;
      call.end({ code: STATUS.RESOURCE_EXHAUSTED, message });
      return;
    }
    // What is no gRPC gets its answer when it is complete.
    if (!isGrpc(headers)) return;
    if (headers.route !== undefined) call.open(headers.route.handler);
    else {
      const message = `The server does not implement the method ${headers.path}`;
      call.end({ code: STATUS.UNIMPLEMENTED, message });
    }
  }

  #endRemote(call: ServerCall): void {
    const { contentLength } = call.requestHeaders;
    if (contentLength >= 0 && contentLength !== call.receivedBytes) {
      this.#reset(call, ERROR.PROTOCOL_ERROR);
      return;
    }
    const { requestHeaders } = call;
    call.remoteClosed = true;
    if (call.over) return;
    if (isGrpc(requestHeaders)) call.inbound.end();
    else if (requestHeaders.method === 'POST') call.endPlain(415, 'This port speaks gRPC.\n');
    else call.endPlain(405, 'This port speaks gRPC, which uses POST.\n');
  }

  #resetByClient(streamId: number): void {
    const call = this.#calls.get(streamId);
    this.#guard.count('resets');
    if (call === undefined) return;
    this.#calls.delete(streamId);
    this.#closed.add(streamId);
    call.abandon();
    if (this.#calls.size === 0) this.#emptied();
  }

  /** The client has made a mistake on a stream. */
  #reset(call: ServerCall, code: number): void {
    this.#guard.count('refused requests');
    if (!this.#calls.delete(call.id)) return;
    this.#closed.add(call.id);
    this.#resetHere.add(call.id);
    this.sender.reset(call.id, code);
    call.abandon();
    if (this.#calls.size === 0) this.#emptied();
  }

  #windowUpdate(streamId: number, increment: number): void {
    const call = this.#calls.get(streamId);
    if (call === undefined) return;
    if (increment === 0) {
      this.#reset(call, ERROR.PROTOCOL_ERROR);
      return;
    }
    call.sendWindowBytes += increment;
    if (call.sendWindowBytes > MAX_WINDOW_BYTES) this.#reset(call, ERROR.FLOW_CONTROL_ERROR);
    else call.flush();
  }

  #creditConnection(length: number): void {
    this.#uncreditedBytes += length;
    if (this.#uncreditedBytes * 2 < this.services.limits.connectionWindowBytes) return;
    this.sender.windowUpdate(0, this.#uncreditedBytes);
    this.#receiveWindowBytes += this.#uncreditedBytes;
    this.#uncreditedBytes = 0;
  }
}

function isGrpc({ grpc, method }: RequestHeaders): boolean {
  return grpc && method === 'POST';
}

function lengthIs({ length }: FrameHead, expected: number): void {
  if (length !== expected) {
    throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, 'a frame of a wrong length');
  }
}

function protocolError(reason: string): ConnectionError {
  return new ConnectionError(ERROR.PROTOCOL_ERROR, reason);
}

function windowOverflow(): ConnectionError {
  return new ConnectionError(ERROR.FLOW_CONTROL_ERROR, 'a window is exceeded');
}
