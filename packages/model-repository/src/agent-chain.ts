import {
  type AgentModel,
  type Logger,
  type ModelConfig,
  type RepoAgent,
  toInferError,
} from '@nereid/core';

interface Link {
  readonly agent: RepoAgent;
  readonly model: AgentModel;
}

/** What may follow an agent's `load`. */
type AgentStep = 'loadComplete' | 'loadFail' | 'unload' | 'unloadComplete';

interface AgentChainOptions {
  readonly modelName: string;
  /** Its agents are the chain, for this load and the unload that follows it. */
  readonly config: ModelConfig;
  readonly directory: string;
  readonly logger: Logger;
  /** The configuration in a folder that an agent put in the place of the model's. */
  readConfig(directory: string): Promise<ModelConfig>;
  repoAgent(name: string): Promise<RepoAgent>;
}

/** The repository agents of one load of a model, in the order of its configuration (spec §5). */
export class AgentChain {
  readonly #links: Link[] = [];
  readonly #options: AgentChainOptions;
  #directory: string;
  #config: ModelConfig;

  private constructor(options: AgentChainOptions) {
    this.#options = options;
    this.#directory = options.directory;
    this.#config = options.config;
  }

  /**
   * Lets each agent act on what the one before it left. When one refuses, those before it hear that
   * the load failed, and its error is thrown.
   */
  static async load(options: AgentChainOptions): Promise<AgentChain> {
    const chain = new AgentChain(options);
    try {
      await chain.#loadAll();
    } catch (error) {
      await chain.loadFail();
      throw error;
    }
    return chain;
  }

  get length(): number {
    return this.#links.length;
  }

  /** The folder to load from, as the last agent left it. */
  get directory(): string {
    return this.#directory;
  }

  /** The configuration to load with: the one in the folder, which may be another one. */
  get config(): ModelConfig {
    return this.#config;
  }

  /** What ends an action runs from the last agent to the first: each finds what it left behind. */
  async loadComplete(): Promise<void> {
    await this.#notify('loadComplete', this.#links.toReversed());
  }

  async loadFail(): Promise<void> {
    await this.#notify('loadFail', this.#links.toReversed());
  }

  async unload(): Promise<void> {
    await this.#notify('unload', this.#links);
  }

  async unloadComplete(): Promise<void> {
    await this.#notify('unloadComplete', this.#links.toReversed());
  }

  async #loadAll(): Promise<void> {
    const { config, modelName } = this.#options;
    for (const { name, parameters } of config.modelRepositoryAgents?.agents ?? []) {
      const agent = await this.#options.repoAgent(name);
      const directory = this.#directory;
      const model = { name: modelName, config: this.#config, directory, parameters };
      this.#directory = await agent.load(model);
      this.#links.push({ agent, model });
      // The agents themselves stay those of the first configuration, as in Triton (spec §5).
      const moved = this.#directory !== directory;
      if (moved) this.#config = await this.#options.readConfig(this.#directory);
    }
  }

  /** Only `load` can refuse; whatever else an agent throws is written to the log. */
  async #notify(step: AgentStep, links: readonly Link[]): Promise<void> {
    for (const { agent, model } of links) {
      try {
        await agent[step]?.(model);
      } catch (error) {
        const reason = toInferError(error).message;
        this.#options.logger.error(
          `a repository agent of model '${model.name}' failed in ${step}: ${reason}`,
        );
      }
    }
  }
}
