import type { Tensor } from './tensor.js';

/** What is recorded of a traced request: when things happened, and the tensors that went by. */
export const TRACE_LEVELS = ['TIMESTAMPS', 'TENSORS'] as const;

export type TraceLevel = (typeof TRACE_LEVELS)[number];

/** Moments in the life of a request, by the names that traces show (spec §7). */
export type TraceActivity =
  | 'HTTP_RECV_START'
  | 'HTTP_RECV_END'
  | 'HTTP_SEND_START'
  | 'HTTP_SEND_END'
  | 'GRPC_WAITREAD_START'
  | 'GRPC_WAITREAD_END'
  | 'GRPC_SEND_START'
  | 'GRPC_SEND_END'
  | 'REQUEST_START'
  | 'QUEUE_START'
  | 'COMPUTE_START'
  | 'COMPUTE_INPUT_END'
  | 'COMPUTE_OUTPUT_START'
  | 'COMPUTE_END'
  | 'REQUEST_END'
  | 'INFER_RESPONSE_COMPLETE';

export type TensorActivity =
  | 'TENSOR_QUEUE_INPUT'
  | 'TENSOR_BACKEND_INPUT'
  | 'TENSOR_BACKEND_OUTPUT';

/** The request of a trace as the model that serves it knows it. */
export interface TracedModel {
  readonly modelName: string;
  readonly modelVersion: number;
  /** The client's id of the request; may be empty. */
  readonly requestId: string;
}

/**
 * The trace of one request in one model. It travels with the request; a plugin that sends a request
 * to another model on its behalf passes the trace on in it, and the other model's part becomes a
 * child of this one. No method throws or waits.
 */
export interface RequestTrace {
  /**
   * The W3C `traceparent` for what the model itself asks of others; undefined where the trace mode
   * has no such contexts.
   */
  readonly traceparent: string | undefined;
  /** `atNs` is in nanoseconds of the server's Clock; now when absent. A plugin may add names. */
  record(activity: TraceActivity | (string & {}), atNs?: number): void;
  recordTensors(activity: TensorActivity, tensors: readonly Tensor[]): void;
  /**
   * Called by the server as a model accepts the request. Returns the trace of the request in that
   * model: this one for the first model, a child of it for each further one.
   */
  enter(model: TracedModel): RequestTrace;
  /** Called by the server, once, when the request that entered has ended. */
  leave(): void;
  /** Called by the front end, once, when the answer has been sent or the client has gone. */
  close(): void;
}

/** Header fields or metadata of a request; names are in lower case. */
export interface TraceHeaders {
  header(name: string): string | undefined;
}

/** How requests are traced. */
export interface TraceSettings {
  /** Empty: not at all. */
  readonly levels: readonly TraceLevel[];
  /** Each so many requests, one is traced; 0: only those that come with a trace context. */
  readonly rate: number;
  /** How many more traces there will be; -1 sets no limit. */
  readonly count: number;
  /** Traces a file holds; 0: all go to one file. */
  readonly logFrequency: number;
  /** Empty where there is none. Fixed at start-up. */
  readonly file: string;
  /** `triton` writes files; any other is the name of a trace exporter. Fixed at start-up. */
  readonly mode: string;
  /** What the exporter was told, to be shown; a name may occur more than once. */
  readonly exporterSettings: readonly (readonly [name: string, value: string])[];
}

/** Settings to change: to a value, or with `default` back to what they would be by themselves. */
export interface TraceSettingsChange {
  readonly levels?: TraceSettings['levels'] | 'default';
  readonly rate?: number | 'default';
  readonly count?: number | 'default';
  readonly logFrequency?: number | 'default';
}

/** Which requests are traced, for all models and for each. */
export interface Tracing {
  /** False while no request can be traced; then a front end need not look at the time. */
  readonly active: boolean;
  /**
   * Decides whether a request is traced, and counts it. Called once per request, by its front end,
   * which hands the result on in the request. Undefined, at no cost worth mentioning, for a request
   * that is not traced.
   */
  sample(modelName: string, headers: TraceHeaders): RequestTrace | undefined;
  /** Without a name, the settings of all models that have none of their own. */
  settings(modelName: string | undefined): TraceSettings;
  /** Changes settings and returns the new ones. Throws INVALID_ARG for what cannot be. */
  update(modelName: string | undefined, change: TraceSettingsChange): TraceSettings;
}
