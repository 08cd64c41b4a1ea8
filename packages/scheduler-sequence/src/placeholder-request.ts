import type { InferenceRequest, PendingRequest } from '@nereid/core';

/** Takes the place of a slot without a request in a batch. Nobody reads its answer. */
export class PlaceholderRequest implements PendingRequest {
  readonly request: InferenceRequest;
  readonly batchSize = 1;
  readonly acceptedNs: number;
  readonly placeholder = true;

  constructor(request: InferenceRequest, acceptedNs: number) {
    this.request = request;
    this.acceptedNs = acceptedNs;
  }

  started(): void {}

  respond(): undefined {
    return undefined;
  }

  finish(): void {}
}
