import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type AgentModel,
  InferError,
  type Logger,
  type RepoAgent,
  type RepoAgentPlugin,
} from '@nereid/core';
import { PrivateFolders } from '@nereid/repoagent-kit';
import { copyModel } from './copy-model.js';
import { parseDestination } from './parse-destination.js';

/** Serves a model from a folder elsewhere, or from a copy that is its own. */
class RelocateAgent implements RepoAgent {
  readonly #logger: Logger;
  /** By the folder that the copies are made in. */
  readonly #folders = new Map<string, PrivateFolders>();
  readonly #copies = new Map<AgentModel, string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  async load(model: AgentModel): Promise<string> {
    const destination = parseDestination(model.parameters);
    const path = resolve(model.directory, destination.path);
    if (destination.kind === 'copy') return await this.#copy(model, path);
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory()) return path;
    throw new InferError('NOT_FOUND', `model '${model.name}' is relocated to ${path}, no folder`);
  }

  async loadFail(model: AgentModel): Promise<void> {
    await this.#remove(model);
  }

  async unloadComplete(model: AgentModel): Promise<void> {
    await this.#remove(model);
  }

  async #copy(model: AgentModel, parent: string): Promise<string> {
    const folders = this.#foldersIn(parent);
    const copy = await folders.make();
    try {
      await copyModel(model.directory, copy);
    } catch (error) {
      await folders.remove(copy);
      throw error;
    }
    this.#copies.set(model, copy);
    return copy;
  }

  async #remove(model: AgentModel): Promise<void> {
    const copy = this.#copies.get(model);
    if (copy === undefined) return;
    this.#copies.delete(model);
    const { path } = parseDestination(model.parameters);
    await this.#foldersIn(resolve(model.directory, path)).remove(copy);
  }

  #foldersIn(parent: string): PrivateFolders {
    const logger = this.#logger;
    const folders =
      this.#folders.get(parent) ?? new PrivateFolders({ purpose: 'relocate', parent, logger });
    this.#folders.set(parent, folders);
    return folders;
  }
}

const plugin: RepoAgentPlugin = { createRepoAgent: ({ logger }) => new RelocateAgent(logger) };

export default plugin;
