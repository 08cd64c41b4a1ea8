import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InstanceThread, type InstanceThreadOptions } from '@nereid/backend-kit';
import {
  type Backend,
  InferError,
  type InstancePlacement,
  type Model,
  type ModelConfig,
  type ModelInstance,
  type ModelSource,
  type PluginContext,
} from '@nereid/core';
import { completeFromSignature, type ModelSignature } from '@nereid/model-config';
import { InlineExecution } from './inline-execution.js';
import { type InlineMode, inlineMode, parseInlineMode } from './inline-mode.js';
import { loadLibrary } from './onnx-library.js';
import { OnnxruntimeInstance } from './onnxruntime-instance.js';
import { configureSession } from './session-options.js';
import type { SessionInit, SessionProtocol } from './session-protocol.js';
import { TurnBudget } from './turn-budget.js';

const MODEL_FILE = 'model.onnx';

/** Large models take minutes to load and optimize; a thread that hangs must end some day. */
const START_TIMEOUT_MS = 30 * 60 * 1000;

/**
 * Runs ONNX models on the CPU, each instance with a session and a thread of its own. Executions
 * that are short enough run on the calling thread.
 */
export class OnnxruntimeBackend implements Backend {
  /** As Triton's. */
  readonly defaultInstanceCount = 2;
  readonly #context: PluginContext;
  readonly #defaultMaxBatchSize: number;
  readonly #inlineMode: InlineMode;
  readonly #budget = new TurnBudget();

  constructor(context: PluginContext) {
    this.#context = context;
    this.#defaultMaxBatchSize = defaultMaxBatchSize(context.settings);
    this.#inlineMode = parseInlineMode(context.settings.get('execute-inline') ?? 'auto');
  }

  async completeConfig(source: ModelSource): Promise<ModelConfig> {
    const { config, name } = source;
    if (isComplete(config)) return config;
    // Only its inputs and outputs are asked for, so nothing is optimized.
    const options = { graphOptimizationLevel: 'disabled', intraOpNumThreads: 1 } as const;
    const init: SessionInit = { modelName: name, file: await findModelFile(source), options };
    const thread = await InstanceThread.start(this.#threadOptions(init, `model '${name}'`));
    const signature = thread.started;
    await thread.close();
    const completion = { defaultMaxBatchSize: this.#defaultMaxBatchSize };
    return signature ? completeFromSignature(config, signature, completion) : config;
  }

  async loadModel(source: ModelSource): Promise<Model> {
    const file = await findModelFile(source);
    const { ignored } = configureSession(source.config, 1);
    for (const parameter of ignored) {
      this.#context.logger.warn(`model '${source.name}': parameter ${parameter} has no effect`);
    }
    const mode = await inlineMode(source.config, file, this.#inlineMode);
    let shared: InlineExecution | undefined;
    const inline = (signature: ModelSignature) => {
      if (mode !== 'never') shared ??= this.#makeInline(source, { file, mode, signature });
      return shared;
    };
    return {
      createInstance: (placement) => this.#createInstance({ source, file, inline }, placement),
      close: async () => shared?.close(),
    };
  }

  async close(): Promise<void> {}

  #makeInline({ name, config }: ModelSource, { file, mode, signature }: InlineParts) {
    // Now rather than in the middle of requests to this model, and after the instance's thread has
    // done most of the work.
    loadLibrary();
    // One thread, unless the model asks for more: they would have to be woken for each execution.
    const { options } = configureSession(config, 1);
    return new InlineExecution({
      mode,
      init: { modelName: name, file, options },
      signature,
      batching: config.maxBatchSize > 0,
      budget: this.#budget,
      logger: this.#context.logger,
      clock: this.#context.clock,
    });
  }

  async #createInstance(
    { source: { name, config }, file, inline }: LoadedFile,
    placement: InstancePlacement,
  ): Promise<ModelInstance> {
    if (placement.kind === 'GPU') {
      throw new InferError(
        'UNSUPPORTED',
        `unable to load model '${name}': the onnxruntime backend runs models on the CPU only, ` +
          `instance '${placement.name}' is of kind KIND_GPU`,
      );
    }
    const { options } = configureSession(config, placement.threadCount);
    const init: SessionInit = { modelName: name, file, options };
    const label = `model instance '${placement.name}'`;
    const { cpuCores } = placement;
    const thread = { ...this.#threadOptions(init, label), cpuCores };
    // The main thread is not bound to the cores that a host policy asks for.
    return OnnxruntimeInstance.create({ thread, config, inline: cpuCores ? never : inline });
  }

  #threadOptions(init: SessionInit, name: string): InstanceThreadOptions<SessionProtocol> {
    const { logger, clock } = this.#context;
    const module = new URL('./session-thread.js', import.meta.url);
    return { name, module, init, startTimeoutMs: START_TIMEOUT_MS, logger, clock };
  }
}

interface LoadedFile {
  readonly source: ModelSource;
  readonly file: string;
  inline(signature: ModelSignature): InlineExecution | undefined;
}

interface InlineParts {
  readonly file: string;
  readonly mode: Exclude<InlineMode, 'never'>;
  readonly signature: ModelSignature;
}

const never = () => undefined;

/** The same question as completeFromSignature's, asked before a session is made for nothing. */
function isComplete({ input, batchInput, output }: ModelConfig): boolean {
  return input.length + batchInput.length > 0 && output.length > 0;
}

/** The model's file, or `model.onnx` in the folder of that name. */
async function findModelFile({ name, config, versionDirectory }: ModelSource): Promise<string> {
  const path = join(versionDirectory, config.defaultModelFilename || MODEL_FILE);
  const candidates = [path, join(path, MODEL_FILE)];
  for (const candidate of candidates) if (await isFile(candidate)) return candidate;
  throw new InferError('UNAVAILABLE', `unable to find '${path}' for model '${name}'`);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function defaultMaxBatchSize(settings: PluginContext['settings']): number {
  const text = settings.get('default-max-batch-size') ?? '4';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InferError(
    'INVALID_ARG',
    `the backend setting default-max-batch-size must be a number, got '${text}'`,
  );
}
