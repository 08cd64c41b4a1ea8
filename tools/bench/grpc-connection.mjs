/** One HTTP/2 connection that keeps a number of gRPC calls, or of messages of one stream, in flight. */

import { connect } from 'node:net';
import {
  callHeaders,
  connectionOpening,
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  FrameReader,
  frame,
  frameHeader,
  initialWindowOf,
  MAX_FRAME_BYTES,
  WINDOW_UPDATE,
  windowUpdate,
} from './http2-frames.mjs';

const SERVICE = '/inference.GRPCInferenceService/';
const PREFIX_BYTES = 5;
/** Received bytes after which the server is given their room back. */
const WINDOW_REFILL_BYTES = 2 ** 24;

export class GrpcConnection {
  #socket;
  #load;
  #streaming;
  #headers;
  #reader = new FrameReader();
  /** Open calls by stream id; a stream of messages is one call. */
  #calls = new Map();
  #nextStreamId = 1;
  #windowBytes = DEFAULT_WINDOW_BYTES;
  #initialWindowBytes = DEFAULT_WINDOW_BYTES;
  #unacknowledgedBytes = 0;

  constructor(address, load, { inFlight, streaming }) {
    this.#load = load;
    this.#streaming = streaming;
    this.#headers = callHeaders(SERVICE + (streaming ? 'ModelStreamInfer' : 'ModelInfer'));
    this.#socket = connect({ ...address, noDelay: true }, () => this.#open(inFlight));
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', (error) => load.fail(error.message));
    this.#socket.on('close', () => load.fail('the server closed the connection'));
  }

  close() {
    this.#socket.removeAllListeners('close').destroy();
  }

  #open(inFlight) {
    this.#socket.cork();
    this.#socket.write(connectionOpening());
    if (this.#streaming) this.#startCall();
    for (let i = 0; i < inFlight; i++) this.#send();
    this.#socket.uncork();
  }

  #startCall() {
    const id = this.#nextStreamId;
    this.#nextStreamId += 2;
    const call = {
      id,
      windowBytes: this.#initialWindowBytes,
      /** When each request under way was sent, oldest first. */
      startedMs: [],
      /** What the windows have not let through yet. */
      unsent: [],
      unrefilledBytes: 0,
      message: new MessageCounter(),
    };
    this.#calls.set(id, call);
    this.#socket.write(
      frame({ type: FRAME.HEADERS, flags: FLAG.END_HEADERS, streamId: id }, this.#headers),
    );
    return call;
  }

  #send() {
    const call = this.#streaming ? this.#calls.values().next().value : this.#startCall();
    call.startedMs.push(performance.now());
    call.unsent.push(this.#load.request);
    this.#flush(call);
  }

  /** Sends as much of a call's requests as the windows allow. */
  #flush(call) {
    while (call.unsent.length > 0) {
      const [bytes] = call.unsent;
      const size = Math.min(bytes.length, MAX_FRAME_BYTES, call.windowBytes, this.#windowBytes);
      if (size <= 0) return;
      const isLast = size === bytes.length;
      const flags = isLast && !this.#streaming ? FLAG.END_STREAM : 0;
      this.#socket.write(frameHeader({ type: FRAME.DATA, flags, streamId: call.id }, size));
      this.#socket.write(bytes.subarray(0, size));
      call.windowBytes -= size;
      this.#windowBytes -= size;
      if (isLast) call.unsent.shift();
      else call.unsent[0] = bytes.subarray(size);
    }
  }

  #receive(chunk) {
    this.#socket.cork();
    this.#reader.read(chunk, ({ type, flags, streamId, content }) => {
      this.#handle[type]?.(flags, streamId, content);
    });
    this.#socket.uncork();
  }

  #handle = {
    [FRAME.DATA]: (flags, id, content) => {
      this.#refill(content.length, this.#calls.get(id));
      this.#calls.get(id)?.message.count(content, (size) => this.#answer(id, size));
      if (flags & FLAG.END_STREAM) this.#endCall(id);
    },
    [FRAME.HEADERS]: (flags, id) => {
      if (flags & FLAG.END_STREAM) this.#endCall(id);
    },
    [FRAME.RST_STREAM]: () => this.#load.fail('the server reset a stream'),
    [FRAME.GOAWAY]: () => this.#load.fail('the server said goodbye'),
    [FRAME.SETTINGS]: (flags, _id, content) => {
      if (flags & FLAG.ACK) return;
      this.#socket.write(frame({ type: FRAME.SETTINGS, flags: FLAG.ACK }, Buffer.alloc(0)));
      this.#resizeWindows(initialWindowOf(content) ?? this.#initialWindowBytes);
    },
    [FRAME.PING]: (flags, _id, content) => {
      if (!(flags & FLAG.ACK))
        this.#socket.write(frame({ type: FRAME.PING, flags: FLAG.ACK }, content));
    },
    [WINDOW_UPDATE]: (_flags, id, content) => {
      const increment = content.readUInt32BE(0) & 0x7fffffff;
      if (id === 0) this.#windowBytes += increment;
      else if (this.#calls.has(id)) this.#calls.get(id).windowBytes += increment;
      for (const call of this.#calls.values()) this.#flush(call);
    },
  };

  #resizeWindows(initialWindowBytes) {
    const change = initialWindowBytes - this.#initialWindowBytes;
    this.#initialWindowBytes = initialWindowBytes;
    for (const call of this.#calls.values()) {
      call.windowBytes += change;
      this.#flush(call);
    }
  }

  /** Gives the server room again for what has arrived. */
  #refill(sizeBytes, call) {
    this.#unacknowledgedBytes += sizeBytes;
    if (this.#unacknowledgedBytes > WINDOW_REFILL_BYTES) {
      this.#socket.write(windowUpdate(0, this.#unacknowledgedBytes));
      this.#unacknowledgedBytes = 0;
    }
    if (!this.#streaming || !call) return;
    call.unrefilledBytes += sizeBytes;
    if (call.unrefilledBytes <= WINDOW_REFILL_BYTES) return;
    this.#socket.write(windowUpdate(call.id, call.unrefilledBytes));
    call.unrefilledBytes = 0;
  }

  /** A message has come; a failed one is far shorter than the tensor. */
  #answer(id, size) {
    const call = this.#calls.get(id);
    if (size < this.#load.minimumAnswerBytes) this.#load.fail(`an answer of ${size} bytes`);
    if (!this.#streaming) call.answered = true;
    else this.#finish(call.startedMs.shift());
  }

  /** A unary call is done when its trailers have come, too. */
  #endCall(id) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (this.#streaming) return this.#load.fail('the server ended the stream');
    if (!call?.answered) return this.#load.fail('a call ended without an answer');
    this.#finish(call.startedMs[0]);
  }

  #finish(startedMs) {
    this.#load.done(startedMs);
    if (!this.#load.stopped) this.#send();
  }
}

/** Follows the boundaries of length-prefixed messages through a stream of bytes. */
class MessageCounter {
  #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  #bytesLeft = 0;
  #size = 0;

  /** Calls `onMessage(sizeBytes)` as each message is complete. */
  count(content, onMessage) {
    let offset = 0;
    while (offset < content.length) {
      if (this.#prefixBytes < PREFIX_BYTES) {
        this.#prefix[this.#prefixBytes++] = content[offset++];
        if (this.#prefixBytes < PREFIX_BYTES) continue;
        this.#size = this.#prefix.readUInt32BE(1);
        this.#bytesLeft = this.#size;
      }
      const part = Math.min(this.#bytesLeft, content.length - offset);
      offset += part;
      this.#bytesLeft -= part;
      if (this.#bytesLeft > 0) return;
      this.#prefixBytes = 0;
      onMessage(this.#size);
    }
  }
}
