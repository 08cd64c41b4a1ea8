import {
  type Backend,
  InferError,
  type ModelConfig,
  type ModelReference,
  schedulingChoice,
} from '@nereid/core';
import { normalizeConfig, validateConfig, validatePolicies } from '@nereid/model-config';
import type { NamespacedSource, VersionLoader } from '@nereid/model-repository';
import { type LoadServices, loadModel } from './load-model.js';
import type { LoadedModel } from './loaded-model.js';

/** Of `--backend-config`: instances of a KIND_CPU group that sets no count. */
const INSTANCE_COUNT_SETTING = 'default-instance-count';

interface LoaderServices extends LoadServices {
  /** The configuration of a model as one in the given namespace means it. */
  modelConfig(model: ModelReference, namespace: string): ModelConfig;
}

/** Loads models with the backends and schedulers that plugins offer. */
export class ModelLoader implements VersionLoader<LoadedModel> {
  readonly #services: LoaderServices;

  constructor(services: LoaderServices) {
    this.#services = services;
  }

  async completeConfig(source: NamespacedSource, autoComplete: boolean): Promise<ModelConfig> {
    const { config } = source;
    const plugin = await this.#services.plugins.scheduler(schedulingChoice(config));
    const complete = plugin.instanceless
      ? normalizeConfig(config, { defaultInstanceCount: 1 })
      : await this.#completeFromFiles(source, autoComplete);
    validateConfig(complete);
    if (!plugin.completeConfig) return complete;
    const scheduled = plugin.completeConfig(complete, {
      modelConfig: (model) => this.#services.modelConfig(model, source.namespace),
    });
    validateConfig(scheduled);
    return scheduled;
  }

  /** A model without a backend has nothing to complete its instances and tensors from. */
  async checkConfig(config: ModelConfig): Promise<void> {
    const { plugins } = this.#services;
    const normalized = normalizeConfig(config, { defaultInstanceCount: 1 });
    const choice = schedulingChoice(config);
    const complete = plugins.hasScheduler(choice) && (await plugins.scheduler(choice)).instanceless;
    if (complete) validateConfig(normalized);
    else validatePolicies(normalized);
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

  changeInstances(loaded: LoadedModel, config: ModelConfig): Promise<boolean> {
    return loaded.changeInstances(config);
  }

  load(source: NamespacedSource): Promise<LoadedModel> {
    return loadModel(source, this.#services);
  }

  async #completeFromFiles(source: NamespacedSource, autoComplete: boolean): Promise<ModelConfig> {
    const { config } = source;
    const backend = await this.#services.plugins.backend(config.backend);
    const completed = autoComplete ? await backend.completeConfig?.(source) : undefined;
    return normalizeConfig(completed ?? config, {
      defaultInstanceCount: this.#defaultInstanceCount(config.backend, backend),
    });
  }

  /** A backend's own default is meant for machines with as many cores. */
  #defaultInstanceCount(name: string, backend: Backend): number {
    const { plugins, cores } = this.#services;
    const setting = plugins.backendSettings(name).get(INSTANCE_COUNT_SETTING);
    if (setting === undefined) return Math.min(backend.defaultInstanceCount ?? 1, cores.coreCount);
    if (/^[1-9]\d{0,5}$/.test(setting)) return Number(setting);
    throw new InferError(
      'INVALID_ARG',
      `--backend-config=${name},${INSTANCE_COUNT_SETTING} must be a number from 1 on, got ` +
        `'${setting}'`,
    );
  }
}
