import type { CancelSignal } from '@nereid/core';
import type { AccessRecord } from '@nereid/protocol';
import type { GrpcStatus } from './grpc-status.js';

/**
 * One call as its handler sees it, whatever transport carries it: this is all that a transport has
 * to offer. Messages are whole protobuf messages, without gRPC's prefix.
 */
export interface GrpcCall {
  /** Cancelled when the client goes away, or its deadline passes, before the call has ended. */
  readonly signal: CancelSignal;
  /** The client's address; empty when it is not known. */
  readonly client: string;
  /** What the access log will show of it; undefined when there is none. */
  readonly access?: AccessRecord;
  /** The first value of a metadata entry, by its lower-case name; undefined if there is none. */
  header(name: string): string | undefined;
  /** All metadata that is text. */
  headers(): Iterable<readonly [string, string]>;
  /**
   * Sends a message; a unary call sends at most one. Returns false when the client has fallen
   * behind: more is still accepted, but should wait for `drained`. After the end, it does nothing.
   */
  write(message: Buffer): boolean;
  /**
   * The same with a message in pieces, which are sent from where they are if that can be. `sent` is
   * called when nothing refers to them any more, where that gets known.
   */
  writePieces(pieces: readonly Buffer[], sent?: () => void): boolean;
  /** Resolves when the client has caught up or gone away. */
  drained(): Promise<void>;
  /** Ends the call, once; later ends do nothing. */
  end(status: GrpcStatus): void;
  /** Calls `listener` when the call is over, by its end or by cancellation. One listener only. */
  onClosed(listener: () => void): void;
}

/** A call whose client may send any number of messages. */
export interface GrpcStreamCall extends GrpcCall {
  /** Asks the transport to read no further messages; some may still arrive. */
  pause(): void;
  resume(): void;
  /**
   * Counts memory of the call's messages that is kept, until it is released or the call is over.
   */
  retain(sizeBytes: number): void;
  release(sizeBytes: number): void;
}

/** Takes what the client of a stream sends. */
export interface StreamReader {
  message(bytes: Buffer): void;
  /** The client sends no more. */
  halfClose(): void;
  /**
   * The server stops: the stream takes no more messages and ends when what it accepted is answered.
   */
  stop(): void;
}

export interface UnaryMethod {
  readonly kind: 'unary';
  /** Answers `message` by ending the call, sooner or later. Does not throw. */
  handle(call: GrpcCall, message: Buffer): void;
}

export interface StreamMethod {
  readonly kind: 'stream';
  open(call: GrpcStreamCall): StreamReader;
}

export type GrpcMethod = UnaryMethod | StreamMethod;

/** Methods by their path, such as `/inference.GRPCInferenceService/ModelInfer`. */
export type GrpcMethods = ReadonlyMap<string, GrpcMethod>;
