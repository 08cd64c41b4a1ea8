import {
  type InferError,
  type InferenceResponse,
  type ResponseSink,
  toInferError,
} from '@nereid/core';
import type { SharedMemoryUse } from './shared-memory-use.js';

/**
 * Moves outputs to shared memory on their way to a front end's sink, in the order of the responses,
 * and ends the request's claims. A response that does not fit ends the request for its client.
 */
export class SharedMemorySink implements ResponseSink {
  readonly #sink: ResponseSink;
  readonly #memory: SharedMemoryUse;
  /** The last response that was not passed on at once; what follows waits for it. */
  #passing: Promise<void> | undefined;
  #failure: InferError | undefined;

  readonly failed?: (error: InferError) => void;

  constructor(sink: ResponseSink, memory: SharedMemoryUse) {
    this.#sink = sink;
    this.#memory = memory;
    if (!sink.failed) return;
    this.failed = (error) => {
      if (this.#passing === undefined) this.#passError(error);
      else this.#passing = this.#passing.then(() => this.#passError(error));
    };
  }

  response(response: InferenceResponse): Promise<void> | undefined {
    const passing =
      this.#passing === undefined
        ? this.#pass(response)
        : this.#passing.then(() => this.#pass(response));
    if (passing !== undefined) this.#passing = passing;
    return passing;
  }

  executed(...times: Parameters<NonNullable<ResponseSink['executed']>>): void {
    this.#sink.executed?.(...times);
  }

  end(error?: InferError): void {
    if (this.#passing === undefined) this.#end(error);
    else void this.#passing.then(() => this.#end(error));
  }

  released(): void {
    this.#memory.discardInputs();
    this.#sink.released?.();
  }

  #pass(response: InferenceResponse): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined;
    try {
      const stored = this.#memory.store(response);
      if (!(stored instanceof Promise)) return this.#forward(stored);
      return stored.then(
        (settled) => this.#forward(settled),
        (failure: unknown) => this.#fail(failure),
      );
    } catch (failure) {
      this.#fail(failure);
      return undefined;
    }
  }

  #forward(response: InferenceResponse): Promise<void> | undefined {
    // Before the client knows of its last response, so that it finds the region unused after it.
    if (response.final) this.#memory.release();
    return this.#sink.response(response);
  }

  #passError(error: InferError): void {
    if (this.#failure === undefined) this.#sink.failed?.(error);
  }

  #fail(failure: unknown): void {
    this.#failure ??= toInferError(failure);
  }

  #end(error: InferError | undefined): void {
    this.#memory.release();
    this.#sink.end(error ?? this.#failure);
  }
}
