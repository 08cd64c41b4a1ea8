import {
  type BatchTimes,
  type Clock,
  InferError,
  type InferenceRequest,
  type Logger,
  type ModelResponse,
  NO_PARAMETERS,
  type PendingRequest,
  type ResponseSink,
  toInferError,
} from '@nereid/core';
import {
  computeDurations,
  type RequestOutcome,
  type StatisticsRecorder,
} from '@nereid/observability';
import { BatchTimer } from './batch-timer.js';
import type { InflightCounter } from './inflight-counter.js';
import { batchSizeOf } from './normalize-request.js';
import type { RequestRules } from './request-rules.js';
import { clientOutputs, type OutputRules } from './response-outputs.js';
import { ResponseRecord } from './response-record.js';
import { traceEnd, traceQueueStart } from './trace-request.js';

/** What all requests to one model version share. */
export interface RequestScope {
  readonly modelName: string;
  readonly modelVersion: number;
  readonly decoupled: boolean;
  readonly rules: RequestRules;
  readonly outputRules: OutputRules;
  readonly recorder: Pick<
    StatisticsRecorder,
    'accepted' | 'left' | 'ended' | 'executed' | 'firstResponse' | 'responded'
  >;
  readonly inflight: InflightCounter;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A request on its way through scheduler and instance: holds both to the protocol of a
 * PendingRequest, makes of what a backend answers what the client asked for, and counts. One object
 * per request. It never throws at its caller, whatever a backend does.
 */
export class TrackedRequest implements PendingRequest {
  readonly request: InferenceRequest;
  readonly batchSize: number;
  readonly acceptedNs: number;
  readonly #scope: RequestScope;
  readonly #sink: ResponseSink;
  /** Undefined unless the model is decoupled. */
  readonly #responses: ResponseRecord | undefined;
  #times: BatchTimes | undefined;
  #responded = false;
  #finished = false;
  /** The scheduler is being asked to take the request, and may still refuse it. */
  #offered = true;
  /** Why the request has failed although its holder does not know it. */
  #fault: InferError | undefined;

  /** `request` is normalized. */
  constructor(scope: RequestScope, request: InferenceRequest, sink: ResponseSink) {
    this.request = request;
    this.batchSize = batchSizeOf(request, scope.rules);
    this.acceptedNs = scope.clock.nowNs();
    this.#scope = scope;
    this.#sink = sink;
    if (scope.decoupled) this.#responses = new ResponseRecord(scope, this.acceptedNs);
    scope.inflight.add();
    scope.recorder.accepted();
    if (request.trace) traceQueueStart(request, this.acceptedNs);
  }

  /** The scheduler has taken the request; from now on its end counts in the statistics. */
  taken(): void {
    this.#offered = false;
  }

  started(times: BatchTimes): void {
    if (this.#times || this.#finished) {
      this.#ignore('a start');
      return;
    }
    this.#times = times;
    if (times instanceof BatchTimer) times.unfinishedCount += 1;
    this.#scope.recorder.left();
  }

  respond(response: ModelResponse): Promise<void> | undefined {
    if (this.#finished || (this.#responded && !this.#scope.decoupled)) {
      this.#ignore('a response');
      return undefined;
    }
    if (this.#fault) return undefined;
    this.#responded = true;
    const outputStartNs = this.#responses ? this.#scope.clock.nowNs() : 0;
    try {
      const drained = this.#send(response);
      this.#responses?.responded(response, this.#times, outputStartNs);
      return drained;
    } catch (error) {
      this.#fault = toInferError(error);
      return undefined;
    }
  }

  finish(error?: InferError): void {
    if (this.#finished) {
      this.#ignore('an end');
      return;
    }
    this.#finished = true;
    const failure = error ?? this.#fault ?? this.#missingResponse();
    this.#count(failure);
    this.#responses?.ended(failure, this.#times);
    const { trace } = this.request;
    if (trace) traceEnd(trace, this.#times, this.#scope.clock.nowNs());
    try {
      this.#sink.end(failure);
    } catch (thrown) {
      this.#scope.logger.error(`the end of a response failed: ${toInferError(thrown).message}`);
    }
    this.#scope.inflight.remove();
  }

  #send(response: ModelResponse): Promise<void> | undefined {
    const { modelName, modelVersion, decoupled, outputRules } = this.#scope;
    this.request.trace?.recordTensors('TENSOR_BACKEND_OUTPUT', response.outputs);
    return this.#sink.response({
      modelName,
      modelVersion,
      id: this.request.id,
      parameters: response.parameters ?? NO_PARAMETERS,
      outputs: clientOutputs(response.outputs, this.request.requestedOutputs, outputRules),
      final: decoupled ? (response.final ?? false) : true,
    });
  }

  #missingResponse(): InferError | undefined {
    if (this.#responded || this.#scope.decoupled) return undefined;
    return new InferError(
      'INTERNAL',
      `model '${this.#scope.modelName}' finished the request without a response`,
    );
  }

  #count(failure: InferError | undefined): void {
    const { recorder } = this.#scope;
    const times = this.#times;
    if (!times) recorder.left();
    if (times instanceof BatchTimer) {
      times.unfinishedCount -= 1;
      if (failure) times.failedSize += this.batchSize;
    } else if (times && !failure) {
      // Started by a scheduler without instances: no batch counts the execution.
      recorder.executed(this.batchSize, times);
    }
    if (times && !failure && this.#sink.executed) this.#tellDurations(times);
    // A request that its scheduler refuses at once was never accepted: Triton counts it nowhere.
    const refused = this.#offered && !times && failure && failure.code !== 'CANCELLED';
    if (!refused) recorder.ended(this.#outcome(failure), this.acceptedNs, times);
  }

  #tellDurations(times: BatchTimes): void {
    try {
      const durations = computeDurations(times, this.#scope.clock.nowNs());
      this.#sink.executed?.(durations, times.startNs - this.acceptedNs);
    } catch (thrown) {
      this.#scope.logger.error(`a receiver failed: ${toInferError(thrown).message}`);
    }
  }

  #outcome(failure: InferError | undefined): RequestOutcome {
    if (!failure) return 'SUCCESS';
    if (failure.code === 'CANCELLED') return 'CANCELED';
    if (this.#times) return this.#times instanceof BatchTimer ? 'BACKEND' : 'OTHER';
    return failure.code === 'UNAVAILABLE' ? 'REJECTED' : 'OTHER';
  }

  #ignore(what: string): void {
    const { logger, modelName } = this.#scope;
    logger.verbose(1, `model '${modelName}': ignored ${what} that came too late for its request`);
  }
}
