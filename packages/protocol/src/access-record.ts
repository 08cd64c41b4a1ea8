import type {
  AccessEntry,
  AccessLog,
  Clock,
  ComputeDurations,
  InferError,
  InferenceRequest,
  ResponseSink,
} from '@nereid/core';

/** What is known of a request as it arrives. */
export type AccessedCall = Pick<AccessEntry, 'protocol' | 'client' | 'method' | 'path'>;

/**
 * Collects what the access log shows of one request. It is written once the client has its answer
 * and the model is done with it, whichever comes last.
 */
export class AccessRecord {
  readonly #log: AccessLog;
  readonly #clock: Clock;
  readonly #call: AccessedCall;
  readonly #startNs: number;
  #sentBytes = 0;
  #request: Pick<InferenceRequest, 'modelName' | 'modelVersion' | 'id'> | undefined;
  #servedVersion: number | undefined;
  #queueNs: number | undefined;
  #compute: ComputeDurations | undefined;
  #running = false;
  #status: number | undefined;

  constructor(log: AccessLog, clock: Clock, call: AccessedCall) {
    this.#log = log;
    this.#clock = clock;
    this.#call = call;
    this.#startNs = clock.nowNs();
  }

  /** The record of another request of the same call, such as one of a stream. */
  next(): AccessRecord {
    return new AccessRecord(this.#log, this.#clock, this.#call);
  }

  /** Counts bytes that go to the client. */
  sent(sizeBytes: number): void {
    this.#sentBytes += sizeBytes;
  }

  /** Tells which request it is, as soon as that is known. */
  describe(request: Pick<InferenceRequest, 'modelName' | 'modelVersion' | 'id'>): void {
    this.#request = request;
  }

  /** The sink to hand to the server in place of `sink`. */
  watch(request: InferenceRequest, sink: ResponseSink): ResponseSink {
    this.describe(request);
    this.#running = true;
    return {
      response: (response) => {
        this.#servedVersion = response.modelVersion;
        return sink.response(response);
      },
      ...(sink.failed && { failed: (error: InferError) => sink.failed?.(error) }),
      executed: (durations, queueNs) => {
        this.#compute = durations;
        this.#queueNs = queueNs;
        sink.executed?.(durations, queueNs);
      },
      end: (error) => {
        sink.end(error);
        this.#running = false;
        this.#writeIfDone();
      },
      released: () => sink.released?.(),
    };
  }

  /** The answer is complete, or the client gone; only the first call counts. */
  answered(status: number): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    this.#writeIfDone();
  }

  #writeIfDone(): void {
    if (this.#running || this.#status === undefined) return;
    this.#log.write({
      ...this.#call,
      status: this.#status,
      sentBytes: this.#sentBytes,
      durationNs: this.#clock.nowNs() - this.#startNs,
      modelName: this.#request?.modelName ?? '',
      modelVersion: this.#servedVersion ?? this.#request?.modelVersion,
      requestId: this.#request?.id ?? '',
      queueNs: this.#queueNs,
      compute: this.#compute,
    });
  }
}
