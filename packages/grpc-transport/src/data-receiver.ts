import type { FrameHead } from './frame-reader.js';
import { ConnectionError, ERROR, FLAG } from './http2-protocol.js';
import { PLACE_BYTES } from './inbound-messages.js';
import type { ServerCall } from './server-call.js';

/**
 * The DATA frame that is being received: passes its contents on to its call, without the padding.
 */
export class DataReceiver {
  #call: ServerCall | undefined;
  /** Of the contents, what is still to come. */
  #missing = 0;
  #paddingUnknown = false;
  /** Of the whole frame: padding counts in windows. */
  length = 0;
  endsStream = false;

  begin(call: ServerCall, { length, flags }: FrameHead): void {
    const padded = (flags & FLAG.PADDED) !== 0;
    this.#call = call;
    this.#paddingUnknown = padded;
    this.#missing = padded ? length - 1 : length;
    this.length = length;
    this.endsStream = (flags & FLAG.END_STREAM) !== 0;
  }

  /** Takes the bytes from `start` to `end` of the frame. */
  data(bytes: Buffer, start: number, end: number): void {
    let at = start;
    if (this.#paddingUnknown && at < end) {
      this.#paddingUnknown = false;
      this.#missing -= bytes[at] ?? 0;
      if (this.#missing < 0) {
        throw new ConnectionError(ERROR.PROTOCOL_ERROR, 'more padding than contents');
      }
      at += 1;
    }
    const take = Math.min(end - at, this.#missing);
    this.#missing -= take;
    if (this.#call === undefined || take === 0) return;
    this.#call.receivedBytes += take;
    this.#call.inbound.data(bytes, at, at + take);
  }

  /** Where the next bytes belong, of which `missingBytes` are to come; undefined for too few. */
  place(missingBytes: number): Buffer | undefined {
    if (missingBytes < PLACE_BYTES || this.#paddingUnknown) return undefined;
    return this.#call?.inbound.place(Math.min(missingBytes, this.#missing));
  }

  /** So many bytes have been read into their place. */
  placed(length: number): void {
    this.#missing -= length;
    if (this.#call === undefined) return;
    this.#call.receivedBytes += length;
    this.#call.inbound.placed(length);
  }

  /** The frame is complete: whose it was. */
  end(): ServerCall | undefined {
    const call = this.#call;
    this.#call = undefined;
    return call;
  }
}
