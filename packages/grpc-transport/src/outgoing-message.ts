import type { ConnectionOutput } from './connection-output.js';
import { PREFIX_BYTES } from './message-assembler.js';

interface OutgoingMessageOptions {
  readonly ready: boolean;
  /** Called when the system has all of a message that was not replaced. */
  readonly sent?: (() => void) | undefined;
}

/** A message on its way out, of which part after part is sent. */
export class OutgoingMessage {
  /** What it counts for in the budget. */
  readonly heldBytes: number;
  /** Whether it can be sent: not while it is being compressed. */
  ready: boolean;
  #pieces: readonly Buffer[];
  #length: number;
  #compressed = false;
  /** To be called when the system has all of it. */
  #sent: (() => void) | undefined;
  #prefixSent = false;
  /** The next byte to send: of which piece, and where in it. */
  #piece = 0;
  #offset = 0;
  #missing: number;

  constructor(pieces: readonly Buffer[], { ready, sent }: OutgoingMessageOptions) {
    this.#pieces = pieces;
    this.#sent = sent;
    this.#length = pieces.reduce((sum, { length }) => sum + length, 0);
    this.#missing = PREFIX_BYTES + this.#length;
    this.heldBytes = this.#missing;
    this.ready = ready;
  }

  /** Bytes that are no message: they are sent without a prefix. */
  static plain(bytes: Buffer): OutgoingMessage {
    const message = new OutgoingMessage([bytes], { ready: true });
    message.#prefixSent = true;
    message.#missing = bytes.length;
    return message;
  }

  /** What is still to be sent, with the prefix. */
  get missingBytes(): number {
    return this.#missing;
  }

  /** The message in one piece, for those that need it so. */
  get whole(): Buffer {
    const [first, ...others] = this.#pieces;
    return first !== undefined && others.length === 0 ? first : Buffer.concat(this.#pieces);
  }

  /** Sends something shorter in the message's place. To be called before anything was sent. */
  replace(compressed: Buffer): void {
    this.#pieces = [compressed];
    this.#length = compressed.length;
    this.#missing = PREFIX_BYTES + compressed.length;
    this.#compressed = true;
    this.#sent = undefined;
  }

  /** Sends the next `size` bytes, of which there are so many. */
  send(output: ConnectionOutput, size: number): void {
    this.#missing -= size;
    let left = size;
    if (!this.#prefixSent) left -= this.#sendPrefix(output, left);
    while (left > 0) {
      const piece = this.#pieces[this.#piece];
      if (piece === undefined) return;
      const take = Math.min(left, piece.length - this.#offset);
      output.bytes(piece, this.#offset, this.#offset + take);
      this.#offset += take;
      left -= take;
      if (this.#offset < piece.length) continue;
      this.#piece += 1;
      this.#offset = 0;
    }
    if (this.#missing === 0 && this.#sent) output.afterWrite(this.#sent);
  }

  /** Sends what fits of the prefix; returns how much that was. */
  #sendPrefix(output: ConnectionOutput, most: number): number {
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
    prefix[0] = this.#compressed ? 1 : 0;
    prefix.writeUInt32BE(this.#length, 1);
    const take = Math.min(most, PREFIX_BYTES - this.#offset);
    output.bytes(prefix, this.#offset, this.#offset + take);
    this.#offset += take;
    if (this.#offset < PREFIX_BYTES) return take;
    this.#prefixSent = true;
    this.#offset = 0;
    return take;
  }
}
