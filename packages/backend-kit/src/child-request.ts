import {
  CancelSource,
  type InferError,
  type InferenceRequest,
  type InferenceResponse,
  type PluginContext,
  type ResponseSink,
} from '@nereid/core';

interface ChildRequestOptions {
  readonly infer: PluginContext['infer'];
  /** The model that makes the request. */
  readonly caller: string;
  /** The request that the model executes meanwhile; undefined when it executes none. */
  readonly parent: InferenceRequest | undefined;
  readonly request: Omit<InferenceRequest, 'signal' | 'callers' | 'trace'>;
  readonly sink: ResponseSink;
}

/**
 * A request that a model makes as it executes another: it is cancelled with its parent, belongs to
 * the parent's trace, and carries the chain of models that wait for it.
 */
export class ChildRequest {
  readonly #source = new CancelSource();
  readonly #forgetParent: () => void;
  #ended = false;

  /** Sends the request. The answer may come before this returns. */
  constructor(options: ChildRequestOptions) {
    const { infer, caller, parent, request, sink } = options;
    this.#forgetParent = parent ? parent.signal.onCancel(() => this.#source.cancel()) : () => {};
    const child: InferenceRequest = {
      ...request,
      signal: this.#source,
      trace: parent?.trace,
      callers: [...(parent?.callers ?? []), caller],
    };
    infer(child, this.#watched(sink));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Tells the model that nobody waits for the answer any more; it still ends, with an error. */
  cancel(): void {
    this.#source.cancel();
  }

  #watched(sink: ResponseSink): ResponseSink {
    return {
      response: (response: InferenceResponse) => sink.response(response),
      end: (error?: InferError) => {
        this.#ended = true;
        this.#forgetParent();
        sink.end(error);
      },
    };
  }
}
