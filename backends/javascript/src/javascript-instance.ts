import {
  InstanceThread,
  type InstanceThreadOptions,
  packTensors,
  unpackTensors,
} from '@nereid/backend-kit';
import {
  type ComputeTimer,
  InferError,
  type ModelInstance,
  type ModelResponse,
  type PendingRequest,
  type PluginContext,
  type Tensor,
  toInferError,
} from '@nereid/core';
import { ChildCalls } from './child-calls.js';
import type { ModelEvent, ModelProtocol, WireAnswer, WireRequest } from './model-protocol.js';

interface InstanceOptions {
  readonly thread: InstanceThreadOptions<ModelProtocol>;
  readonly context: Pick<PluginContext, 'infer' | 'models'>;
}

interface OpenEntry {
  readonly pending: PendingRequest;
  readonly stopListening: () => void;
}

/** The server's side of one instance: sends batches to its thread, and answers back. */
export class JavascriptInstance implements ModelInstance {
  readonly copiesInputs = true;
  readonly #decoupled: boolean;
  readonly #calls: ChildCalls;
  /** Requests that the thread holds. */
  readonly #open = new Map<number, OpenEntry>();
  #thread: InstanceThread<ModelProtocol> | undefined;
  #nextKey = 0;

  private constructor({ thread, context }: InstanceOptions) {
    const { decoupled, args } = thread.init;
    this.#decoupled = decoupled;
    this.#calls = new ChildCalls({
      context,
      modelName: args.modelName,
      parent: (key) => this.#open.get(key)?.pending.request,
      notify: (notice, transfer) => this.#thread?.notify(notice, transfer),
    });
  }

  static async create(options: InstanceOptions): Promise<JavascriptInstance> {
    const instance = new JavascriptInstance(options);
    instance.#thread = await InstanceThread.start<ModelProtocol>({
      ...options.thread,
      onEvent: (event) => instance.#receive(event),
      onDeath: (error) => instance.#finishAll(error),
    });
    return instance;
  }

  get ready(): boolean {
    return this.#thread?.ready ?? false;
  }

  async execute(batch: readonly PendingRequest[], timer: ComputeTimer): Promise<void> {
    const thread = this.#thread;
    if (!thread) throw new InferError('INTERNAL', 'the instance is closed');
    const tensors = batch.flatMap(({ request }) => request.inputs);
    const { buffer, slots } = packTensors(tensors);
    let nextSlot = 0;
    const requests = batch.map((pending) => {
      const start = nextSlot;
      nextSlot += pending.request.inputs.length;
      return toWireRequest(pending, this.#openRequest(pending), slots.slice(start, nextSlot));
    });
    try {
      const response = await thread.call({ requests, buffer }, [buffer]);
      timer.inputEnd(response.inputEndNs);
      timer.outputStart(response.outputStartNs);
      for (const key of response.rescheduled) this.#reschedule(key);
      if (!this.#decoupled) this.#answerAll(requests, response);
    } catch (error) {
      const failure = toInferError(error);
      for (const { key } of requests) this.#finish(key, failure);
      // The batch is answered by now, but a thread that died takes no other before it runs again.
      await thread.recovered();
    }
  }

  async close(): Promise<void> {
    await this.#thread?.close();
    this.#thread = undefined;
    this.#finishAll(
      new InferError('UNAVAILABLE', 'the model was closed before it ended the request'),
    );
  }

  #openRequest(pending: PendingRequest): number {
    const key = this.#nextKey++;
    const stopListening = pending.request.signal.onCancel(() =>
      this.#thread?.notify({ kind: 'cancelled', key }),
    );
    this.#open.set(key, { pending, stopListening });
    return key;
  }

  #answerAll(requests: readonly WireRequest[], response: ModelProtocol['response']): void {
    for (const [index, { key }] of requests.entries()) {
      const answer = response.answers[index];
      if (answer) this.#answer(key, answer, response.buffer);
    }
  }

  #answer(key: number, answer: WireAnswer, buffer: ArrayBuffer): void {
    if (answer.error) {
      this.#finish(key, new InferError(answer.error.code, answer.error.message));
      return;
    }
    void this.#open.get(key)?.pending.respond(toModelResponse(answer, buffer));
    this.#finish(key);
  }

  #reschedule(key: number): void {
    this.#open.get(key)?.pending.reschedule?.();
    // Ends it here only: a request that has been asked for again goes back to its scheduler.
    this.#finish(key);
  }

  #receive(event: ModelEvent): void {
    if (event.kind === 'end') {
      this.#finish(event.key, event.error && new InferError(event.error.code, event.error.message));
      return;
    }
    if (event.kind !== 'response') {
      this.#calls.receive(event);
      return;
    }
    const { key, answer, buffer } = event;
    const pending = this.#open.get(key)?.pending;
    if (!pending || answer.error) return;
    const taken = () => this.#thread?.notify({ kind: 'taken', key });
    const waiting = pending.respond(toModelResponse(answer, buffer));
    if (waiting === undefined) taken();
    else void waiting.then(taken);
  }

  #finish(key: number, error?: InferError): void {
    const entry = this.#open.get(key);
    if (!entry) return;
    this.#open.delete(key);
    entry.stopListening();
    entry.pending.finish(error);
  }

  #finishAll(error: InferError): void {
    this.#calls.cancelAll();
    for (const key of [...this.#open.keys()]) this.#finish(key, error);
  }
}

function toWireRequest(
  { request, batchSize }: PendingRequest,
  key: number,
  slots: WireRequest['slots'],
): WireRequest {
  const { parameters } = request;
  return {
    key,
    id: request.id,
    slots,
    requestedOutputs: request.requestedOutputs.map(({ name }) => name),
    batchSize,
    parameters: parameters.size > 0 ? parameters : undefined,
    sequence: request.sequence,
    priority: request.priority,
    timeoutUs: request.timeoutUs,
    cancelled: request.signal.cancelled,
  };
}

function toModelResponse(
  { slots, parameters }: Extract<WireAnswer, { readonly error: undefined }>,
  buffer: ArrayBuffer,
): ModelResponse {
  const outputs: readonly Tensor[] = unpackTensors({ buffer, slots });
  return parameters ? { outputs, parameters } : { outputs };
}
