import {
  type BatchTimes,
  type CancelSignal,
  type InferError,
  type InferenceRequest,
  type ModelResponse,
  NEVER_CANCELLED,
  NO_PARAMETERS,
  type Parameters,
  type PendingRequest,
  type RequestedOutput,
  type SequencePosition,
  type Tensor,
} from '@nereid/core';

export interface FakeRequestOptions {
  readonly modelName?: string;
  readonly id?: string;
  readonly inputs?: readonly Tensor[];
  readonly rawInput?: Uint8Array;
  readonly requestedOutputs?: readonly RequestedOutput[];
  readonly sequence?: SequencePosition;
  readonly priority?: number;
  readonly timeoutUs?: number;
  readonly parameters?: Parameters;
  readonly signal?: CancelSignal;
  /** 1 unless given; never read from the inputs. */
  readonly batchSize?: number;
  readonly acceptedNs?: number;
}

/** An inference request in which everything that is not given has its neutral value. */
export function fakeInferenceRequest(options: FakeRequestOptions = {}): InferenceRequest {
  return {
    modelName: options.modelName ?? 'model',
    modelVersion: undefined,
    id: options.id ?? '',
    inputs: options.inputs ?? [],
    rawInput: options.rawInput,
    requestedOutputs: options.requestedOutputs ?? [],
    sequence: options.sequence,
    priority: options.priority ?? 0,
    timeoutUs: options.timeoutUs ?? 0,
    parameters: options.parameters ?? NO_PARAMETERS,
    signal: options.signal ?? NEVER_CANCELLED,
  };
}

/**
 * A PendingRequest that remembers what was done to it, and throws when its protocol is violated.
 */
export class FakePendingRequest implements PendingRequest {
  readonly request: InferenceRequest;
  readonly batchSize: number;
  readonly acceptedNs: number;
  readonly responses: ModelResponse[] = [];
  /** What `started` was called with. */
  times: BatchTimes | undefined;
  finished = false;
  /** What `finish` was called with. */
  error: InferError | undefined;

  constructor(options: FakeRequestOptions = {}) {
    this.request = fakeInferenceRequest(options);
    this.batchSize = options.batchSize ?? 1;
    this.acceptedNs = options.acceptedNs ?? 0;
  }

  started(times: BatchTimes): void {
    if (this.times) throw new Error(`request '${this.request.id}' started twice`);
    if (this.finished) throw new Error(`request '${this.request.id}' started after its end`);
    this.times = times;
  }

  respond(response: ModelResponse): Promise<void> | undefined {
    if (this.finished) throw new Error(`request '${this.request.id}' responded after its end`);
    this.responses.push(response);
    return undefined;
  }

  finish(error?: InferError): void {
    if (this.finished) throw new Error(`request '${this.request.id}' finished twice`);
    this.finished = true;
    this.error = error;
  }
}
