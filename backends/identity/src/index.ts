import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend, BackendPlugin, ModelConfig, ModelSource } from '@nereid/core';
import { InferError, type ModelInstance, type PendingRequest, type Tensor } from '@nereid/core';

/** Answers each input unchanged, as the output at the same place in the configuration. */
class IdentityBackend implements Backend {
  async loadModel({ config }: ModelSource) {
    checkConfig(config);
    const delayMs = executeDelayMs(config);
    return {
      createInstance: async () => new IdentityInstance(config, delayMs),
      close: async () => {},
    };
  }

  async close(): Promise<void> {}
}

class IdentityInstance implements ModelInstance {
  /** Output names by input name. */
  readonly #outputNames: ReadonlyMap<string, string>;
  readonly #delayMs: number;

  constructor({ input, output }: ModelConfig, delayMs: number) {
    const pairs = input.map(({ name }, index) => [name, output[index]?.name ?? name] as const);
    this.#outputNames = new Map(pairs);
    this.#delayMs = delayMs;
  }

  execute(...[batch, timer]: Parameters<ModelInstance['execute']>): Promise<void> | undefined {
    timer.inputEnd();
    if (this.#delayMs > 0) return sleep(this.#delayMs).then(() => this.#answerAll(batch, timer));
    this.#answerAll(batch, timer);
    return undefined;
  }

  async close(): Promise<void> {}

  #answerAll(...[batch, timer]: Parameters<ModelInstance['execute']>): void {
    timer.outputStart();
    for (const pending of batch) this.#answer(pending);
  }

  #answer(pending: PendingRequest): void {
    const { inputs, requestedOutputs } = pending.request;
    const outputs: Tensor[] = [];
    for (const { name: inputName, datatype, shape, data } of inputs) {
      const name = this.#outputNames.get(inputName) ?? inputName;
      const wanted = requestedOutputs.length === 0 || requestedOutputs.some((o) => o.name === name);
      // The data is the request's own view: a response may share it, as tensors never change.
      if (wanted) outputs.push({ name, datatype, shape, data });
    }
    void pending.respond({ outputs });
    pending.finish();
  }
}

function checkConfig({ name, input, output }: ModelConfig): void {
  const pairs = output.map(({ dataType }, index) => [input[index]?.dataType, dataType]);
  if (input.length === output.length && pairs.every(([from, to]) => from === to)) return;
  throw new InferError(
    'INVALID_ARG',
    `model '${name}' of the identity backend needs one output of the same datatype for each input`,
  );
}

/** The parameter `execute_delay_ms`: how long each execution lasts. */
function executeDelayMs({ name, parameters }: ModelConfig): number {
  const text = parameters['execute_delay_ms']?.stringValue ?? '0';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InferError('INVALID_ARG', `model '${name}': execute_delay_ms is not a number: ${text}`);
}

const plugin: BackendPlugin = { createBackend: () => new IdentityBackend() };

export default plugin;
