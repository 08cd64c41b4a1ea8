import type { ComputeDurations } from './pending-request.js';

/** One answered request. */
export interface AccessEntry {
  readonly protocol: 'HTTP' | 'gRPC';
  /** The client's address; empty when it is not known. */
  readonly client: string;
  readonly method: string;
  readonly path: string;
  /** A status of the protocol: on HTTP, 499 when the client went away before. */
  readonly status: number;
  /** Of the body, or of all messages. */
  readonly sentBytes: number;
  readonly durationNs: number;
  /** Empty for a request that is no inference, and for one that could not be read. */
  readonly modelName: string;
  readonly modelVersion: number | undefined;
  readonly requestId: string;
  /** Of an inference that has succeeded, in nanoseconds. */
  readonly queueNs: number | undefined;
  readonly compute: ComputeDurations | undefined;
}

/** Where front ends write what they have answered. A call never throws and never waits. */
export interface AccessLog {
  write(entry: AccessEntry): void;
}
