import { join } from 'node:path';
import {
  InferError,
  type LoadOptions,
  type LocalModel,
  type ModelConfig,
  type ModelReference,
  toInferError,
} from '@nereid/core';
import { completeConfigNames } from '@nereid/model-config';
import { AgentChain } from './agent-chain.js';
import type { FileOverrides } from './file-override.js';
import { failure, type LoadFailure } from './load-outcome.js';
import { ModelContent } from './model-content.js';
import type { ModelLocator } from './model-locator.js';
import { checkConfigName, parseConfigOverride, readModelConfig } from './read-model-config.js';
import type { RepositoryOptions } from './repository-options.js';
import { fingerprintTree, listFolder } from './tree-fingerprint.js';
import { chooseVersions, listVersions } from './version-directories.js';

export const DUPLICATE_REASON = 'model appears in two or more repositories';

/** A model's files before anybody has read them. */
interface Origin {
  readonly fingerprint: string | undefined;
  readonly local: LocalModel;
}

/** Finds the model's dependencies by its configuration; the engine knows how. */
type Dependencies = (config: ModelConfig) => Promise<readonly ModelReference[]>;

interface PreparerServices {
  readonly overrides: FileOverrides;
  readonly locator: ModelLocator;
  readonly dependencies: Dependencies;
  checkConfig(config: ModelConfig): Promise<void>;
}

/**
 * The first half of a load, which touches no running model: finds the files, runs the repository
 * agents, reads the configuration and picks the versions.
 */
export class ContentPreparer {
  readonly #options: RepositoryOptions;
  readonly #services: PreparerServices;

  constructor(options: RepositoryOptions, services: PreparerServices) {
    this.#options = options;
    this.#services = services;
  }

  /** The fingerprint of the one store that has the model; undefined when none or several do. */
  async fingerprint(key: string): Promise<string | undefined> {
    const found = await this.#services.locator.locate(key);
    return found.length === 1 ? found[0]?.fingerprint : undefined;
  }

  /** The caller holds the content and must pass it on or give it back with `discard`. */
  async prepare(key: string, load: LoadOptions): Promise<ModelContent | LoadFailure> {
    const modelName = this.#services.locator.name(key);
    let origin: Origin | undefined;
    let agents: AgentChain | undefined;
    try {
      origin = await this.#origin(key, load);
      const written = await this.#readConfig(modelName, origin.local, load.config);
      const { repoAgent, logger } = this.#options;
      const { local } = origin;
      agents = await AgentChain.load({
        modelName,
        config: written,
        directory: local.directory,
        logger,
        repoAgent,
        readConfig: (directory) =>
          this.#readConfig(modelName, { ...local, directory }, load.config),
      });
      const named = await this.#completeNames(modelName, agents.directory, agents.config);
      await this.#services.checkConfig(named);
      const content = await this.#assemble({ ...origin, agents, key, load, config: named });
      if (content instanceof ModelContent) return content;
      await abandon(origin, agents);
      return content;
    } catch (error) {
      await abandon(origin, agents);
      return failure('poll', toInferError(error).message);
    }
  }

  /** Gives back content that will not be loaded. */
  async discard(content: ModelContent): Promise<void> {
    await content.options.agents.loadFail();
    await content.drop();
  }

  async #origin(key: string, load: LoadOptions): Promise<Origin> {
    const { locator, overrides } = this.#services;
    if (load.files && load.files.size > 0) {
      if (load.config === undefined) {
        throw new InferError(
          'INVALID_ARG',
          "Load parameter 'config' must be specified for model file override",
        );
      }
      return { fingerprint: undefined, local: await overrides.layOut(load.files) };
    }
    const [found, another] = await locator.locate(key);
    if (another) throw new InferError('INVALID_ARG', DUPLICATE_REASON);
    if (!found) throw new InferError('NOT_FOUND', 'model not found in any model repository');
    return { fingerprint: found.fingerprint, local: await found.store.localize(found.name) };
  }

  async #readConfig(
    modelName: string,
    { directory, renamed }: Pick<LocalModel, 'directory' | 'renamed'>,
    override: string | undefined,
  ): Promise<ModelConfig> {
    const { configName, autoComplete } = this.#options;
    const config =
      override === undefined
        ? await readModelConfig({ modelName, directory, configName, autoComplete })
        : parseConfigOverride(override);
    if (renamed) return { ...config, name: modelName };
    checkConfigName(config, modelName);
    return config;
  }

  async #completeNames(
    modelName: string,
    directory: string,
    config: ModelConfig,
  ): Promise<ModelConfig> {
    if (!this.#options.autoComplete) return config;
    const versions = await listVersions(directory, this.#options.logger);
    // The rule goes by the names of the folders, in which 10 comes before 2.
    const first = versions.map(String).toSorted()[0];
    const entries = first === undefined ? [] : await listFolder(join(directory, first));
    const versionEntries = entries.map(({ name }) => name);
    return completeConfigNames(config, { directoryName: modelName, versionEntries });
  }

  async #assemble(
    parts: Origin & {
      readonly key: string;
      readonly agents: AgentChain;
      readonly load: LoadOptions;
      readonly config: ModelConfig;
    },
  ): Promise<ModelContent | LoadFailure> {
    const { key, agents, config, load } = parts;
    const { logger } = this.#options;
    const available = await listVersions(agents.directory, logger);
    const { versions, missing } = chooseVersions(config.versionPolicy, available);
    for (const version of missing) {
      logger.error(
        `version ${version} is specified for model '${key}', ` +
          'but the version directory is not present',
      );
    }
    if (versions.length === 0) {
      return failure(
        'load',
        `at least one version must be available under the version policy of model '${key}'`,
      );
    }
    const prints = new Map<number, string>();
    for (const version of versions) {
      prints.set(version, await fingerprintTree(agents.directory, [String(version)]));
    }
    const dependencies = await this.#dependencies(key, config).catch((error: unknown) =>
      failure('load', toInferError(error).message),
    );
    if ('kind' in dependencies) return dependencies;
    const { fingerprint, local } = parts;
    const overrideConfig = load.config;
    const { locator } = this.#services;
    return new ModelContent({
      key,
      modelName: locator.name(key),
      namespace: locator.namespace(key),
      fingerprint,
      local,
      agents,
      config,
      overrideConfig,
      dependencies,
      versions: prints,
    });
  }

  async #dependencies(key: string, config: ModelConfig): Promise<readonly ModelReference[]> {
    const { locator, dependencies } = this.#services;
    const needs = await dependencies(config);
    return Promise.all(needs.map((need) => locator.resolve(need, locator.namespace(key))));
  }
}

async function abandon(origin: Origin | undefined, agents: AgentChain | undefined): Promise<void> {
  await agents?.loadFail();
  await origin?.local.release();
}
