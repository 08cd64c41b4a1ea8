/** One HTTP/1.1 connection that sends the same request again as soon as its answer is complete. */

import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const MAX_HEAD_BYTES = 16_384;

export class HttpConnection {
  #socket;
  #load;
  #startedMs = 0;
  #head = Buffer.alloc(0);
  /** Bytes of the answer's body still to come; undefined while its head is incomplete. */
  #bodyBytesLeft;

  /** `load` has the request's bytes, and is told of each answer by `done(startedMs)`. */
  constructor(address, load) {
    this.#load = load;
    this.#socket = connect({ ...address, noDelay: true }, () => this.#send());
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', (error) => load.fail(error.message));
    this.#socket.on('close', () => load.fail('the server closed the connection'));
  }

  close() {
    this.#socket.removeAllListeners('close').destroy();
  }

  #send() {
    this.#startedMs = performance.now();
    this.#socket.write(this.#load.request);
  }

  #receive(chunk) {
    if (this.#bodyBytesLeft === undefined && !this.#readHead(chunk)) return;
    if (this.#bodyBytesLeft === undefined) return;
    if (chunk !== this.#headChunk) this.#bodyBytesLeft -= chunk.length;
    if (this.#bodyBytesLeft > 0) return;
    if (this.#bodyBytesLeft < 0) return this.#load.fail('the answer is longer than announced');
    this.#bodyBytesLeft = undefined;
    this.#load.done(this.#startedMs);
    if (!this.#load.stopped) this.#send();
  }

  /** The chunk whose body bytes `#readHead` has already counted. */
  #headChunk;

  #readHead(chunk) {
    const bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = bytes;
      if (bytes.length > MAX_HEAD_BYTES) this.#load.fail('the head of the answer does not end');
      return false;
    }
    this.#head = Buffer.alloc(0);
    this.#headChunk = chunk;
    const head = bytes.latin1Slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200') || Number(length) < this.#load.minimumAnswerBytes) {
      this.#load.fail(`unexpected answer: ${bytes.subarray(0, 500).latin1Slice()}`);
      return false;
    }
    this.#bodyBytesLeft = Number(length) - (bytes.length - end - HEAD_END.length);
    return true;
  }
}
