import type { InferError } from './infer-error.js';
import type { Parameters } from './inference-request.js';
import type { ComputeDurations } from './pending-request.js';
import type { Tensor } from './tensor.js';

/** What a backend answers. */
export interface ModelResponse {
  readonly outputs: readonly Tensor[];
  readonly parameters?: Parameters;
  /** Of a decoupled model: true when the backend knows that this is its last response. */
  readonly final?: boolean;
  /** Of a decoupled model: an error in place of outputs, which does not end the request. */
  readonly error?: InferError;
  readonly release?: InferenceResponse['release'];
}

/** A response as the client sees it. */
export interface InferenceResponse {
  readonly modelName: string;
  readonly modelVersion: number;
  readonly id: string;
  readonly parameters: Parameters;
  /** In the order the backend gave them, only the requested ones. */
  readonly outputs: readonly Tensor[];
  /** True when it is known that no response follows. */
  readonly final: boolean;
  /** To be called once nothing refers to the outputs, if ever: their memory is used again. */
  readonly release?: (() => void) | undefined;
}

/**
 * Receives the answer to one request: any number of responses, then exactly one `end`.
 * Push, not pull: an async iterator per request costs more than parsing the request.
 */
export interface ResponseSink {
  /** Returns undefined when more may follow at once, else a promise of that; it never rejects. */
  response(response: InferenceResponse): Promise<void> | undefined;
  /** An error among the responses. Where a sink lacks this, the first such error is the end's. */
  failed?(error: InferError): void;
  /** Called before `end` for a request that was executed and has not failed; in nanoseconds. */
  executed?(durations: ComputeDurations, queueNs: number): void;
  /** With an error the request has failed; no other member is called afterwards. */
  end(error?: InferError): void;
  /** After `end`, if at all: nothing refers to the inputs, whose memory may be used again. */
  released?(): void;
}
