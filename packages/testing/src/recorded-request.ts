import type { InferError, ModelResponse } from '@nereid/core';
import { FakePendingRequest, type FakeRequestOptions } from './fake-pending-request.js';

export interface RecordedRequestOptions extends FakeRequestOptions {
  /** Answers each response; a promise plays a receiver that has to be waited for. */
  readonly whenResponse?: () => Promise<void>;
}

/**
 * A FakePendingRequest that can be waited for, and tells its violations to those who missed the
 * throw.
 */
export class RecordedRequest extends FakePendingRequest {
  readonly violations: string[] = [];
  /** Resolves when the request is finished, with the error if there is one. */
  readonly ended: Promise<InferError | undefined>;
  readonly #whenResponse: (() => Promise<void>) | undefined;
  #resolveEnded: (error: InferError | undefined) => void = () => {};

  constructor(options: RecordedRequestOptions = {}) {
    super(options);
    this.#whenResponse = options.whenResponse;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  override respond(response: ModelResponse): Promise<void> | undefined {
    this.#noteViolation(() => super.respond(response));
    return this.#whenResponse?.();
  }

  override finish(error?: InferError): void {
    this.#noteViolation(() => super.finish(error));
    this.#resolveEnded(error);
  }

  #noteViolation(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.violations.push(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }
}
