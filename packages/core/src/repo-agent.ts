import type { ModelConfig } from './model-config.js';
import type { PluginContext } from './plugin-context.js';

/** The default export of a module that a manifest lists under `repoAgents`. */
export interface RepoAgentPlugin {
  createRepoAgent(context: PluginContext): RepoAgent;
}

/** The model an agent acts on, for one load: all calls about that load get this very object. */
export interface AgentModel {
  readonly name: string;
  /** As the agent before left it, not completed yet; an empty one if there is no file. */
  readonly config: ModelConfig;
  /** The model folder, as the agent before left it. */
  readonly directory: string;
  /** The parameters that the model's configuration gives this agent. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Checks or transforms a model's files around its load and unload. For each load either `load`
 * throws and the load fails, or exactly one of `loadComplete` and `loadFail` follows; `unload` and
 * `unloadComplete` follow a completed load.
 */
export interface RepoAgent {
  /** Returns the folder to load from: the given one, or another that the agent made and owns. */
  load(model: AgentModel): Promise<string>;
  loadComplete?(model: AgentModel): Promise<void>;
  loadFail?(model: AgentModel): Promise<void>;
  unload?(model: AgentModel): Promise<void>;
  unloadComplete?(model: AgentModel): Promise<void>;
}
