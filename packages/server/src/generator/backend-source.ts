import { defaultExport, importStatement } from './module-syntax.js';
import { pascalCase } from './pascal-case.js';

const CORE = importStatement('@nereid/core', [
  'type Backend',
  'type BackendPlugin',
  'type ComputeTimer',
  'InferError',
  'type Model',
  'type ModelConfig',
  'type ModelInstance',
  'type ModelSource',
  'type PendingRequest',
  'type Tensor',
]);

/** A backend that multiplies: small enough to read, and with every step that a real one has. */
export function backendSource(name: string): string {
  const prefix = pascalCase(name);
  return `${CORE}

/** Answers each FP32 input multiplied by the model's parameter \`factor\`. */
class ${prefix}Backend implements Backend {
  /** Reads the model and refuses what it cannot serve. Files lie in \`source.versionDirectory\`. */
  async loadModel({ config }: ModelSource): Promise<Model> {
    checkTensors(config);
    const factor = readFactor(config);
    return {
      createInstance: async () => new ${prefix}Instance(config, factor),
      close: async () => {},
    };
  }

  async close(): Promise<void> {}
}

/** One copy of the model. It is given one batch at a time. */
class ${prefix}Instance implements ModelInstance {
  readonly #config: ModelConfig;
  readonly #factor: number;

  constructor(config: ModelConfig, factor: number) {
    this.#config = config;
    this.#factor = factor;
  }

  /**
   * This runs on the server's main thread, which answers all clients: work of more than about 100
   * µs belongs in a worker thread or a process.
   */
  async execute(batch: readonly PendingRequest[], timer: ComputeTimer): Promise<void> {
    timer.inputEnd();
    const answers = batch.map(({ request }) =>
      request.inputs.map((input) => this.#multiply(input)),
    );
    timer.outputStart();
    for (const [index, pending] of batch.entries()) {
      const wanted = pending.request.requestedOutputs.map((output) => output.name);
      const outputs = (answers[index] ?? []).filter(
        (output) => wanted.length === 0 || wanted.includes(output.name),
      );
      void pending.respond({ outputs });
      pending.finish();
    }
  }

  async close(): Promise<void> {}

  #multiply(input: Tensor): Tensor {
    const place = this.#config.input.findIndex(({ name }) => name === input.name);
    // The data is a view that must not change, and need not be aligned: hence the copy.
    const copy = new Float32Array(new Uint8Array(input.data).buffer);
    const values = copy.map((value) => value * this.#factor);
    const data = new Uint8Array(values.buffer);
    return { ...input, name: this.#config.output[place]?.name ?? input.name, data };
  }
}

function checkTensors({ name, input, output }: ModelConfig): void {
  const fp32 = [...input, ...output].every(({ dataType }) => dataType === 'TYPE_FP32');
  if (fp32 && input.length === output.length) return;
  throw new InferError(
    'INVALID_ARG',
    \`model '\${name}' of the ${name} backend needs as many outputs as inputs, all of TYPE_FP32\`,
  );
}

function readFactor({ name, parameters }: ModelConfig): number {
  const text = parameters['factor']?.stringValue ?? '1';
  const factor = Number(text);
  if (Number.isFinite(factor)) return factor;
  throw new InferError('INVALID_ARG', \`model '\${name}': factor is not a number: \${text}\`);
}

const plugin: BackendPlugin = { createBackend: () => new ${prefix}Backend() };

${defaultExport('plugin')}
`;
}
