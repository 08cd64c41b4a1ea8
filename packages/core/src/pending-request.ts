import type { InferError } from './infer-error.js';
import type { InferenceRequest } from './inference-request.js';
import type { ModelResponse } from './inference-response.js';

/** How long the phases of an execution took, in nanoseconds. */
export interface ComputeDurations {
  readonly inputNs: number;
  readonly inferNs: number;
  readonly outputNs: number;
}

/** The phases of one execution, in nanoseconds of the server's Clock; 0 for one not reached yet. */
export interface BatchTimes {
  readonly startNs: number;
  readonly inputEndNs: number;
  readonly outputStartNs: number;
  /**
   * What counts in place of the times in between where several executions answer one request, as
   * for an ensemble: the sums of their phases.
   */
  readonly durations?: ComputeDurations;
}

/** An accepted request that owes its caller an answer. Schedulers queue it, instances answer. */
export interface PendingRequest {
  /**
   * Normalized: inputs match the model's configuration, shapes carry the batch dimension if there
   * is one.
   */
  readonly request: InferenceRequest;
  /** The size of the batch dimension; 1 for a model without batching. */
  readonly batchSize: number;
  /** When the server accepted it, in nanoseconds of the server's Clock. */
  readonly acceptedNs: number;
  /**
   * True for one that nobody made, which only fills its place in a batch: it counts in the size of
   * the batch, not as an inference, and its answer is dropped.
   */
  readonly placeholder?: boolean;
  /**
   * Only for models with iterative sequences: instead of finishing it, asks for another execution
   * of the request in a later batch. Whatever holds it calls this once an execution, before that
   * ends.
   */
  readonly reschedule?: (() => void) | undefined;
  /**
   * Called once, as the batch that holds the request begins to execute: by the server, or by a
   * scheduler without instances, whose request is then an execution of its own.
   */
  started(times: BatchTimes): void;
  /**
   * Sends a response: any number of times for a decoupled model, exactly once for any other, never
   * after `finish`. The return value is that of ResponseSink.response.
   */
  respond(response: ModelResponse): Promise<void> | undefined;
  /**
   * Ends the request: exactly once, last, by whoever holds the request then. With an error only
   * this request fails; the rest of its batch is untouched.
   */
  finish(error?: InferError): void;
}
