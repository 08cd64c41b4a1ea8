/** The thread of one model instance: loads the model's file and calls its functions. */

import { type EmitEvent, serveInstanceThread, type ThreadReply } from '@nereid/backend-kit';
import { InferError, systemClock } from '@nereid/core';
import { importModel } from './import-model.js';
import { checkAnswer, packAnswers, toWireError } from './model-answer.js';
import type { ModelModule, ModelRequest } from './model-api.js';
import { ModelCalls } from './model-calls.js';
import type { ModelInit, ModelNotice, ModelProtocol } from './model-protocol.js';
import { OpenRequest } from './open-request.js';
import { parseCompletion } from './parse-completion.js';

type Response = ModelProtocol['response'];

serveInstanceThread<ModelProtocol>(async (init, emit) => {
  const model = await importModel(init.file);
  if (init.purpose === 'complete') {
    const completion = await model.autoCompleteConfig?.(init.args.config);
    return {
      started: { completion: completion && parseCompletion(completion) },
      execute: () => Promise.reject(new InferError('INTERNAL', 'this thread executes nothing')),
    };
  }
  await model.initialize?.(init.args);
  const service = new ModelService(model, init, emit);
  return {
    started: { completion: undefined },
    execute: (request) => service.execute(request),
    notice: (notice) => service.notice(notice),
    close: () => model.finalize?.(),
  };
});

const NO_KEYS: readonly number[] = [];

/** In the place of a request that is to be executed again. */
const NO_ANSWER = { error: undefined, tensors: [], parameters: undefined } as const;

class ModelService {
  readonly #model: ModelModule;
  readonly #init: ModelInit;
  readonly #emit: EmitEvent<ModelProtocol>;
  readonly #open = new Map<number, OpenRequest>();
  readonly #calls: ModelCalls;
  /** The keys of the batch that is being executed. */
  #executing: readonly number[] = NO_KEYS;

  constructor(model: ModelModule, init: ModelInit, emit: EmitEvent<ModelProtocol>) {
    this.#model = model;
    this.#init = init;
    this.#emit = emit;
    this.#calls = new ModelCalls({ emit, keysOf: (requests) => this.#keysOf(requests) });
  }

  async execute(request: ModelProtocol['request']): Promise<ThreadReply<Response>> {
    const requests = this.#openAll(request);
    this.#executing = request.requests.map(({ key }) => key);
    try {
      const inputEndNs = systemClock.nowNs();
      const result = await this.#call(requests);
      const times = { inputEndNs, outputStartNs: systemClock.nowNs() };
      const rescheduled = this.#forgetRescheduled(request);
      if (this.#init.decoupled) return { value: { ...packAnswers([]), rescheduled, ...times } };
      const checked = requests.map((open, index) =>
        open.rescheduled
          ? NO_ANSWER
          : checkAnswer(result[index], open.requestedOutputs, this.#init.outputs),
      );
      this.#forget(request);
      const packed = packAnswers(checked);
      return { value: { ...packed, rescheduled, ...times }, transfer: [packed.buffer] };
    } catch (error) {
      // The server fails them all, those of a decoupled model, too.
      this.#forget(request);
      throw error;
    } finally {
      this.#executing = NO_KEYS;
    }
  }

  notice(notice: ModelNotice): void {
    if (notice.kind === 'cancelled') this.#open.get(notice.key)?.cancel();
    else if (notice.kind === 'taken') this.#open.get(notice.key)?.taken();
    else this.#calls.receive(notice);
  }

  #openAll({ requests, buffer }: ModelProtocol['request']): readonly OpenRequest[] {
    const { outputs, decoupled, iterative } = this.#init;
    const emit = this.#emitFor;
    return requests.map((wire) => {
      const request = new OpenRequest({ wire, buffer, outputs, decoupled, iterative, emit });
      this.#open.set(wire.key, request);
      return request;
    });
  }

  #forget({ requests }: ModelProtocol['request']): void {
    for (const { key } of requests) this.#open.delete(key);
  }

  /** Returns their keys. They come back, under other ones. */
  #forgetRescheduled({ requests }: ModelProtocol['request']): readonly number[] {
    if (!this.#init.iterative) return NO_KEYS;
    const keys: number[] = [];
    for (const { key } of requests) {
      const request = this.#open.get(key);
      request?.executionEnded();
      if (request?.rescheduled) {
        keys.push(key);
        this.#open.delete(key);
      }
    }
    return keys;
  }

  async #call(requests: readonly ModelRequest[]): Promise<readonly unknown[]> {
    const { decoupled, args } = this.#init;
    let result: unknown;
    try {
      result = await this.#model.execute(requests, this.#calls.context);
    } catch (error) {
      throw executionError(args.instanceName, error);
    }
    if (decoupled) return [];
    if (Array.isArray(result) && result.length === requests.length) return result;
    const got = Array.isArray(result) ? `${result.length} answers` : typeof result;
    throw executionError(
      args.instanceName,
      new Error(`execute must return an array of ${requests.length} answers, got ${got}`),
    );
  }

  #keysOf(requests: readonly ModelRequest[] | undefined): readonly number[] {
    if (!requests) return this.#executing;
    return requests.map((request) => {
      if (request instanceof OpenRequest) return request.key;
      throw new InferError('INVALID_ARG', 'a parent of a call must be a request of the model');
    });
  }

  readonly #emitFor: ConstructorParameters<typeof OpenRequest>[0]['emit'] = (event, transfer) => {
    if (event.kind === 'end') this.#open.delete(event.key);
    this.#emit(event, transfer);
  };
}

/**
 * An error with a code of its own is the model's word to the client; any other one is explained.
 */
function executionError(instanceName: string, error: unknown): InferError {
  const { code, message } = toWireError(error);
  const given = (error as { readonly code?: unknown } | undefined)?.code;
  if (given === code) return new InferError(code, message, { cause: error });
  const kind = error instanceof Error ? `${error.name}: ` : '';
  return new InferError(
    code,
    `Failed to process the request(s) for model '${instanceName}', message: ${kind}${message}`,
    { cause: error },
  );
}
