import { availableParallelism } from 'node:os';
import { CustomMetrics, pythonArguments } from '@nereid/backend-kit';
import {
  type Backend,
  type InstancePlacement,
  type Logger,
  type Model,
  type ModelConfig,
  type ModelInstance,
  type ModelSource,
  type PluginContext,
  schedulingChoice,
} from '@nereid/core';
import { BodyMemory } from '@nereid/mapped-memory';
import { configJson } from '@nereid/model-config';
import { type BackendSettings, parseSettings } from './backend-settings.js';
import { completedConfig } from './completed-config.js';
import { findModelFile } from './find-model-file.js';
import { watchHealth } from './health-watch.js';
import { ModelCalls } from './model-calls.js';
import { modelSettings } from './model-settings.js';
import { ParkedStubs } from './parked-stubs.js';
import { readProcessVitals } from './process-vitals.js';
import { PythonInstance } from './python-instance.js';
import { RuntimeFinder } from './runtime-finder.js';
import type { StubConnection } from './stub-connection.js';
import { type LaunchOptions, StubLauncher } from './stub-launcher.js';
import { StubServices } from './stub-services.js';

/** Runs models written for Triton's Python backend, each instance in a process of its own. */
export class PythonBackend implements Backend {
  readonly #context: PluginContext;
  readonly #settings: BackendSettings;
  readonly #launcher: StubLauncher;
  readonly #runtimes: RuntimeFinder;
  /** Processes that have completed a configuration, and wait for the load that goes on. */
  readonly #parked: ParkedStubs;
  readonly #metrics: CustomMetrics;
  readonly #memory: BodyMemory;
  readonly #services = new WeakMap<StubConnection, StubServices>();

  constructor(context: PluginContext) {
    this.#context = context;
    this.#settings = parseSettings(context.settings, availableParallelism());
    this.#launcher = new StubLauncher(this.#settings, context);
    this.#runtimes = new RuntimeFinder(this.#settings.runtime, context.logger);
    this.#parked = new ParkedStubs(context.clock);
    this.#metrics = new CustomMetrics(context.metrics);
    this.#memory = new BodyMemory(context.clock);
  }

  async completeConfig(source: ModelSource): Promise<ModelConfig> {
    const options = await this.#launchOptions(source, `model '${source.name}'`);
    return await this.#launcher.launch(options, async (stub) => {
      this.#serve(stub, options.logger);
      const answer = await stub.command('complete', { config: configJson(source.config) });
      this.#parked.park(parkingKey(source), stub);
      return completedConfig(source.config, answer);
    });
  }

  async loadModel(source: ModelSource): Promise<Model> {
    return {
      // Triton's Python backend does not report them.
      countsResponses: false,
      createInstance: (placement) => this.#createInstance(source, placement),
      close: async () => {},
    };
  }

  async close(): Promise<void> {
    await this.#parked.close();
    this.#launcher.shutDown();
    this.#runtimes.close();
    this.#memory.close();
  }

  async #createInstance(source: ModelSource, place: InstancePlacement): Promise<ModelInstance> {
    const name = `model instance '${place.name}'`;
    const options = await this.#launchOptions(source, name);
    const args = pythonArguments(source, place, configJson(source.config));
    const outputs = source.config.output.map((output) => output.name);
    const initialize = async (stub: StubConnection) => {
      this.#serve(stub, options.logger);
      await stub.command('initialize', {
        args,
        decoupled: isDecoupled(source.config),
        outputs,
        batchesAhead: runsAhead(source.config),
        cpuCores: place.cpuCores ?? [],
      });
      return stub;
    };
    const start = () => {
      const parked = this.#parked.take(parkingKey(source));
      if (!parked) return this.#launcher.launch(options, initialize);
      parked.rename(name);
      return this.#launcher.supervised(parked, options, () => initialize(parked));
    };
    const { logger } = options;
    const { clock } = this.#context;
    return await PythonInstance.create({
      ...this.#settings,
      name,
      instanceName: place.name,
      decoupled: isDecoupled(source.config),
      reschedules: source.config.sequenceBatching?.iterativeSequence === true,
      batchesAhead: runsAhead(source.config),
      stateOutputs: new Set(source.config.sequenceBatching?.state.map((s) => s.outputName)),
      start,
      logger,
      clock,
      memory: this.#memory,
      makeCalls: (life, batches) =>
        new ModelCalls({
          life,
          batches,
          modelName: source.name,
          context: this.#context,
          services: this.#serve(life.connection, logger),
        }),
      watch: (watched) =>
        watchHealth(watched, options.settings, { clock, readVitals: readProcessVitals }),
      closeStub: (stub) => this.#launcher.close(stub, name, logger),
    });
  }

  /** A process is served from its first command on, for as long as it lives. */
  #serve(stub: StubConnection, logger: Logger): StubServices {
    const known = this.#services.get(stub);
    if (known) return known;
    const { models } = this.#context;
    const services = new StubServices(stub, { models, metrics: this.#metrics, logger });
    this.#services.set(stub, services);
    return services;
  }

  async #launchOptions(source: ModelSource, name: string): Promise<LaunchOptions> {
    const found = await findModelFile(source, this.#context.settings.get('script-folder'));
    const { file, backendDirectory } = found;
    const logger = this.#context.logger.child(source.name);
    const { directory, versionDirectory, version } = source;
    return {
      name,
      model: { name: source.name, version, file, directory, versionDirectory, backendDirectory },
      settings: modelSettings(this.#settings, source.config.parameters),
      runtime: await this.#runtimes.runtimeFor(source, found),
      logger,
    };
  }
}

/** Without a batcher, requests wait nowhere to become a batch, and may as well wait in the stub. */
function runsAhead(config: ModelConfig): boolean {
  return schedulingChoice(config) === 'default';
}

function isDecoupled({ modelTransactionPolicy }: ModelConfig): boolean {
  return modelTransactionPolicy?.decoupled ?? false;
}

function parkingKey({ versionDirectory }: ModelSource): string {
  return versionDirectory;
}
