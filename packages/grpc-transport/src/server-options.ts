import { totalmem } from 'node:os';
import type { MessageAllocator } from './message-assembler.js';
import type { CompressionLevel } from './message-coder.js';

/** The server's time, so that tests can turn the hands. */
export interface TransportClock {
  /** Monotonic. */
  nowMs(): number;
  /** Calls `task` once. Returns a function that cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** PEM texts. */
export interface TlsOptions {
  readonly certificate: Buffer | string;
  readonly key: Buffer | string;
  readonly rootCertificate?: Buffer | string | undefined;
  /** Whether clients must show a certificate that a root certificate signs. */
  readonly mutual: boolean;
}

/** Limits, times and sizes. 0 switches a limit off where it says so. */
export interface TransportLimits {
  /** Of a received message, on the wire. */
  readonly maxReceiveMessageBytes: number;
  /** Of a compressed message, once inflated. */
  readonly maxInflatedMessageBytes: number;
  /**
   * Of all messages of all connections: received and not answered, or waiting for a slow reader.
   */
  readonly maxMessagesBytes: number;
  readonly maxConcurrentStreams: number;
  /**
   * Of a request's header fields: names, values and 32 for each; and of what they are encoded in.
   */
  readonly maxHeaderListBytes: number;
  /** The largest frame that clients may send. */
  readonly maxFrameBytes: number;
  /** What a client may send on a stream, and on a connection, before it has to wait. */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** Messages of one stream that may wait before `write` returns false. */
  readonly maxQueuedMessages: number;
  /** Connections at the same time; 0 sets no limit. */
  readonly maxConnections: number;
  /** For TLS and the first frames, for the rest of a frame or header block that has begun. */
  readonly handshakeTimeoutMs: number;
  /** A connection that takes nothing of what waits for it for so long is closed. */
  readonly writeTimeoutMs: number;
  /**
   * Silence after which a client is asked whether it is there, and how long it has to answer; 0
   * never asks.
   */
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly keepalivePermitWithoutCalls: boolean;
  /** Pings that the server sends while it sends nothing else; 0 sets no limit. */
  readonly maxPingsWithoutData: number;
  /**
   * Pings of a client that come sooner after another are strikes, of which it has so many; 0 sets
   * no limit.
   */
  readonly minPingIntervalMs: number;
  readonly maxPingStrikes: number;
  /** 0 sets no limit, here and below. */
  readonly maxConnectionAgeMs: number;
  readonly maxConnectionAgeGraceMs: number;
  readonly maxConnectionIdleMs: number;
}

export interface ServerOptions extends Partial<TransportLimits> {
  /** Undefined: connections are not encrypted. */
  readonly tls?: TlsOptions | undefined;
  /** How responses of a method are compressed; not at all by default. */
  readonly compression?: (path: string) => CompressionLevel;
  readonly clock?: TransportClock;
  /** Where the memory of received messages comes from; Node's own when absent. */
  readonly allocator?: MessageAllocator;
}

const MEBIBYTE = 1024 * 1024;

/** The limits that hold unless options say otherwise. */
export function defaultLimits(): TransportLimits {
  return {
    maxReceiveMessageBytes: 0x7fff_ffff,
    maxInflatedMessageBytes: 64 * MEBIBYTE,
    maxMessagesBytes: halfOfMemoryBytes(),
    maxConcurrentStreams: 2048,
    maxHeaderListBytes: 16 * 1024,
    maxFrameBytes: MEBIBYTE,
    streamWindowBytes: 4 * MEBIBYTE,
    connectionWindowBytes: 16 * MEBIBYTE,
    maxQueuedMessages: 16,
    maxConnections: 0,
    handshakeTimeoutMs: 20_000,
    writeTimeoutMs: 60_000,
    keepaliveTimeMs: 7_200_000,
    keepaliveTimeoutMs: 20_000,
    keepalivePermitWithoutCalls: false,
    maxPingsWithoutData: 2,
    minPingIntervalMs: 300_000,
    maxPingStrikes: 2,
    maxConnectionAgeMs: 0,
    maxConnectionAgeGraceMs: 0,
    maxConnectionIdleMs: 0,
  };
}

/** The other half is for what is done with the messages. */
function halfOfMemoryBytes(): number {
  // Undefined or 0 where the system sets no limit, or a number beyond what the machine has.
  const constrainedBytes = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return Math.floor(Math.min(constrainedBytes, totalmem()) / 2);
}

export const systemClock: TransportClock = {
  nowMs: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};
