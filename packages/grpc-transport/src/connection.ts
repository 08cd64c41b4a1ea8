import type { Socket } from 'node:net';
import { ConnectionLifetime } from './connection-lifetime.js';
import { ConnectionOutput, type FlushQueue } from './connection-output.js';
import { ControlFrames } from './control-frames.js';
import { FloodGuard } from './flood-guard.js';
import { type FrameHandler, type FrameHead, FrameReader } from './frame-reader.js';
import { FrameSender } from './frame-sender.js';
import {
  ConnectionError,
  DEFAULT_WINDOW_BYTES,
  ERROR,
  MAX_STREAM_ID,
  PREFACE,
  SETTING,
} from './http2-protocol.js';
import type { MethodTable } from './method-table.js';
import { encodeSettings } from './peer-settings.js';
import type { CallServices } from './server-call.js';
import type { ByteReceiver } from './socket-reader.js';
import { StreamTable } from './stream-table.js';

/** What is not taken of our answers to control frames; above it, no more is read. */
const PAUSE_ABOVE_BYTES = 512 * 1024;
/** For a client to read why its connection ends. */
const LINGER_MS = 1000;
const DRAIN_PING = Buffer.from('draining');
const KEEPALIVE_PING = Buffer.from('are you?');
const HEADER_TABLE_BYTES = 4096;

export interface ConnectionServices extends CallServices {
  readonly methods: MethodTable;
  readonly flushQueue: FlushQueue;
}

/** One HTTP/2 connection of a client. */
export class Connection implements FrameHandler, ByteReceiver {
  readonly #socket: Socket;
  readonly #services: ConnectionServices;
  readonly #output: ConnectionOutput;
  readonly #reader = new FrameReader(this);
  readonly #sender: FrameSender;
  readonly #guard = new FloodGuard();
  readonly #streams: StreamTable;
  readonly #control: ControlFrames;
  readonly #lifetime: ConnectionLifetime;
  #prefaceLength = 0;
  #firstFrame = true;
  #closing = false;
  #draining: 'no' | 'announced' | 'final' = 'no';
  #received = false;
  #reading = true;
  #sentAtLastLook = 0;

  constructor(socket: Socket, services: ConnectionServices, onClosed: (self: Connection) => void) {
    this.#socket = socket;
    this.#services = services;
    const { limits, clock } = services;
    this.#output = new ConnectionOutput(socket, services.flushQueue, services.budget);
    this.#sender = new FrameSender(this.#output);
    this.#output.onRoom = () => this.#roomAgain();
    this.#lifetime = new ConnectionLifetime(limits, clock.nowMs());
    this.#streams = new StreamTable({
      services,
      sender: this.#sender,
      guard: this.#guard,
      client: socket.remoteAddress ?? '',
      headerTableBytes: HEADER_TABLE_BYTES,
      emptied: () => this.#endIfDrained(),
    });
    this.#control = new ControlFrames({
      services,
      sender: this.#sender,
      guard: this.#guard,
      streams: this.#streams,
      pingAnswered: (opaque) => this.#pingAnswered(opaque),
      peerLeaves: () => this.drain('the client leaves'),
    });
    // What breaks a connection is always followed by its close.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closing = true;
      this.#streams.abandonAll();
      onClosed(this);
    });
    this.#greet();
  }

  get hasCalls(): boolean {
    return this.#streams.size > 0;
  }

  receive(bytes: Buffer, length: number): void {
    this.#received = true;
    this.#attempt(() => {
      const at = this.#prefaceLength < PREFACE.length ? this.#matchPreface(bytes, length) : 0;
      this.#reader.read(bytes, at, length);
    });
    if (this.#output.backlogBytes > PAUSE_ABOVE_BYTES) this.#pauseReading();
  }

  place(): Buffer | undefined {
    if (this.#closing) return undefined;
    return this.#streams.data.place(this.#reader.missingDataBytes);
  }

  placed(length: number): void {
    this.#received = true;
    this.#attempt(() => {
      this.#streams.data.placed(length);
      this.#reader.placed(length);
    });
  }

  accept(head: FrameHead): boolean {
    if (this.#closing) return false;
    if (head.length > this.#services.limits.maxFrameBytes) {
      throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, 'a frame above the limit');
    }
    if (this.#firstFrame) {
      this.#control.checkFirst(head);
      this.#firstFrame = false;
    }
    return this.#streams.accepts(head) ?? this.#control.accepts(head);
  }

  frame(head: FrameHead, bytes: Buffer, start: number): void {
    if (this.#closing) return;
    if (!this.#streams.frame(head, bytes, start)) this.#control.frame(head, bytes, start);
  }

  data(bytes: Buffer, start: number, end: number): void {
    this.#streams.data.data(bytes, start, end);
  }

  dataEnd(): void {
    if (!this.#closing) this.#streams.dataEnd();
  }

  /** Takes no new calls, and ends when the last one has ended. */
  drain(reason: string): void {
    if (this.#draining !== 'no' || this.#closing) return;
    this.#draining = 'announced';
    // Calls that are on their way are still taken: the answer to the ping comes after them.
    this.#sender.goAway(MAX_STREAM_ID, ERROR.NO_ERROR, reason);
    this.#sender.ping(DRAIN_PING, 0, 0);
    const refuse = () => this.#refuseNewCalls();
    this.#socket.once('close', this.#services.clock.after(LINGER_MS, refuse));
  }

  /** Ends at once, with all calls. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Looks after the connection, now and then: closes it when it is dead, stuck or too old. */
  look(nowMs: number, elapsedMs: number): void {
    this.#guard.refill(elapsedMs);
    const verdict = this.#lifetime.look({
      nowMs,
      received: this.#received || !this.#reading,
      dataSent: this.#sender.sentCount !== this.#sentAtLastLook,
      written: this.#output.takeWritten(),
      hasCalls: this.hasCalls,
      backlogged: this.#output.backlogBytes > 0,
      unfinished: this.#firstFrame || this.#reader.midFrame || this.#streams.midHeaders,
    });
    this.#received = false;
    this.#sentAtLastLook = this.#sender.sentCount;
    if (!this.hasCalls) this.#output.trim();
    if (verdict === 'ping') this.#sender.ping(KEEPALIVE_PING, 0, 0);
    else if (verdict === 'drain for age') this.drain('max_age');
    else if (verdict === 'drain for idleness') this.drain('max_idle');
    else if (verdict === 'destroy') this.destroy();
  }

  #greet(): void {
    const { limits } = this.#services;
    this.#sender.settings(
      encodeSettings([
        [SETTING.MAX_CONCURRENT_STREAMS, limits.maxConcurrentStreams],
        [SETTING.INITIAL_WINDOW_SIZE, limits.streamWindowBytes],
        [SETTING.MAX_FRAME_SIZE, limits.maxFrameBytes],
        [SETTING.MAX_HEADER_LIST_SIZE, limits.maxHeaderListBytes],
      ]),
    );
    const more = limits.connectionWindowBytes - DEFAULT_WINDOW_BYTES;
    if (more > 0) this.#sender.windowUpdate(0, more);
  }

  #matchPreface(bytes: Buffer, length: number): number {
    const size = Math.min(PREFACE.length - this.#prefaceLength, length);
    const from = this.#prefaceLength;
    if (PREFACE.compare(bytes, 0, size, from, from + size) !== 0) {
      throw new ConnectionError(ERROR.PROTOCOL_ERROR, 'this port speaks HTTP/2 only');
    }
    this.#prefaceLength += size;
    return size;
  }

  /** Whatever goes wrong on a connection ends that connection, and nothing else. */
  #attempt(action: () => void): void {
    if (this.#closing) return;
    try {
      action();
    } catch (error) {
      if (error instanceof ConnectionError) this.#fail(error.code, error.message);
      else this.#fail(ERROR.INTERNAL_ERROR, 'the server failed');
    }
  }

  #fail(code: number, reason: string): void {
    this.#closing = true;
    this.#sender.goAway(this.#streams.lastId, code, reason);
    this.#streams.abandonAll();
    this.#end();
  }

  /**
   * What is still to be sent is sent, and what the client sends is read and forgotten, for a while.
   */
  #end(): void {
    this.#closing = true;
    this.#output.flush();
    this.#socket.end();
    const cancelTimer = this.#services.clock.after(LINGER_MS, () => this.#socket.destroy());
    this.#socket.once('close', cancelTimer);
  }

  #pingAnswered(opaque: Buffer): void {
    if (this.#draining === 'announced' && opaque.equals(DRAIN_PING)) this.#refuseNewCalls();
  }

  #refuseNewCalls(): void {
    if (this.#draining !== 'announced' || this.#closing) return;
    this.#draining = 'final';
    this.#sender.goAway(this.#streams.lastId, ERROR.NO_ERROR, '');
    this.#streams.refuseNew();
    this.#endIfDrained();
  }

  #endIfDrained(): void {
    if (this.#draining === 'final' && !this.#closing && !this.hasCalls) this.#end();
  }

  #pauseReading(): void {
    // Asking for room makes its owner tell when there is some.
    if (this.#closing || this.#output.hasRoom()) return;
    this.#reading = false;
    this.#socket.pause();
  }

  #roomAgain(): void {
    if (!this.#reading) {
      this.#reading = true;
      this.#socket.resume();
    }
    this.#sender.unblock();
  }
}
