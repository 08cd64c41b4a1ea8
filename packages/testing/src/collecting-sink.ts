import type { InferError, InferenceResponse, ResponseSink } from '@nereid/core';

/** A ResponseSink that keeps what it receives and refuses what the contract forbids. */
export class CollectingSink implements ResponseSink {
  readonly responses: InferenceResponse[] = [];
  /** Resolves at the end, with the error if there is one. */
  readonly ended: Promise<InferError | undefined>;
  /** Answers each response; set it to play a receiver that has to be waited for. */
  whenResponse: () => Promise<void> | undefined = () => undefined;
  #resolveEnded: (error: InferError | undefined) => void = () => {};
  #hasEnded = false;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  response(response: InferenceResponse): Promise<void> | undefined {
    if (this.#hasEnded) throw new Error('a response after the end');
    this.responses.push(response);
    return this.whenResponse();
  }

  end(error?: InferError): void {
    if (this.#hasEnded) throw new Error('ended twice');
    this.#hasEnded = true;
    this.#resolveEnded(error);
  }
}
