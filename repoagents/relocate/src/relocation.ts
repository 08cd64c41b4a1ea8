/** The agent with which Triton tests what a move does to a model's configuration. */

import { tmpdir } from 'node:os';
import { type AgentModel, InferError, type RepoAgent, type RepoAgentPlugin } from '@nereid/core';
import { PrivateFolders } from '@nereid/repoagent-kit';

const AGENT = 'relocation agent';

/**
 * Moves a model to an empty folder. Its one parameter, `empty_config`, says whether the agent must
 * be shown a configuration without agents: only the first of several sees the one that is written.
 */
class RelocationAgent implements RepoAgent {
  readonly #folders: PrivateFolders;
  readonly #moved = new Map<AgentModel, string>();

  constructor(folders: PrivateFolders) {
    this.#folders = folders;
  }

  async load(model: AgentModel): Promise<string> {
    checkConfig(model, expectsEmpty(model.parameters));
    const folder = await this.#folders.make();
    this.#moved.set(model, folder);
    return folder;
  }

  async loadFail(model: AgentModel): Promise<void> {
    await this.#remove(model);
  }

  async unloadComplete(model: AgentModel): Promise<void> {
    await this.#remove(model);
  }

  async #remove(model: AgentModel): Promise<void> {
    const folder = this.#moved.get(model);
    this.#moved.delete(model);
    if (folder !== undefined) await this.#folders.remove(folder);
  }
}

/** The texts here and below are those of Triton's agent. */
function expectsEmpty(parameters: Readonly<Record<string, string>>): boolean {
  const [[key, value] = [], ...others] = Object.entries(parameters);
  if (key === undefined || others.length > 0) {
    throw refusal(`1 parameter for ${AGENT}`);
  }
  if (key !== 'empty_config') throw refusal(`parameter with key 'empty_config' for ${AGENT}`);
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw refusal(`'empty_config' parameter with value 'true' or 'false' for ${AGENT}`);
}

function checkConfig({ config }: AgentModel, empty: boolean): void {
  if (empty !== (config.modelRepositoryAgents !== undefined)) return;
  const verb = empty ? 'does not contain' : 'contains';
  throw refusal(
    `config ${verb} 'model_repository_agents' field when 'empty_config' has value '${empty}' ` +
      `for ${AGENT}`,
  );
}

function refusal(expectation: string): InferError {
  return new InferError('INVALID_ARG', `Relocation repoagent expects ${expectation}`);
}

const plugin: RepoAgentPlugin = {
  createRepoAgent: ({ logger }) =>
    new RelocationAgent(new PrivateFolders({ purpose: 'relocation', parent: tmpdir(), logger })),
};

export default plugin;
