import {
  InferError,
  type InferenceRequest,
  type InferenceResponse,
  type PluginContext,
  type ResponseSink,
} from '@nereid/core';
import { ChildRequest } from './child-request.js';

export interface CallModelOptions {
  readonly context: Pick<PluginContext, 'infer' | 'models'>;
  /** The model that makes the request. */
  readonly caller: string;
  /** The requests that the model executes meanwhile, and which need the answer; may be none. */
  readonly parents: readonly InferenceRequest[];
  readonly request: Omit<InferenceRequest, 'signal' | 'callers' | 'trace'>;
  /** Whether the model expects any number of responses, or one. */
  readonly decoupled: boolean;
  readonly sink: ResponseSink;
}

/**
 * Sends a request of a Python model to another model. What fails before that one executes ends with
 * the words of Triton. Returns what cancels the request; undefined when it was refused at once.
 */
export function callModel(options: CallModelOptions): ChildRequest | undefined {
  const { context, caller, parents, request, decoupled } = options;
  const { modelName, modelVersion } = request;
  if (!isReady(context.models, modelName, modelVersion)) {
    const text = `Failed for execute the inference request. Model '${modelName}' is not ready.`;
    options.sink.end(callError(modelName, new InferError('INTERNAL', text)));
    return undefined;
  }
  let child: ChildRequest | undefined;
  const sink = new CheckedSink({
    modelName,
    decoupled,
    sink: options.sink,
    cancel: () => child?.cancel(),
  });
  const infer: PluginContext['infer'] = (child, childSink) => context.infer(child, childSink);
  child = new ChildRequest({ infer, caller, parents, request, sink });
  sink.accepted = true;
  return child;
}

interface CheckedSinkOptions {
  readonly modelName: string;
  readonly decoupled: boolean;
  readonly sink: ResponseSink;
  cancel(): void;
}

class CheckedSink implements ResponseSink {
  /** The request has passed the checks that are made before a model takes it. */
  accepted = false;
  readonly #options: CheckedSinkOptions;
  #responded = false;
  #ended = false;

  constructor(options: CheckedSinkOptions) {
    this.#options = options;
  }

  response(response: InferenceResponse): Promise<void> | undefined {
    if (this.#ended) return undefined;
    this.#responded = true;
    const { modelName, decoupled, sink, cancel } = this.#options;
    if (decoupled || response.final) return sink.response(response);
    this.#end(decoupledError(modelName));
    cancel();
    return undefined;
  }

  failed(error: InferError): void {
    if (this.#ended) return;
    this.#responded = true;
    const { decoupled, sink, cancel } = this.#options;
    if (decoupled && sink.failed) {
      sink.failed(error);
      return;
    }
    this.#end(error);
    cancel();
  }

  end(error?: InferError): void {
    this.#end(this.#failure(error));
  }

  #failure(error: InferError | undefined): InferError | undefined {
    const { modelName, decoupled } = this.#options;
    if (error) return this.accepted ? error : callError(modelName, error);
    return decoupled || this.#responded ? undefined : decoupledError(modelName);
  }

  #end(error: InferError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.sink.end(error);
  }
}

/** Of a model that answers with anything but one response. */
function decoupledError(modelName: string): InferError {
  const text =
    `Model ${modelName} is using the decoupled. The current BLS request call doesn't support ` +
    `models using the decoupled transaction policy. Please use 'decoupled=True' argument to ` +
    `the 'exec' or 'async_exec' calls for decoupled models.'`;
  return callError(modelName, new InferError('INTERNAL', text));
}

function isReady(
  models: PluginContext['models'],
  modelName: string,
  version: number | undefined,
): boolean {
  try {
    return models.isModelReady(modelName, version);
  } catch {
    return false;
  }
}

/** What Triton makes of an error that comes of no execution. */
function callError(modelName: string, error: InferError): InferError {
  const message = `Model ${modelName} - Error when running inference: ${error.message}`;
  return new InferError(error.code, message, { cause: error });
}
