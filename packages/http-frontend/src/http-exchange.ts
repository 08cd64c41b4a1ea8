import type { CancelSignal, RequestTrace } from '@nereid/core';
import type { AccessRecord } from '@nereid/protocol';

/** A flat list of names and values, one after the other, as they are or were on the wire. */
export type HeaderFields = readonly string[];

/**
 * One request and the place for its answer: all that a handler sees of the transport, so that
 * another transport can take the place of the present one.
 */
export interface HttpExchange {
  readonly method: string;
  /** The path of the target as received: not decoded, without query. */
  readonly path: string;
  readonly headers: HeaderFields;
  /** The client's address; empty when it has gone. */
  readonly remoteAddress: string;
  /** What the access log will show of it; undefined when there is none. */
  readonly access?: AccessRecord | undefined;
  /** The first value of a header field. The name is in lower case. */
  header(name: string): string | undefined;
  /** The whole body; empty when there is none. */
  readonly body: Uint8Array;
  /** Nothing refers to the bytes of the body any more, where their memory is used again. */
  discardBody?(): void;
  /** Cancelled when the client goes away before it is answered. */
  readonly signal: CancelSignal;
  /** When its head arrived, in nanoseconds of the server's Clock; 0 if nothing can be traced. */
  readonly receivedNs: number;
  /** Has the trace record when the answer leaves, and closes it then; at most once. */
  traceAnswer(trace: RequestTrace): void;
  /**
   * Calls back when nothing refers to the chunks of the answer any more, where that gets known; at
   * most once, before it is answered.
   */
  onSent?(listener: () => void): void;
  /** Answers: exactly once. The chunks together are the body; they may not change afterwards. */
  respond(response: HttpResponse): void;
  /** Begins an answer whose body comes in pieces, instead of `respond`; exactly once. */
  stream(head: ResponseHead): ResponseWriter;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderFields;
}

export interface HttpResponse extends ResponseHead {
  readonly chunks: readonly BodyChunk[];
}

/** Bytes of a body; a string has one character for each byte (latin1). */
export type BodyChunk = Uint8Array | string;

/** The body of an answer of unknown length. Once the client has gone, its methods do nothing. */
export interface ResponseWriter {
  /**
   * Sends a piece; the chunks may not change afterwards. Returns undefined when more may follow at
   * once, or a promise that resolves when the client has caught up or gone; it never rejects. The
   * connection of a client that is far behind may be closed if it is not waited for.
   */
  write(chunks: readonly Uint8Array[]): Promise<void> | undefined;
  /** Ends the answer: exactly once, last. */
  end(): void;
}

export type HttpHandler = (exchange: HttpExchange) => void;
