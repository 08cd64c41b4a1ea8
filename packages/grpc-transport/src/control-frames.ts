import type { FloodGuard } from './flood-guard.js';
import type { FrameHead } from './frame-reader.js';
import type { FrameSender } from './frame-sender.js';
import { checkDependency } from './header-assembler.js';
import { ConnectionError, ERROR, FLAG, FRAME, MAX_WINDOW_BYTES } from './http2-protocol.js';
import { PingStrikes } from './ping-strikes.js';
import type { CallServices } from './server-call.js';
import type { StreamTable } from './stream-table.js';

/** More settings than there are, several times over. */
const MAX_SETTINGS_BYTES = 64 * 6;
const PRIORITY_BYTES = 5;
const PING_BYTES = 8;
const INCREMENT_BYTES = 4;
const LEAST_GOAWAY_BYTES = 8;

interface ControlOptions {
  readonly services: CallServices;
  readonly sender: FrameSender;
  readonly guard: FloodGuard;
  readonly streams: StreamTable;
  /** The client answers a ping of ours. */
  readonly pingAnswered: (opaque: Buffer) => void;
  readonly peerLeaves: () => void;
}

/** The frames of a connection that belong to no stream. */
export class ControlFrames {
  readonly #options: ControlOptions;
  readonly #strikes: PingStrikes;
  #sentAtLastPing = 0;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#strikes = new PingStrikes(options.services.limits);
  }

  /** Throws a ConnectionError unless the first frame is what it has to be. */
  checkFirst({ type, flags }: FrameHead): void {
    if (type === FRAME.SETTINGS && (flags & FLAG.ACK) === 0) return;
    throw new ConnectionError(ERROR.PROTOCOL_ERROR, 'the first frame is no SETTINGS frame');
  }

  /** False for a frame that is of no interest. Throws a ConnectionError for an impossible one. */
  accepts(head: FrameHead): boolean {
    switch (head.type) {
      case FRAME.SETTINGS:
        onConnection(head);
        if (head.flags & FLAG.ACK) lengthIs(head, 0);
        if (head.length > MAX_SETTINGS_BYTES) throw calm('too many settings');
        this.#options.guard.count('SETTINGS');
        return true;
      case FRAME.PING:
        onConnection(head);
        lengthIs(head, PING_BYTES);
        return true;
      case FRAME.GOAWAY:
        onConnection(head);
        if (head.length < LEAST_GOAWAY_BYTES) throw wrongLength();
        this.#options.peerLeaves();
        return false;
      case FRAME.WINDOW_UPDATE:
        lengthIs(head, INCREMENT_BYTES);
        return true;
      case FRAME.PRIORITY:
        if (head.streamId === 0) throw misplaced();
        lengthIs(head, PRIORITY_BYTES);
        return true;
      case FRAME.PUSH_PROMISE:
        throw new ConnectionError(ERROR.PROTOCOL_ERROR, 'a client cannot push');
      default:
        return false;
    }
  }

  frame(head: FrameHead, bytes: Buffer, start: number): void {
    switch (head.type) {
      case FRAME.SETTINGS:
        if ((head.flags & FLAG.ACK) === 0) this.#settings(bytes, start, head.length);
        break;
      case FRAME.PING:
        this.#ping(head, bytes, start);
        break;
      case FRAME.WINDOW_UPDATE:
        this.#windowUpdate(bytes.readUInt32BE(start) & MAX_WINDOW_BYTES);
        break;
      case FRAME.PRIORITY:
        checkDependency(head.streamId, bytes, start);
        break;
      default:
    }
  }

  #settings(bytes: Buffer, start: number, length: number): void {
    const { sender, streams } = this.#options;
    const { peer } = sender;
    const windowBefore = peer.initialWindowBytes;
    peer.apply(bytes, start, length);
    sender.headers.limitTable(peer.headerTableBytes);
    sender.headers.limitList(peer.headerListBytes);
    sender.settingsAck();
    streams.growSendWindows(peer.initialWindowBytes - windowBefore);
  }

  #ping(head: FrameHead, bytes: Buffer, start: number): void {
    const { sender, guard, services, streams, pingAnswered } = this.#options;
    if (head.flags & FLAG.ACK) {
      pingAnswered(bytes.subarray(start, start + PING_BYTES));
      return;
    }
    if (sender.sentCount !== this.#sentAtLastPing) {
      this.#sentAtLastPing = sender.sentCount;
      this.#strikes.forgive();
      guard.forgive('PING');
    }
    guard.count('PING');
    if (this.#strikes.isTooMany(services.clock.nowMs(), streams.size > 0)) {
      throw calm('too_many_pings');
    }
    // The bytes change after the call, and the output copies what is as short as this.
    sender.ping(bytes, start, FLAG.ACK);
  }

  #windowUpdate(increment: number): void {
    const { sender } = this.#options;
    if (increment === 0) throw new ConnectionError(ERROR.PROTOCOL_ERROR, 'a window grows by 0');
    sender.windowBytes += increment;
    if (sender.windowBytes > MAX_WINDOW_BYTES) {
      throw new ConnectionError(ERROR.FLOW_CONTROL_ERROR, 'a window grows beyond its limit');
    }
    sender.unblock();
  }
}

function onConnection({ streamId }: FrameHead): void {
  if (streamId !== 0) throw misplaced();
}

function lengthIs({ length }: FrameHead, expected: number): void {
  if (length !== expected) throw wrongLength();
}

function misplaced(): ConnectionError {
  return new ConnectionError(ERROR.PROTOCOL_ERROR, 'a frame on the wrong stream');
}

function wrongLength(): ConnectionError {
  return new ConnectionError(ERROR.FRAME_SIZE_ERROR, 'a frame of a wrong length');
}

function calm(reason: string): ConnectionError {
  return new ConnectionError(ERROR.ENHANCE_YOUR_CALM, reason);
}
