import type { CancelSignal } from './cancel-signal.js';
import type { Tensor } from './tensor.js';
import type { RequestTrace } from './tracing.js';

/** A parameter of a request or response. A bigint is an int64 on the wire, a number a double. */
export type ParameterValue = string | boolean | bigint | number;

export type Parameters = ReadonlyMap<string, ParameterValue>;

export const NO_PARAMETERS: Parameters = new Map();

/** Where a request stands in its sequence. */
export interface SequencePosition {
  /** An unsigned 64-bit number or a non-empty string. */
  readonly correlationId: bigint | string;
  readonly start: boolean;
  readonly end: boolean;
}

export interface RequestedOutput {
  readonly name: string;
  /** Above 0: the output is wanted as the top so many classes, as BYTES `value:index[:label]`. */
  readonly classificationCount: number;
}

/** One inference request, decoded by a front end, or made by a plugin for another model. */
export interface InferenceRequest {
  readonly modelName: string;
  /** Undefined asks for the highest version that is ready. */
  readonly modelVersion: number | undefined;
  /** Chosen by the client, empty if it chose none; not unique. */
  readonly id: string;
  readonly inputs: readonly Tensor[];
  /** A body without tensor description, for the model's only input; `inputs` is empty then. */
  readonly rawInput?: Uint8Array | undefined;
  /** Empty asks for all outputs. */
  readonly requestedOutputs: readonly RequestedOutput[];
  readonly sequence: SequencePosition | undefined;
  /** 1 is the highest; 0 asks for the model's default. */
  readonly priority: number;
  /** Time the request may wait in a queue, in microseconds; 0 sets no limit. */
  readonly timeoutUs: number;
  /** Parameters without a meaning of their own, for the backend. */
  readonly parameters: Parameters;
  /** Cancelled when the client goes away, on HTTP as on gRPC. */
  readonly signal: CancelSignal;
  /** Of a request that is traced. Pass it on, to have another model's part in the trace. */
  readonly trace?: RequestTrace | undefined;
  /**
   * Of a request that no client makes: the models that wait for its answer, outermost first. The
   * server refuses one for a model among them, which could wait for itself for ever.
   */
  readonly callers?: readonly string[] | undefined;
}
