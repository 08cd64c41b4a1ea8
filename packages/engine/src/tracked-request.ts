import {
  type BatchTimes,
  type Clock,
  InferError,
  type InferenceRequest,
  type InferenceResponse,
  type Logger,
  type ModelResponse,
  NO_PARAMETERS,
  type Parameters,
  type PendingRequest,
  type ResponseSink,
  type Tensor,
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
  /** Whether statistics count the responses of a decoupled model one by one; true when absent. */
  readonly countsResponses?: boolean;
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

/** Waits for the answer that the response cache lacked. */
export interface CacheMiss {
  /** Called once, when the request has ended, without an answer if it failed. */
  ended(response: ModelResponse | undefined): void;
}

/** What a backend or the response cache answered, as far as the client gets it. */
interface SentAnswer {
  readonly outputs: readonly Tensor[];
  readonly parameters: Parameters | undefined;
  readonly release?: InferenceResponse['release'];
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
  #miss: CacheMiss | undefined;
  /** What was sent, kept where a response cache lacks it. */
  #sent: ModelResponse | undefined;

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

  /** The response cache lacks the answer: `miss` gets it. Called before a scheduler is asked. */
  missed(miss: CacheMiss): void {
    this.#miss = miss;
  }

  /** Sends the answer that the response cache has, and ends the request. No scheduler was asked. */
  answer({ outputs, parameters }: ModelResponse): void {
    this.#offered = false;
    this.#responded = true;
    this.request.trace?.recordTensors('TENSOR_BACKEND_OUTPUT', outputs);
    try {
      void this.#sink.response(this.#response({ outputs, parameters }, true));
    } catch (error) {
      this.#fault = toInferError(error);
    }
    this.finish();
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
      const drained = response.error ? this.#fail(response.error) : this.#send(response);
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
    const answered = failure?.code === 'CANCELLED' && this.request.signal.answered;
    this.#count(answered ? undefined : failure);
    this.#responses?.ended(failure, this.#times);
    const { trace } = this.request;
    if (trace) traceEnd(trace, this.#times, this.#scope.clock.nowNs());
    try {
      this.#sink.end(failure);
    } catch (thrown) {
      this.#scope.logger.error(`the end of a response failed: ${toInferError(thrown).message}`);
    }
    // After the client has its answer, and while the instance still has the memory of the outputs.
    this.#miss?.ended(failure ? undefined : this.#sent);
    this.#scope.inflight.remove();
    if (!failure) this.#release();
  }

  /** A trace and a response cache may go on referring to the inputs. */
  #release(): void {
    if (!(this.#times instanceof BatchTimer) || this.#miss || this.request.trace) return;
    try {
      this.#times.answered(this.#sink);
    } catch (thrown) {
      this.#scope.logger.error(`a receiver failed: ${toInferError(thrown).message}`);
    }
  }

  #send(given: ModelResponse): Promise<void> | undefined {
    const { parameters, final } = given;
    const { decoupled, outputRules } = this.#scope;
    const { trace, requestedOutputs } = this.request;
    trace?.recordTensors('TENSOR_BACKEND_OUTPUT', given.outputs);
    const outputs = clientOutputs(given.outputs, requestedOutputs, outputRules);
    if (this.#miss) this.#sent = { outputs, parameters: parameters ?? NO_PARAMETERS };
    // A trace and a response cache may go on referring to the outputs.
    const release = this.#miss || trace ? undefined : given.release;
    const sent = { outputs, parameters, release };
    return this.#sink.response(this.#response(sent, decoupled ? (final ?? false) : true));
  }

  /** An error that the request survives, if its receiver can tell it from the end. */
  #fail(error: InferError): undefined {
    if (this.#responses && this.#sink.failed) this.#sink.failed(error);
    else this.#fault = error;
  }

  #response({ outputs, parameters, release }: SentAnswer, final: boolean): InferenceResponse {
    return {
      modelName: this.#scope.modelName,
      modelVersion: this.#scope.modelVersion,
      id: this.request.id,
      parameters: parameters ?? NO_PARAMETERS,
      outputs,
      final,
      release,
    };
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
      if (times.unfinishedCount === 0) times.allFinished?.();
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
