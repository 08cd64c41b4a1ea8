import {
  type ChildRequest,
  type CustomMetrics,
  callModel,
  packTensors,
  parametersJson,
  parseVersion,
  type ReplyNotice,
} from '@nereid/backend-kit';
import {
  InferError,
  type InferenceRequest,
  type InferenceResponse,
  type Logger,
  type PluginContext,
  type SequencePosition,
  toInferError,
} from '@nereid/core';
import { tensorsAt, toParameters } from './message-tensors.js';
import type { CallText, ModelProtocol, NoticeText } from './model-protocol.js';

export interface ModelCallsOptions {
  readonly context: Pick<PluginContext, 'infer' | 'models'>;
  readonly modelName: string;
  readonly metrics: CustomMetrics;
  readonly logger: Logger;
  /** An open request of the instance; undefined when it has ended. */
  parent(key: number): InferenceRequest | undefined;
}

interface OpenCall {
  readonly number: number;
  child: ChildRequest | undefined;
  /** Responses on their way to the model. */
  untaken: number;
  /** Lets the called model go on. */
  resume: (() => void) | undefined;
}

type Event = ModelProtocol['event'];
type Reply = ReplyNotice<ModelProtocol>;

/** Calls that a model may have open at the same time. */
const MAX_OPEN_CALLS = 4_096;
/** Responses that may wait for the model before the called one has to. */
const MAX_UNTAKEN_RESPONSES = 16;
const LOG_METHODS = ['info', 'warn', 'error'] as const;
const START_FLAG = 1;
const END_FLAG = 2;
const NO_BUFFER = new ArrayBuffer(0);

/** What a model in an instance's thread asks of the server, in the main thread. */
export class ModelCalls {
  readonly #options: ModelCallsOptions;
  readonly #open = new Map<number, OpenCall>();
  /** Identifies the thread to the metrics that it makes. */
  #owner = {};

  constructor(options: ModelCallsOptions) {
    this.#options = options;
  }

  receive({ kind, text, buffer }: Event, reply: Reply): void {
    const value: unknown = JSON.parse(text);
    switch (kind) {
      case 'infer':
        this.#infer(value as CallText, buffer, reply);
        return;
      case 'cancelCall':
        this.#open.get((value as Asked).call)?.child?.cancel();
        return;
      case 'callTaken':
        this.#taken((value as Asked).call);
        return;
      case 'log':
        this.#log(value as LogLine);
        return;
      default:
        void this.#answer(kind, { asked: value as Asked, buffer }, reply);
    }
  }

  /** The thread is gone: nobody waits for the answers. */
  reset(): void {
    const calls = [...this.#open.values()];
    this.#open.clear();
    for (const { child, resume } of calls) {
      child?.cancel();
      resume?.();
    }
    this.#options.metrics.forget(this.#owner);
    this.#owner = {};
  }

  #infer(text: CallText, buffer: ArrayBuffer, reply: Reply): void {
    const { context, modelName, parent } = this.#options;
    const { call } = text;
    const open: OpenCall = { number: call, child: undefined, untaken: 0, resume: undefined };
    if (this.#open.size >= MAX_OPEN_CALLS) {
      const reason = `${MAX_OPEN_CALLS} calls of the model are open already`;
      sendEnd(reply, call, new InferError('UNAVAILABLE', reason));
      return;
    }
    this.#open.set(call, open);
    open.child = callModel({
      context,
      caller: modelName,
      parents: text.parents.map(parent).filter((found) => found !== undefined),
      request: toRequest(text, buffer),
      decoupled: text.decoupled,
      sink: {
        response: (response) => this.#respond(open, response, reply),
        end: (error) => {
          if (this.#open.get(call) !== open) return;
          this.#open.delete(call);
          sendEnd(reply, call, error);
        },
      },
    });
  }

  #respond(open: OpenCall, response: InferenceResponse, reply: Reply): Promise<void> | undefined {
    if (this.#open.get(open.number) !== open) return undefined;
    sendResponse(reply, open.number, response);
    // It tells the model of the end, which therefore comes without a notice of its own.
    if (response.final) {
      this.#open.delete(open.number);
      return undefined;
    }
    open.untaken += 1;
    if (open.untaken < MAX_UNTAKEN_RESPONSES) return undefined;
    return new Promise((resolve) => {
      open.resume = resolve;
    });
  }

  #taken(call: number): void {
    const open = this.#open.get(call);
    if (!open) return;
    open.untaken -= 1;
    open.resume?.();
    open.resume = undefined;
  }

  async #answer(kind: Event['kind'], question: Question, reply: Reply): Promise<void> {
    const { call } = question.asked;
    try {
      const value = (await this.#perform(kind, question)) ?? null;
      send(reply, { kind: 'reply', call, error: null, value });
    } catch (error) {
      const { code, message } = toInferError(error);
      send(reply, { kind: 'reply', call, error: { code, message }, value: null });
    }
  }

  async #perform(kind: Event['kind'], { asked, buffer }: Question): Promise<unknown> {
    const { models } = this.#options.context;
    const { name = '', version = '', config = '', unloadDependents = false } = asked;
    switch (kind) {
      case 'loadModel': {
        const files = readFiles(asked.files ?? [], buffer);
        return await models.loadModel(name, {
          ...(config !== '' && { config }),
          ...(files.size > 0 && { files }),
        });
      }
      case 'unloadModel':
        return await models.unloadModel(name, { unloadDependents });
      case 'isModelReady':
        return models.isModelReady(name, parseVersion(version));
      default:
        return this.#options.metrics.apply(this.#owner, asked.operation ?? '', asked.arguments);
    }
  }

  #log({ level, message, file, line }: LogLine): void {
    const { logger } = this.#options;
    const fields = file === '' ? undefined : { file, line };
    const method = LOG_METHODS[level];
    if (method) logger[method](message, fields);
    else logger.verbose(1, message, fields);
  }
}

interface Asked {
  readonly call: number;
  readonly name?: string;
  readonly version?: string;
  readonly config?: string;
  readonly files?: readonly (readonly [path: string, sizeBytes: number])[];
  readonly unloadDependents?: boolean;
  readonly operation?: string;
  readonly arguments?: unknown;
}

interface Question {
  readonly asked: Asked;
  readonly buffer: ArrayBuffer;
}

interface LogLine {
  readonly level: number;
  readonly message: string;
  readonly file: string;
  readonly line: number;
}

function send(reply: Reply, notice: NoticeText, buffer: ArrayBuffer = NO_BUFFER): void {
  // An empty buffer is shared by all messages, and so is none of those that move.
  const transfer = buffer === NO_BUFFER ? [] : [buffer];
  reply({ text: JSON.stringify(notice), buffer }, transfer);
}

function sendResponse(reply: Reply, call: number, response: InferenceResponse): void {
  const { buffer, slots } = packTensors(response.outputs);
  const answer = { error: null, slots, parameters: parametersJson(response.parameters) };
  send(reply, { kind: 'answer', call, final: response.final, answer }, buffer);
}

function sendEnd(reply: Reply, call: number, error: InferError | undefined): void {
  const answer = error ? { error: { code: error.code, message: error.message } } : null;
  send(reply, { kind: 'answer', call, final: true, answer });
}

function toRequest(text: CallText, buffer: ArrayBuffer) {
  return {
    modelName: text.modelName,
    modelVersion: text.modelVersion < 0 ? undefined : text.modelVersion,
    id: text.id,
    inputs: tensorsAt(text.inputs, buffer),
    requestedOutputs: text.requestedOutputs.map((name) => ({ name, classificationCount: 0 })),
    sequence: toSequence(text),
    priority: 0,
    timeoutUs: text.timeoutUs,
    parameters: toParameters(text.parameters),
  };
}

function toSequence({
  correlation,
  correlationIsText,
  flags,
}: CallText): SequencePosition | undefined {
  const correlationId = correlationIsText ? correlation : BigInt(correlation);
  if (correlationId === '' || correlationId === 0n) return undefined;
  return { correlationId, start: (flags & START_FLAG) !== 0, end: (flags & END_FLAG) !== 0 };
}

function readFiles(
  files: readonly (readonly [path: string, sizeBytes: number])[],
  buffer: ArrayBuffer,
): ReadonlyMap<string, Uint8Array> {
  let offset = 0;
  return new Map(
    files.map(([path, sizeBytes]) => {
      const content = new Uint8Array(buffer, offset, sizeBytes);
      offset += sizeBytes;
      return [path.replace(/^file:/, ''), content];
    }),
  );
}
