import { join } from 'node:path';
import { fileExists, InstanceThread, type InstanceThreadOptions } from '@nereid/backend-kit';
import {
  type Backend,
  InferError,
  type InstancePlacement,
  type Model,
  type ModelConfig,
  type ModelSource,
  type PluginContext,
} from '@nereid/core';
import { toDataType } from '@nereid/model-config';
import { applyCompletion } from './apply-completion.js';
import { JavascriptInstance } from './javascript-instance.js';
import type { ModelArguments } from './model-api.js';
import type { ModelInit, ModelProtocol, OutputDescription } from './model-protocol.js';

const MODEL_FILES = ['model.js', 'model.mjs', 'model.ts'] as const;
const DEFAULT_START_TIMEOUT_SECONDS = 30;

/** Runs models written in JavaScript or TypeScript, each instance in a thread of its own. */
export class JavascriptBackend implements Backend {
  readonly #context: PluginContext;
  readonly #startTimeoutMs: number;

  constructor(context: PluginContext) {
    this.#context = context;
    this.#startTimeoutMs = startTimeoutSeconds(context.settings) * 1000;
  }

  async completeConfig(source: ModelSource): Promise<ModelConfig> {
    const file = await findModelFile(source);
    const placement = { name: source.name, kind: 'CPU', deviceId: 0 } as const;
    const init = makeInit(source, { purpose: 'complete', file, placement });
    const thread = await InstanceThread.start(this.#threadOptions(init));
    const completion = thread.started?.completion;
    await thread.close();
    return completion ? applyCompletion(source.config, completion) : source.config;
  }

  async loadModel(source: ModelSource): Promise<Model> {
    const file = await findModelFile(source);
    return {
      createInstance: (placement) => {
        const init = makeInit(source, { purpose: 'serve', file, placement });
        const thread = { ...this.#threadOptions(init), cpuCores: placement.cpuCores };
        return JavascriptInstance.create({ thread, context: this.#context });
      },
      close: async () => {},
    };
  }

  async close(): Promise<void> {}

  #threadOptions(init: ModelInit): InstanceThreadOptions<ModelProtocol> {
    const { logger, clock } = this.#context;
    const { modelName, instanceName } = init.args;
    return {
      name: `model instance '${instanceName}'`,
      module: new URL('./model-thread.js', import.meta.url),
      init,
      startTimeoutMs: this.#startTimeoutMs,
      logger: logger.child(modelName),
      clock,
    };
  }
}

interface InitParts extends Pick<ModelInit, 'purpose' | 'file'> {
  readonly placement: Pick<InstancePlacement, 'name' | 'kind' | 'deviceId'>;
}

function makeInit(source: ModelSource, { purpose, file, placement }: InitParts): ModelInit {
  const { config } = source;
  const parameters = Object.entries(config.parameters).map(([k, v]) => [k, v.stringValue] as const);
  const args: ModelArguments = {
    modelName: source.name,
    modelVersion: source.version,
    modelDirectory: source.directory,
    versionDirectory: source.versionDirectory,
    instanceName: placement.name,
    instanceKind: placement.kind,
    deviceId: placement.deviceId,
    config,
    parameters: Object.fromEntries(parameters),
  };
  const outputs = describeOutputs(config);
  const decoupled = config.modelTransactionPolicy?.decoupled ?? false;
  const iterative = config.sequenceBatching?.iterativeSequence ?? false;
  return { purpose, file, args, outputs, decoupled, iterative };
}

/** What a model may answer with: its outputs, and the implicit states that are no outputs. */
function describeOutputs({ output, sequenceBatching }: ModelConfig): readonly OutputDescription[] {
  const outputs = output.map((o) => ({ name: o.name, datatype: toDataType(o.dataType) }));
  const states = (sequenceBatching?.state ?? [])
    .filter((state) => !output.some(({ name }) => name === state.outputName))
    .map((state) => ({ name: state.outputName, datatype: toDataType(state.dataType) }));
  return [...outputs, ...states];
}

async function findModelFile({ name, config, versionDirectory }: ModelSource): Promise<string> {
  const { defaultModelFilename } = config;
  const candidates = defaultModelFilename ? [defaultModelFilename] : MODEL_FILES;
  for (const candidate of candidates) {
    const file = join(versionDirectory, candidate);
    if (await fileExists(file)) return file;
  }
  const [first = '', ...others] = candidates;
  const alternatives = others.map((other) => ` or '${other}'`).join('');
  throw new InferError(
    'UNAVAILABLE',
    `unable to find '${join(versionDirectory, first)}'${alternatives} for model '${name}'`,
  );
}

/** `--backend-config=javascript,start-timeout-seconds=<n>`. */
function startTimeoutSeconds(settings: PluginContext['settings']): number {
  const text = settings.get('start-timeout-seconds');
  if (text === undefined) return DEFAULT_START_TIMEOUT_SECONDS;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new InferError(
    'INVALID_ARG',
    `the backend setting start-timeout-seconds must be from 0 to 86400, got '${text}'`,
  );
}
