import type { MessagePort } from 'node:worker_threads';
import type { ErrorCode } from '@nereid/core';

/**
 * What an InstanceThread and its module say to each other. All of it passes the structured clone.
 */
export interface ThreadProtocol {
  /** Given to the module at every start, the first and those after a crash. */
  readonly init: unknown;
  /** What the module knows once it has started. */
  readonly started: unknown;
  readonly request: unknown;
  readonly response: unknown;
  /** Told to the thread at any time, unanswered. */
  readonly notice: unknown;
  /** Told by the thread at any time, unanswered. */
  readonly event: unknown;
}

/** The error type of the contract loses its class at the boundary, so it crosses as these two. */
export interface ThreadError {
  readonly code: ErrorCode;
  readonly message: string;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'verbose';

export type ToThread<P extends ThreadProtocol> =
  | { readonly kind: 'execute'; readonly value: P['request']; readonly ticket: number }
  | { readonly kind: 'notice'; readonly value: P['notice'] }
  | { readonly kind: 'close' };

export type FromThread<P extends ThreadProtocol> =
  | { readonly kind: 'started'; readonly value: P['started'] }
  | { readonly kind: 'startFailed'; readonly error: ThreadError }
  | { readonly kind: 'response'; readonly value: P['response'] }
  | { readonly kind: 'failed'; readonly error: ThreadError }
  | { readonly kind: 'event'; readonly value: P['event'] }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: string }
  | { readonly kind: 'closed' };

/**
 * The `workerData` of an instance's thread. A port of its own keeps model code out of the protocol.
 */
export interface ThreadBoot<P extends ThreadProtocol> {
  readonly port: MessagePort;
  readonly init: P['init'];
  readonly cpuCores: readonly number[] | undefined;
  /** Counts what is posted to the thread, which can wait for it without giving up its turn. */
  readonly bell: Int32Array<SharedArrayBuffer>;
  /** The tickets of requests that were sent ahead and have not begun; see takeTicket. */
  readonly ahead: Int32Array<SharedArrayBuffer>;
}

/** The ticket of a request that nobody takes back. */
export const NO_TICKET = 0;

/** The request that executes next may not have begun when another one is sent behind it. */
export const TICKET_PLACES = 2;

/**
 * Takes the ticket of a request that was sent ahead, which but one of both threads can: to begin
 * with the request, or to take it back.
 */
export function takeTicket(ahead: ThreadBoot<ThreadProtocol>['ahead'], ticket: number): boolean {
  const place = ticket % TICKET_PLACES;
  return Atomics.compareExchange(ahead, place, ticket, NO_TICKET) === ticket;
}
