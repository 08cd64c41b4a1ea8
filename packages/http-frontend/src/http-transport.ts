import type { AddressInfo } from 'node:net';
import type { Clock, ConnectionAcceptor } from '@nereid/core';
import type { HttpExchange, HttpHandler } from './http-exchange.js';
import type { ListenSettings } from './http-settings.js';
import { errorResponse } from './json-response.js';

/** Carries exchanges over HTTP. */
export interface HttpTransport {
  /** Listens. Throws an InferError that names the address when it cannot. */
  listen(): Promise<Pick<AddressInfo, 'address' | 'port'>>;
  /**
   * Stops listening, closes connections without a request at once and the others when they have
   * been answered; after `graceMs` milliseconds all of them.
   */
  close(graceMs: number): Promise<void>;
}

export interface TransportOptions {
  /** Of all request bodies being served; half of the memory when absent. */
  readonly maxBodiesBytes?: number | undefined;
  readonly listen: ListenSettings;
  /** Listens in place of the transport. */
  readonly acceptor?: ConnectionAcceptor | undefined;
  readonly clock: Clock;
  readonly handle: HttpHandler;
  /** The time to note for a request whose head has arrived; 0 is noted when absent. */
  readonly receiveTimeNs?: () => number;
  /** Looks on: returns what takes the place of an exchange, as soon as its head has arrived. */
  readonly observe?: ((exchange: HttpExchange) => HttpExchange) | undefined;
}

/** Answers to requests whose body cannot be taken. */
export const BODY_PROBLEMS = {
  'too-large': errorResponse(413, 'Request body exceeds the maximum allowed value of 2 GiB'),
  'too-slow': errorResponse(408, 'Request Timeout'),
  'no-budget': errorResponse(
    503,
    'Request bodies being served take all the memory set aside for them. ' +
      'Use --http-max-bodies-size to increase the limit.',
  ),
} as const;

/** The answer to a request that comes while the server exits. */
export const EXITING = errorResponse(503, 'Server exiting');
