import {
  InstanceThread,
  type InstanceThreadOptions,
  packTensors,
  parametersJson,
  reschedule,
} from '@nereid/backend-kit';
import {
  type ComputeTimer,
  InferError,
  type ModelInstance,
  type ModelResponse,
  type PendingRequest,
  toInferError,
} from '@nereid/core';
import { sizeOf, tensorsAt, toParameters } from './message-tensors.js';
import { ModelCalls, type ModelCallsOptions } from './model-calls.js';
import type {
  AnswerText,
  ModelProtocol,
  NoticeText,
  RequestText,
  SentText,
} from './model-protocol.js';

export interface PyodideInstanceOptions extends Omit<ModelCallsOptions, 'parent'> {
  readonly thread: InstanceThreadOptions<ModelProtocol>;
  /** 0 sets no limit. */
  readonly executionTimeoutSeconds: number;
  /** An error among the responses of such a model does not end the request. */
  readonly decoupled: boolean;
}

interface OpenRequest {
  readonly key: number;
  readonly pending: PendingRequest;
  readonly stopListening: () => void;
}

type ResponseText = Extract<AnswerText, { readonly kind: 'response' }>;

const NO_BUFFER = new ArrayBuffer(0);
const START_FLAG = 1;
const END_FLAG = 2;

/** The server's side of one instance: sends batches to its thread, and answers back. */
export class PyodideInstance implements ModelInstance {
  /** A model may answer after it has returned. */
  readonly answersLate = true;
  readonly copiesInputs = true;
  readonly #options: PyodideInstanceOptions;
  readonly #calls: ModelCalls;
  /** Requests that the thread holds. */
  readonly #open = new Map<number, OpenRequest>();
  #thread: InstanceThread<ModelProtocol> | undefined;
  #nextKey = 1;

  private constructor(options: PyodideInstanceOptions) {
    this.#options = options;
    const parent = (key: number) => this.#open.get(key)?.pending.request;
    this.#calls = new ModelCalls({ ...options, parent });
  }

  static async create(options: PyodideInstanceOptions): Promise<PyodideInstance> {
    const instance = new PyodideInstance(options);
    try {
      instance.#thread = await InstanceThread.start<ModelProtocol>({
        ...options.thread,
        onEvent: (event, reply) => {
          if (event.kind === 'response') instance.#respond(event);
          else instance.#calls.receive(event, reply);
        },
        onDeath: (error) => instance.#failAll(error),
      });
      return instance;
    } catch (error) {
      // Such as metrics that it made before it failed.
      instance.#calls.reset();
      throw error;
    }
  }

  get ready(): boolean {
    return this.#thread?.ready ?? false;
  }

  async execute(batch: readonly PendingRequest[], timer: ComputeTimer): Promise<void> {
    const thread = this.#thread;
    if (!thread) throw new InferError('UNAVAILABLE', 'the instance is closed');
    const requests = batch.map((pending) => this.#openRequest(pending));
    const message = toMessage(requests);
    if (!thread.ready) await thread.recovered();
    const stopWatching = this.#watch(thread);
    try {
      const response = await thread.call(message, [message.buffer]);
      stopWatching();
      timer.inputEnd(response.inputEndNs);
      timer.outputStart(response.outputStartNs);
      this.#answerAll(requests, response);
    } catch (error) {
      stopWatching();
      const failure = toInferError(error);
      for (const open of requests) this.#finish(open, failure);
    }
    // The batch is answered by now, but a thread that died takes no other before it runs again.
    await thread.recovered();
  }

  async close(): Promise<void> {
    await this.#thread?.close();
    this.#thread = undefined;
    const text = 'the model was closed before it ended the request';
    this.#failAll(new InferError('UNAVAILABLE', text));
  }

  /** Ends the thread when it executes for too long. Returns what ends the watch. */
  #watch(thread: InstanceThread<ModelProtocol>): () => void {
    const { executionTimeoutSeconds: seconds, thread: options } = this.#options;
    if (seconds === 0) return () => {};
    return options.clock.schedule(seconds * 1e6, () =>
      thread.abort(`was ended, as its model executed for more than ${seconds} seconds`),
    );
  }

  #openRequest(pending: PendingRequest): OpenRequest {
    const key = this.#nextKey++;
    const stopListening = pending.request.signal.onCancel(() =>
      this.#notify({ kind: 'cancelled', key }),
    );
    const open = { key, pending, stopListening };
    this.#open.set(key, open);
    return open;
  }

  #answerAll(requests: readonly OpenRequest[], { text, buffer }: ModelProtocol['response']): void {
    const answers: readonly AnswerText[] = JSON.parse(text);
    let offset = 0;
    let outOfMemory = false;
    for (const [index, open] of requests.entries()) {
      const answer = answers[index];
      if (!answer) continue;
      if (answer.kind === 'response') {
        void open.pending.respond(toModelResponse(answer, buffer, offset));
        offset += sizeOf(answer.outputs);
      }
      if (answer.kind === 'error') outOfMemory ||= answer.outOfMemory ?? false;
      if (answer.kind !== 'none') this.#finish(open, failureOf(answer, open.pending));
    }
    // Memory of WebAssembly is never given back, so that the next request would fail, too.
    if (outOfMemory) this.#thread?.abort('was ended, as its model ran out of memory');
  }

  /** Takes a response that the model has sent by itself. */
  #respond({ text, buffer }: ModelProtocol['event']): void {
    const { key, answer, final }: SentText = JSON.parse(text);
    const open = this.#open.get(key);
    if (!open) return;
    const response = this.#responseOf(answer, final, buffer);
    if (response) {
      const waiting = open.pending.respond(response);
      const taken: NoticeText = { kind: 'taken', key, sizeBytes: buffer.byteLength };
      if (waiting !== undefined) void waiting.then(() => this.#notify(taken));
      else if (!final) this.#notify(taken);
    }
    const failure = answer && !response ? failureOf(answer, open.pending) : undefined;
    if (final || failure) this.#finish(open, failure);
  }

  /** Undefined for what ends the request. */
  #responseOf(
    answer: SentText['answer'],
    final: boolean,
    buffer: ArrayBuffer,
  ): ModelResponse | undefined {
    if (answer?.kind === 'response') return toModelResponse(answer, buffer);
    if (answer?.kind !== 'error' || final || !this.#options.decoupled) return undefined;
    return { outputs: [], error: new InferError(answer.code, answer.message) };
  }

  #notify(notice: NoticeText): void {
    this.#thread?.notify({ text: JSON.stringify(notice), buffer: NO_BUFFER });
  }

  #finish({ key, pending, stopListening }: OpenRequest, error?: InferError): void {
    if (!this.#open.delete(key)) return;
    stopListening();
    pending.finish(error);
  }

  #failAll(error: InferError): void {
    this.#calls.reset();
    for (const open of [...this.#open.values()]) this.#finish(open, error);
  }
}

function toMessage(requests: readonly OpenRequest[]): ModelProtocol['request'] {
  const { buffer, slots } = packTensors(requests.flatMap(({ pending }) => pending.request.inputs));
  let nextSlot = 0;
  const texts = requests.map(({ key, pending: { request } }): RequestText => {
    const start = nextSlot;
    nextSlot += request.inputs.length;
    const { correlationId = 0n, start: isStart, end } = request.sequence ?? {};
    return {
      key,
      id: request.id,
      slots: slots.slice(start, nextSlot),
      requestedOutputs: request.requestedOutputs.map(({ name }) => name),
      correlation: String(correlationId),
      correlationIsText: typeof correlationId === 'string',
      flags: (isStart ? START_FLAG : 0) | (end ? END_FLAG : 0),
      timeoutUs: request.timeoutUs,
      parameters: parametersJson(request.parameters),
      cancelled: request.signal.cancelled,
    };
  });
  return { text: JSON.stringify(texts), buffer };
}

function toModelResponse(
  { outputs, parameters }: ResponseText,
  buffer: ArrayBuffer,
  start = 0,
): ModelResponse {
  const tensors = tensorsAt(outputs, buffer, start);
  if (parameters.length === 0) return { outputs: tensors };
  return { outputs: tensors, parameters: toParameters(parameters) };
}

/** Why a request fails, if it does; one that is asked for again has not. */
function failureOf(answer: AnswerText, pending: PendingRequest): InferError | undefined {
  if (answer.kind === 'error') return new InferError(answer.code, answer.message);
  if (answer.kind !== 'rescheduled') return undefined;
  return reschedule(pending);
}
