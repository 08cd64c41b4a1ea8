import type { ConnectionOutput } from './connection-output.js';
import type { GrpcStatus, MetadataEntries } from './grpc-call.js';
import { DEFAULT_WINDOW_BYTES, FLAG, FRAME } from './http2-protocol.js';
import { PREFIX_BYTES } from './message-assembler.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { PeerSettings } from './peer-settings.js';
import { type Encoding, ResponseHeaders } from './response-headers.js';

const DATA = FRAME.DATA << 8;
const HEADERS_COMPLETE = (FRAME.HEADERS << 8) | FLAG.END_HEADERS;

/** What sending data needs of a stream. */
export interface SendingStream {
  readonly id: number;
  /** What the client allows; changes with each frame. */
  sendWindowBytes: number;
  /** Sends on: there was no room before, but now there may be. */
  flush(): void;
}

/** Sends the frames of one connection, within the limits that its client sets. */
export class FrameSender {
  readonly #output: ConnectionOutput;
  readonly peer = new PeerSettings();
  readonly headers = new ResponseHeaders();
  /** Streams that wait for the connection, in the order in which they shall go on. */
  readonly #blocked = new Set<SendingStream>();
  /** What the client allows for all streams together. */
  windowBytes = DEFAULT_WINDOW_BYTES;
  /** How many frames of use were sent: the client's pings are forgiven when there are new ones. */
  sentCount = 0;

  constructor(output: ConnectionOutput) {
    this.#output = output;
  }

  /** A header block, in as many frames as the client's limit makes necessary. */
  headerBlock(streamId: number, block: Buffer, flags: number): void {
    this.sentCount += 1;
    const most = this.peer.frameBytes;
    if (block.length <= most) {
      this.#output.frameHead(block.length, HEADERS_COMPLETE | flags, streamId);
      this.#output.bytes(block);
      return;
    }
    this.#output.frameHead(most, (FRAME.HEADERS << 8) | flags, streamId);
    this.#output.bytes(block, 0, most);
    for (let at = most; at < block.length; at += most) {
      const end = Math.min(block.length, at + most);
      const last = end === block.length ? FLAG.END_HEADERS : 0;
      this.#output.frameHead(end - at, (FRAME.CONTINUATION << 8) | last, streamId);
      this.#output.bytes(block, at, end);
    }
  }

  initial(streamId: number, encoding: Encoding, metadata: MetadataEntries | undefined): void {
    this.headerBlock(streamId, this.headers.initial(encoding, metadata), 0);
  }

  /** True when the message can be sent in one frame, now. */
  canSendWhole(stream: SendingStream, message: Buffer): boolean {
    const size = PREFIX_BYTES + message.length;
    return (
      size <= this.peer.frameBytes &&
      size <= this.windowBytes &&
      size <= stream.sendWindowBytes &&
      this.#output.hasRoom()
    );
  }

  whole(stream: SendingStream, message: Buffer): void {
    const size = PREFIX_BYTES + message.length;
    this.#takeWindow(stream, size);
    this.#output.frameHead(size, DATA, stream.id);
    this.#output.uint8(0);
    this.#output.uint32(message.length);
    this.#output.bytes(message);
  }

  /** Sends what the limits allow of a message; true when it is complete. */
  part(stream: SendingStream, message: OutgoingMessage): boolean {
    while (message.missingBytes > 0) {
      const window = Math.min(this.windowBytes, stream.sendWindowBytes);
      if (stream.sendWindowBytes <= 0) return false;
      if (window <= 0 || !this.#output.hasRoom()) {
        this.#blocked.add(stream);
        return false;
      }
      const size = Math.min(message.missingBytes, window, this.peer.frameBytes);
      this.#takeWindow(stream, size);
      this.#output.frameHead(size, DATA, stream.id);
      message.send(this.#output, size);
    }
    return true;
  }

  trailers(streamId: number, status: GrpcStatus, metadata: MetadataEntries | undefined): void {
    this.headerBlock(streamId, this.headers.trailers(status, metadata), FLAG.END_STREAM);
  }

  trailersOnly(streamId: number, status: GrpcStatus, metadata: MetadataEntries | undefined): void {
    this.headerBlock(streamId, this.headers.trailersOnly(status, metadata), FLAG.END_STREAM);
  }

  emptyEnd(streamId: number): void {
    this.#output.frameHead(0, DATA | FLAG.END_STREAM, streamId);
  }

  reset(streamId: number, code: number): void {
    this.#output.frameHead(4, FRAME.RST_STREAM << 8, streamId);
    this.#output.uint32(code);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.#output.frameHead(4, FRAME.WINDOW_UPDATE << 8, streamId);
    this.#output.uint32(increment);
  }

  ping(opaque: Buffer, start: number, flags: number): void {
    this.#output.frameHead(8, (FRAME.PING << 8) | flags, 0);
    this.#output.bytes(opaque, start, start + 8);
  }

  goAway(lastStreamId: number, code: number, reason: string): void {
    const text = Buffer.from(reason, 'utf8');
    this.#output.frameHead(8 + text.length, FRAME.GOAWAY << 8, 0);
    this.#output.uint32(lastStreamId);
    this.#output.uint32(code);
    this.#output.bytes(text);
  }

  settings(contents: Buffer): void {
    this.#output.frameHead(contents.length, FRAME.SETTINGS << 8, 0);
    this.#output.bytes(contents);
  }

  settingsAck(): void {
    this.#output.frameHead(0, (FRAME.SETTINGS << 8) | FLAG.ACK, 0);
  }

  /** Streams go on that waited for the connection. */
  unblock(): void {
    for (const stream of this.#blocked) {
      if (this.windowBytes <= 0 || !this.#output.hasRoom()) return;
      // One that does not get far comes last the next time.
      this.#blocked.delete(stream);
      stream.flush();
    }
  }

  /** The stream has nothing to send any more. */
  forget(stream: SendingStream): void {
    this.#blocked.delete(stream);
  }

  #takeWindow(stream: SendingStream, size: number): void {
    this.sentCount += 1;
    this.windowBytes -= size;
    stream.sendWindowBytes -= size;
  }
}
