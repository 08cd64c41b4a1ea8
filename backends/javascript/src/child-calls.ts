import { ChildRequest, packTensors, unpackTensors } from '@nereid/backend-kit';
import {
  type InferError,
  type InferenceRequest,
  type InferenceResponse,
  type PluginContext,
  type ResponseSink,
  toInferError,
} from '@nereid/core';
import type { CallEvent, CallNotice, ModelControl, WireCall } from './model-protocol.js';

interface ChildCallsOptions {
  readonly context: Pick<PluginContext, 'infer' | 'models'>;
  readonly modelName: string;
  /** An open request of the instance; undefined when it has ended. */
  parent(key: number): InferenceRequest | undefined;
  notify(notice: CallNotice, transfer: readonly ArrayBuffer[]): void;
}

interface ChildCall {
  readonly number: number;
  child: ChildRequest | undefined;
  /** Replies on their way to the model. */
  untaken: number;
  /** Lets the called model go on. */
  resume: (() => void) | undefined;
}

/** Replies that may wait for the model before the called one has to. */
const MAX_UNTAKEN_REPLIES = 16;

/** What a model of an instance's thread asks of the server, in the main thread. */
export class ChildCalls {
  readonly #options: ChildCallsOptions;
  readonly #calls = new Map<number, ChildCall>();

  constructor(options: ChildCallsOptions) {
    this.#options = options;
  }

  receive(event: CallEvent): void {
    switch (event.kind) {
      case 'infer':
        this.#infer(event);
        return;
      case 'cancelCall':
        this.#calls.get(event.call)?.child?.cancel();
        return;
      case 'replyTaken':
        this.#taken(event.call);
        return;
      case 'control':
        void this.#control(event.call, event.control);
    }
  }

  /** Nobody waits for the answers any more: the thread has died or is closed. */
  cancelAll(): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { child, resume } of calls) {
      child?.cancel();
      resume?.();
    }
  }

  #infer({ call, parents, request, buffer }: Extract<CallEvent, { kind: 'infer' }>): void {
    const { context, modelName, parent } = this.#options;
    const entry: ChildCall = { number: call, child: undefined, untaken: 0, resume: undefined };
    this.#calls.set(call, entry);
    entry.child = new ChildRequest({
      infer: context.infer,
      caller: modelName,
      parents: parents.map(parent).filter((found) => found !== undefined),
      request: toRequest(request, buffer),
      sink: this.#sink(entry),
    });
  }

  #sink(entry: ChildCall): ResponseSink {
    return {
      response: (response: InferenceResponse) => {
        if (this.#calls.get(entry.number) !== entry) return undefined;
        const { modelName, modelVersion, id, parameters } = response;
        const { buffer, slots } = packTensors(response.outputs);
        const reply = { modelName, modelVersion, id, parameters, slots };
        this.#options.notify({ kind: 'reply', call: entry.number, reply, buffer }, [buffer]);
        entry.untaken += 1;
        if (entry.untaken < MAX_UNTAKEN_REPLIES) return undefined;
        return new Promise((resolve) => {
          entry.resume = resolve;
        });
      },
      end: (error?: InferError) => {
        if (this.#calls.get(entry.number) !== entry) return;
        this.#calls.delete(entry.number);
        this.#end(entry.number, { error });
      },
    };
  }

  #taken(call: number): void {
    const entry = this.#calls.get(call);
    if (!entry) return;
    entry.untaken -= 1;
    entry.resume?.();
    entry.resume = undefined;
  }

  async #control(call: number, control: ModelControl): Promise<void> {
    const entry: ChildCall = { number: call, child: undefined, untaken: 0, resume: undefined };
    this.#calls.set(call, entry);
    let outcome: { readonly error?: InferError; readonly ready?: boolean };
    try {
      outcome = { ready: await applyControl(control, this.#options.context.models) };
    } catch (error) {
      outcome = { error: toInferError(error) };
    }
    if (this.#calls.get(call) !== entry) return;
    this.#calls.delete(call);
    this.#end(call, outcome);
  }

  #end(
    call: number,
    { error, ready = false }: { readonly error?: InferError | undefined; readonly ready?: boolean },
  ): void {
    const wireError = error && { code: error.code, message: error.message };
    this.#options.notify({ kind: 'callEnd', call, error: wireError, ready }, []);
  }
}

/** Resolves true when the model is ready, as far as that is asked. */
async function applyControl(
  control: ModelControl,
  models: PluginContext['models'],
): Promise<boolean> {
  const { modelName } = control;
  switch (control.verb) {
    case 'load':
      await models.loadModel(modelName, { config: control.config, files: control.files });
      return true;
    case 'unload':
      await models.unloadModel(modelName, { unloadDependents: control.unloadDependents });
      return false;
    case 'ready':
      return models.isModelReady(modelName, control.version);
  }
}

function toRequest(call: WireCall, buffer: ArrayBuffer): Omit<InferenceRequest, 'signal'> {
  return {
    modelName: call.modelName,
    modelVersion: call.modelVersion,
    id: call.id,
    inputs: unpackTensors({ buffer, slots: call.slots }),
    requestedOutputs: call.requestedOutputs.map((name) => ({ name, classificationCount: 0 })),
    sequence: call.sequence,
    priority: call.priority,
    timeoutUs: call.timeoutUs,
    parameters: call.parameters,
  };
}
