import type { ComputeTimer, PendingRequest } from '@nereid/core';
import type { Placement } from './input-placement.js';

/** A request that the stub holds: until its end, whatever becomes of its batch. */
export interface OpenRequest {
  readonly key: number;
  readonly pending: PendingRequest;
  readonly batch: RunningBatch;
  stopListening: (() => void) | undefined;
  /** It has been finished. */
  ended: boolean;
  /** Inputs in the shared file. */
  placement: Placement | undefined;
  /** Bytes of responses that the client has taken, and the stub has not been told of. */
  takenBytes: number;
}

/** Where to find the requests that a model executes as it calls another. */
export interface BatchSource {
  requestsOf(batchId: number): readonly PendingRequest[];
}

/** A batch between its execution's beginning and its end. */
export interface RunningBatch {
  readonly requests: OpenRequest[];
  readonly timer: ComputeTimer;
  /** The execution has ended, well or not; undefined once that has been said. */
  settle: (() => void) | undefined;
  /** In the numbering of one process; 0 before it is sent. */
  id: number;
}
