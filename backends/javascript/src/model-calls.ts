import { packTensors } from '@nereid/backend-kit';
import { InferError } from '@nereid/core';
import type { ModelRequest } from './model-api.js';
import type {
  LoadModelOptions,
  ModelCall,
  ModelContext,
  ModelReply,
  UnloadModelOptions,
} from './model-context.js';
import type { CallEvent, CallNotice, ModelControl, WireCall, WireReply } from './model-protocol.js';
import { OpenCall } from './open-call.js';
import { toModelInput, toTensor } from './tensor-arrays.js';

interface ModelCallsOptions {
  emit(event: CallEvent, transfer: readonly ArrayBuffer[]): void;
  /** The keys of requests: of the given ones, or of those that are being executed. */
  keysOf(requests: readonly ModelRequest[] | undefined): readonly number[];
}

/** Questions that an instance may have open at the same time. */
const MAX_OPEN_CALLS = 4_096;

/** The questions that a model asks of the server, in the instance's thread. */
export class ModelCalls {
  /** For the model, which may take it apart. */
  readonly context: ModelContext = {
    infer: (call) => this.#once(call),
    stream: (call) => this.#each(call),
    loadModel: (modelName, options) => this.#load(modelName, options),
    unloadModel: (modelName, options) => this.#unload(modelName, options),
    isModelReady: (modelName, version) => this.#isReady(modelName, version),
  };

  readonly #options: ModelCallsOptions;
  readonly #open = new Map<number, OpenCall>();
  #nextCall = 0;

  constructor(options: ModelCallsOptions) {
    this.#options = options;
  }

  receive(notice: CallNotice): void {
    const open = this.#open.get(notice.call);
    if (notice.kind === 'reply') {
      open?.push(toModelReply(notice.reply, notice.buffer));
      return;
    }
    this.#open.delete(notice.call);
    open?.end(notice);
  }

  async #once(request: ModelCall): Promise<ModelReply> {
    const { modelName } = request;
    const { open, cancel } = this.#send(request);
    const reply = await open.next();
    if (!reply) {
      throw new InferError('INTERNAL', `model '${modelName}' ended without a response`);
    }
    const second = await open.next();
    if (!second) return reply;
    cancel();
    throw new InferError(
      'UNSUPPORTED',
      `model '${modelName}' has more than one response; use context.stream`,
    );
  }

  async *#each(request: ModelCall): AsyncGenerator<ModelReply, undefined> {
    const { open, cancel } = this.#send(request);
    try {
      for (;;) {
        const reply = await open.next();
        if (!reply) return undefined;
        yield reply;
      }
    } finally {
      cancel();
    }
  }

  async #load(modelName: string, { config, files }: LoadModelOptions = {}): Promise<void> {
    const fileMap = files && new Map(Object.entries(files));
    await this.#control({ verb: 'load', modelName, config, files: fileMap });
  }

  async #unload(modelName: string, options: UnloadModelOptions = {}): Promise<void> {
    const { unloadDependents = false } = options;
    await this.#control({ verb: 'unload', modelName, unloadDependents });
  }

  async #isReady(modelName: string, version?: number): Promise<boolean> {
    const open = await this.#control({ verb: 'ready', modelName, version });
    return open.ready;
  }

  #send(request: ModelCall): { readonly open: OpenCall; readonly cancel: () => void } {
    const parents = this.#options.keysOf(request.parents);
    const { buffer, ...wire } = toWireCall(request);
    const [call, open] = this.#begin();
    this.#options.emit({ kind: 'infer', call, parents, request: wire, buffer }, [buffer]);
    const cancel = () => {
      request.signal?.removeEventListener('abort', cancel);
      if (!open.ended) this.#options.emit({ kind: 'cancelCall', call }, []);
    };
    request.signal?.addEventListener('abort', cancel);
    if (request.signal?.aborted) cancel();
    return { open, cancel };
  }

  async #control(control: ModelControl): Promise<OpenCall> {
    const [call, open] = this.#begin();
    this.#options.emit({ kind: 'control', call, control }, []);
    await open.next();
    return open;
  }

  #begin(): readonly [number, OpenCall] {
    if (this.#open.size >= MAX_OPEN_CALLS) {
      throw new InferError('UNAVAILABLE', `${MAX_OPEN_CALLS} calls of the model are open already`);
    }
    const call = this.#nextCall++;
    const open = new OpenCall(() => this.#options.emit({ kind: 'replyTaken', call }, []));
    this.#open.set(call, open);
    return [call, open];
  }
}

function toWireCall(call: ModelCall): WireCall & { readonly buffer: ArrayBuffer } {
  const tensors = Object.entries(call.inputs).map(([name, input]) =>
    toTensor({ role: 'input of the call', name, datatype: input.datatype }, input),
  );
  return {
    modelName: call.modelName,
    modelVersion: call.modelVersion,
    id: call.id ?? '',
    requestedOutputs: call.requestedOutputs ?? [],
    parameters: new Map(Object.entries(call.parameters ?? {})),
    sequence: call.sequence,
    priority: call.priority ?? 0,
    timeoutUs: call.timeoutUs ?? 0,
    ...packTensors(tensors),
  };
}

function toModelReply(reply: WireReply, buffer: ArrayBuffer): ModelReply {
  const outputs = reply.slots.map((slot) => [slot.name, toModelInput(slot, buffer)] as const);
  return {
    modelName: reply.modelName,
    modelVersion: reply.modelVersion,
    id: reply.id,
    outputs: Object.fromEntries(outputs),
    parameters: Object.fromEntries(reply.parameters),
  };
}
