import {
  type ModelConfig,
  type ModelReference,
  type ModelSource,
  schedulingChoice,
} from '@nereid/core';
import { normalizeConfig, validateConfig } from '@nereid/model-config';
import type { VersionLoader } from '@nereid/model-repository';
import { type LoadServices, loadModel } from './load-model.js';
import type { LoadedModel } from './loaded-model.js';

/** Loads models with the backends and schedulers that plugins offer. */
export class ModelLoader implements VersionLoader<LoadedModel> {
  readonly #services: LoadServices;

  constructor(services: LoadServices) {
    this.#services = services;
  }

  async completeConfig(source: ModelSource, autoComplete: boolean): Promise<ModelConfig> {
    const { config } = source;
    const plugin = await this.#services.plugins.scheduler(schedulingChoice(config));
    if (plugin.instanceless) return validated(normalizeConfig(config, { defaultInstanceCount: 1 }));
    const backend = await this.#services.plugins.backend(config.backend);
    const completed = autoComplete ? await backend.completeConfig?.(source) : undefined;
    const defaultInstanceCount = backend.defaultInstanceCount ?? 1;
    return validated(normalizeConfig(completed ?? config, { defaultInstanceCount }));
  }

  /**
   * None where the scheduler is missing: that is a fault of the load, which can tell it to the
   * client.
   */
  async dependencies(config: ModelConfig): Promise<readonly ModelReference[]> {
    const { plugins } = this.#services;
    const choice = schedulingChoice(config);
    if (!plugins.hasScheduler(choice)) return [];
    return (await plugins.scheduler(choice)).dependencies?.(config) ?? [];
  }

  load(source: ModelSource): Promise<LoadedModel> {
    return loadModel(source, this.#services);
  }
}

function validated(config: ModelConfig): ModelConfig {
  validateConfig(config);
  return config;
}
