import { ChildRequest } from '@nereid/backend-kit';
import {
  InferError,
  type InferenceResponse,
  type PluginContext,
  type ResponseSink,
} from '@nereid/core';
import type { ModelAsk } from './decode-ask.js';
import { writeAnswerEnd } from './encode-answer.js';
import type { BatchSource } from './running-batch.js';
import type { StubLife } from './stub-life.js';

export interface ModelInferenceOptions {
  readonly life: StubLife;
  readonly batches: BatchSource;
  /** The model that calls others. */
  readonly modelName: string;
  readonly context: Pick<PluginContext, 'infer' | 'models'>;
}

/** Calls that a model may have open at the same time. */
const MAX_OPEN_CALLS = 65_536;

/** The requests that a model makes of others, from their beginning to their end (BLS). */
export class ModelInference {
  readonly #options: ModelInferenceOptions;
  readonly #open = new Map<number, ChildRequest | undefined>();
  #closed = false;

  constructor(options: ModelInferenceOptions) {
    this.#options = options;
  }

  start(ask: ModelAsk): void {
    const { context, modelName, batches } = this.#options;
    this.#open.set(ask.id, undefined);
    const refusal = this.#refusal(ask);
    if (refusal) {
      this.#end(ask, refusal);
      return;
    }
    const call = new OpenCall(ask, {
      respond: (response) => this.#respond(ask, response),
      end: (error) => this.#end(ask, error),
      cancel: () => this.cancel(ask.id),
    });
    const parents = batches.requestsOf(ask.batchId).map(({ request }) => request);
    const child = new ChildRequest({
      infer: (request, sink) => context.infer(request, sink),
      caller: modelName,
      parents,
      request: ask.request,
      sink: call,
    });
    call.accepted = true;
    if (this.#open.has(ask.id)) this.#open.set(ask.id, child);
  }

  cancel(id: number): void {
    this.#open.get(id)?.cancel();
  }

  /** The model is gone: nobody waits for the answers. */
  close(): void {
    this.#closed = true;
    for (const child of this.#open.values()) child?.cancel();
    this.#open.clear();
  }

  #refusal({ request }: ModelAsk): InferError | undefined {
    const { modelName, modelVersion } = request;
    if (this.#open.size > MAX_OPEN_CALLS) {
      return new InferError('UNAVAILABLE', `${MAX_OPEN_CALLS} calls of the model are open already`);
    }
    if (this.#isReady(modelName, modelVersion)) return undefined;
    return callError(
      modelName,
      new InferError(
        'INTERNAL',
        `Failed for execute the inference request. Model '${modelName}' is not ready.`,
      ),
    );
  }

  #isReady(modelName: string, version: number | undefined): boolean {
    try {
      return this.#options.context.models.isModelReady(modelName, version);
    } catch {
      return false;
    }
  }

  #respond({ id }: ModelAsk, response: InferenceResponse): Promise<void> | undefined {
    return this.#closed ? undefined : this.#options.life.answer(id, response);
  }

  #end({ id }: ModelAsk, error: InferError | undefined): void {
    if (!this.#open.delete(id) || this.#closed) return;
    this.#options.life.afterAnswers(() => {
      const { connection } = this.#options.life;
      writeAnswerEnd(connection.writer, id, error);
      connection.scheduleFlush();
    });
  }
}

interface CallReceiver {
  respond(response: InferenceResponse): Promise<void> | undefined;
  end(error: InferError | undefined): void;
  cancel(): void;
}

/** Takes the answers to one request. */
class OpenCall implements ResponseSink {
  /** The request has passed the checks that are made before a model takes it. */
  accepted = false;
  readonly #ask: ModelAsk;
  readonly #receiver: CallReceiver;
  #responded = false;
  #ended = false;

  constructor(ask: ModelAsk, receiver: CallReceiver) {
    this.#ask = ask;
    this.#receiver = receiver;
  }

  response(response: InferenceResponse): Promise<void> | undefined {
    if (this.#ended) return undefined;
    this.#responded = true;
    if (this.#ask.decoupled || response.final) return this.#receiver.respond(response);
    this.end(decoupledError(this.#ask.request.modelName));
    this.#receiver.cancel();
    return undefined;
  }

  end(error?: InferError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#receiver.end(this.#failure(error));
  }

  #failure(error: InferError | undefined): InferError | undefined {
    const { decoupled, request } = this.#ask;
    if (error) return this.accepted ? error : callError(request.modelName, error);
    return decoupled || this.#responded ? undefined : decoupledError(request.modelName);
  }
}

/** Of a model that has answered with anything but one response. */
function decoupledError(modelName: string): InferError {
  const text =
    `Model ${modelName} is using the decoupled. The current BLS request call doesn't support ` +
    `models using the decoupled transaction policy. Please use 'decoupled=True' argument to the ` +
    `'exec' or 'async_exec' calls for decoupled models.'`;
  return callError(modelName, new InferError('INTERNAL', text));
}

/** What Triton makes of an error that comes of no execution. */
function callError(modelName: string, error: InferError): InferError {
  const message = `Model ${modelName} - Error when running inference: ${error.message}`;
  return new InferError(error.code, message, { cause: error });
}
