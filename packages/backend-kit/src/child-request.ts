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
  /** The requests that the model executes meanwhile, and which need the answer; may be none. */
  readonly parents: readonly InferenceRequest[];
  readonly request: Omit<InferenceRequest, 'signal' | 'callers' | 'trace'>;
  readonly sink: ResponseSink;
}

/**
 * A request that a model makes as it executes others: it is cancelled when all of them are, belongs
 * to the trace of the first that has one, and carries the chain of models that wait for it.
 */
export class ChildRequest {
  readonly #source = new CancelSource();
  readonly #forgetParents: () => void;
  #ended = false;

  /** Sends the request. The answer may come before this returns. */
  constructor(options: ChildRequestOptions) {
    const { infer, caller, parents, request, sink } = options;
    this.#forgetParents = onceAllCancelled(parents, () => this.#source.cancel());
    const child: InferenceRequest = {
      ...request,
      signal: this.#source,
      trace: parents.find(({ trace }) => trace)?.trace,
      callers: [...new Set(parents.flatMap((parent) => parent.callers ?? [])), caller],
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
      ...(sink.failed && { failed: (error: InferError) => sink.failed?.(error) }),
      end: (error?: InferError) => {
        this.#ended = true;
        this.#forgetParents();
        sink.end(error);
      },
    };
  }
}

/** Calls `action` when every request is cancelled. Returns what takes that back. */
function onceAllCancelled(requests: readonly InferenceRequest[], action: () => void): () => void {
  let waitingFor = requests.length;
  const takeBack = requests.map(({ signal }) =>
    signal.onCancel(() => {
      waitingFor -= 1;
      if (waitingFor === 0) action();
    }),
  );
  return () => {
    for (const forget of takeBack) forget();
  };
}
