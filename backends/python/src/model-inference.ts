import { type ChildRequest, callModel } from '@nereid/backend-kit';
import { InferError, type InferenceResponse, type PluginContext } from '@nereid/core';
import type { ModelAsk } from './decode-ask.js';
import { writeAnswerEnd, writeErrorAnswer } from './encode-answer.js';
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
    if (this.#open.size > MAX_OPEN_CALLS) {
      const text = `${MAX_OPEN_CALLS} calls of the model are open already`;
      this.#end(ask, new InferError('UNAVAILABLE', text));
      return;
    }
    const child = callModel({
      context,
      caller: modelName,
      parents: batches.requestsOf(ask.batchId).map(({ request }) => request),
      request: ask.request,
      decoupled: ask.decoupled,
      sink: {
        response: (response) => this.#respond(ask, response),
        failed: (error) => this.#fail(ask, error),
        end: (error) => this.#end(ask, error),
      },
    });
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

  #respond({ id }: ModelAsk, response: InferenceResponse): Promise<void> | undefined {
    // It tells the model of the end, which therefore comes without a frame of its own.
    if (response.final) this.#open.delete(id);
    return this.#closed ? undefined : this.#options.life.answer(id, response);
  }

  #fail({ id }: ModelAsk, error: InferError): void {
    if (this.#closed) return;
    this.#options.life.afterAnswers(() => {
      const { connection } = this.#options.life;
      writeErrorAnswer(connection.writer, { id, error, extra: 0 });
      connection.scheduleFlush();
    });
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
