import { join } from 'node:path';
import type { LocalModel, ModelConfig, ModelReference } from '@nereid/core';
import { normalizeConfig } from '@nereid/model-config';
import type { AgentChain } from './agent-chain.js';
import type { NamespacedSource } from './version-loader.js';

interface ModelContentOptions {
  /** Under which it is known here; clients see the name. */
  readonly key: string;
  readonly modelName: string;
  /** The location of its repository, with namespaces; empty without. */
  readonly namespace: string;
  /** What the store's fingerprint was before anything was read; undefined for file overrides. */
  readonly fingerprint: string | undefined;
  readonly local: LocalModel;
  readonly agents: AgentChain;
  /** With names completed, otherwise as it is written. */
  readonly config: ModelConfig;
  /** The configuration that came with the load request. */
  readonly overrideConfig: string | undefined;
  /** By key. */
  readonly dependencies: readonly ModelReference[];
  /** The versions to load, ascending, and a fingerprint of each one's files. */
  readonly versions: ReadonlyMap<number, string>;
}

/**
 * The files and the configuration of one load. They are held until the last version that was loaded
 * from them is gone, for models may read their files late.
 */
export class ModelContent {
  readonly options: ModelContentOptions;
  #holds = 1;

  /** Held once, by whoever made it. */
  constructor(options: ModelContentOptions) {
    this.options = options;
  }

  get versions(): readonly number[] {
    return [...this.options.versions.keys()];
  }

  source(version: number, config: ModelConfig): NamespacedSource {
    const { agents, modelName: name, namespace } = this.options;
    const { directory } = agents;
    const versionDirectory = join(directory, String(version));
    return { name, namespace, version, config, directory, versionDirectory };
  }

  hold(): void {
    this.#holds++;
  }

  /** Gives up holds. The last one releases the files; true then. */
  async drop(count = 1): Promise<boolean> {
    this.#holds -= count;
    if (this.#holds > 0) return false;
    await this.options.local.release();
    return true;
  }

  /** True when `version` is the same in `previous`, so that it need not be loaded again. */
  keeps(version: number, previous: ModelContent): boolean {
    const [now, then] = [this, previous].map(({ options }) => settings(options.config));
    return now === then && this.#hasFilesOf(version, previous);
  }

  /** True when `version` differs from that in `previous` in its instances only. */
  changesInstances(version: number, previous: ModelContent): boolean {
    if (!this.#hasFilesOf(version, previous) || this.keeps(version, previous)) return false;
    // What is left unsaid in one of them may be said in the other, as the server said it before.
    const [now, then] = [this, previous].map(({ options: { config } }) => {
      const said = normalizeConfig(config, { defaultInstanceCount: 1 });
      return settings({ ...said, instanceGroup: [] });
    });
    return now === then;
  }

  #hasFilesOf(version: number, previous: ModelContent): boolean {
    const [now, then] = [this.options, previous.options];
    if (now.agents.length > 0 || then.agents.length > 0) return false;
    const comparable = now.local.snapshot && then.local.snapshot;
    if (!comparable && now.local.directory !== then.local.directory) return false;
    return now.versions.get(version) === then.versions.get(version);
  }
}

/** All that shapes a version; which versions are loaded does not. */
function settings(config: ModelConfig): string {
  return JSON.stringify({ ...config, versionPolicy: undefined });
}
