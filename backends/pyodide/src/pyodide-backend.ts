import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CustomMetrics,
  fileExists,
  InstanceThread,
  type InstanceThreadOptions,
  pythonArguments,
} from '@nereid/backend-kit';
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
import { configJson, mergeCompletion, parseConfigJson } from '@nereid/model-config';
import { type BackendSettings, parseSettings, settingsForModel } from './backend-settings.js';
import type { ModelInit, ModelProtocol } from './model-protocol.js';
import { PyodideInstance } from './pyodide-instance.js';

const DEFAULT_FILE = 'model.py';
/** Beside a model's file: wheels for this model alone. */
const WHEELS_FOLDER = 'wheels';
const COMPLETION = 'auto_complete_config';

/** Runs models written for Triton's Python backend in Pyodide, each instance in a thread. */
export class PyodideBackend implements Backend {
  readonly #context: PluginContext;
  readonly #settings: BackendSettings;
  readonly #metrics: CustomMetrics;

  constructor(context: PluginContext) {
    this.#context = context;
    this.#settings = parseSettings(context.settings);
    this.#metrics = new CustomMetrics(context.metrics);
  }

  async completeConfig(source: ModelSource): Promise<ModelConfig> {
    const file = await findModelFile(source);
    // To start Pyodide takes a second or more, and most models complete nothing.
    if (!(await readFile(file, 'utf8')).includes(COMPLETION)) return source.config;
    const place = { name: source.name, kind: 'CPU', deviceId: 0 } as const;
    const init = await this.#makeInit(source, { file, place });
    const configToComplete = configJson(source.config);
    const options = this.#threadOptions(source, { ...init, configToComplete });
    const thread = await InstanceThread.start(options);
    const completed = thread.started?.config;
    await thread.close();
    if (completed === undefined) return source.config;
    const answer = parseConfigJson(completed, `${COMPLETION} of model '${source.name}'`);
    return mergeCompletion(source.config, answer);
  }

  async loadModel(source: ModelSource): Promise<Model> {
    const file = await findModelFile(source);
    return {
      createInstance: (place) => this.#createInstance(source, file, place),
      close: async () => {},
    };
  }

  async close(): Promise<void> {}

  async #createInstance(
    source: ModelSource,
    file: string,
    place: InstancePlacement,
  ): Promise<ModelInstance> {
    const init = await this.#makeInit(source, { file, place });
    const options = this.#threadOptions(source, init);
    const settings = settingsForModel(this.#settings, source.config.parameters);
    return await PyodideInstance.create({
      thread: { ...options, cpuCores: place.cpuCores },
      executionTimeoutSeconds: settings.executionTimeoutSeconds,
      context: this.#context,
      modelName: source.name,
      decoupled: source.config.modelTransactionPolicy?.decoupled ?? false,
      metrics: this.#metrics,
      logger: options.logger,
    });
  }

  #threadOptions(source: ModelSource, init: ModelInit): InstanceThreadOptions<ModelProtocol> {
    const { logger, clock } = this.#context;
    const settings = settingsForModel(this.#settings, source.config.parameters);
    return {
      name: `model instance '${init.setup.instanceName}'`,
      module: new URL('./model-thread.js', import.meta.url),
      init,
      startTimeoutMs: settings.startTimeoutSeconds * 1000,
      logger: logger.child(source.name),
      clock,
    };
  }

  async #makeInit(source: ModelSource, { file, place }: InitParts): Promise<ModelInit> {
    const { name, version, directory, versionDirectory, config } = source;
    const { pyodideFolder, packagesFolder } = this.#settings;
    const ownWheels = join(versionDirectory, WHEELS_FOLDER);
    const packageFolders = [
      ...((await fileExists(ownWheels)) ? [ownWheels] : []),
      ...(packagesFolder === undefined ? [] : [packagesFolder]),
      ...(pyodideFolder === undefined ? [] : [pyodideFolder]),
    ];
    return {
      configToComplete: undefined,
      args: JSON.stringify(pythonArguments(source, place, configJson(config))),
      setup: {
        model: { name, version, file, directory, versionDirectory, backendDirectory: null },
        instanceName: place.name,
        decoupled: config.modelTransactionPolicy?.decoupled ?? false,
        outputs: config.output.map((output) => output.name),
        packageFolders,
      },
      mounts: [directory, ...packageFolders],
      pythonFolders: pythonFolders(),
      pyodideFolder,
      memoryLimitBytes: settingsForModel(this.#settings, config.parameters).memoryLimitBytes,
    };
  }
}

interface InitParts {
  readonly file: string;
  readonly place: Pick<InstancePlacement, 'name' | 'kind' | 'deviceId'>;
}

/** The modules of this package, and those that it shares with the backend for CPython. */
function pythonFolders(): readonly string[] {
  const own = fileURLToPath(new URL('../python', import.meta.url));
  const { resolve } = createRequire(import.meta.url);
  const shared = join(dirname(resolve('@nereid/backend-python/package.json')), 'python');
  return [own, shared];
}

async function findModelFile({ name, config, versionDirectory }: ModelSource): Promise<string> {
  const fileName = config.defaultModelFilename || DEFAULT_FILE;
  if (!fileName.endsWith('.py')) {
    const text = `Model name must end with '.py'. Model name is "${fileName}".`;
    throw new InferError('INTERNAL', text);
  }
  const file = join(versionDirectory, fileName);
  if (await fileExists(file)) return file;
  throw new InferError('INTERNAL', `Python model file not found in '${file}' for model '${name}'`);
}
