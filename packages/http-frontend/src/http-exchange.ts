import type { CancelSignal } from '@nereid/core';

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
  /** The first value of a header field. The name is in lower case. */
  header(name: string): string | undefined;
  /** The whole body; empty when there is none. */
  readonly body: Uint8Array;
  /** Cancelled when the client goes away before it is answered. */
  readonly signal: CancelSignal;
  /** Answers: exactly once. The chunks together are the body; they may not change afterwards. */
  respond(response: HttpResponse): void;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly chunks: readonly Uint8Array[];
}

export type HttpHandler = (exchange: HttpExchange) => void;
