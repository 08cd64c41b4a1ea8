import { basename, dirname, resolve } from 'node:path';
import { InferError, type LocalModel, type ModelFolders, type ModelStore } from '@nereid/core';
import { FileSystemStore } from '@nereid/model-repository';
import { findAddedModel } from './added-folder.js';

interface AddedModel {
  readonly directory: string;
  /** Its name was chosen by whoever added it; the others have those of their folders. */
  readonly renamed: boolean;
}

/** A model repository whose models lie anywhere on the local disk and are added one by one. */
export class AddedModels implements ModelStore, ModelFolders {
  readonly location = 'models added by a front end';
  readonly #models = new Map<string, AddedModel>();
  /** What came with a model, by its name. */
  readonly #members = new Map<string, readonly string[]>();

  /**
   * Rejects with ALREADY_EXISTS for a name that is taken, and with INVALID_ARG for a folder that
   * holds neither one model nor one ensemble with models whose names are free.
   */
  async add(modelName: string, directory: string): Promise<readonly string[]> {
    this.#requireFree(modelName);
    const found = await findAddedModel(resolve(directory));
    this.#requireFree(modelName);
    const names = found.members.map((member) => basename(member));
    const taken = names.find((name) => name === modelName || this.#models.has(name));
    if (taken !== undefined) {
      throw new InferError('INVALID_ARG', `another model than that of ${directory} is '${taken}'`);
    }
    this.#models.set(modelName, { directory: found.directory, renamed: true });
    for (const member of found.members) {
      this.#models.set(basename(member), { directory: member, renamed: false });
    }
    this.#members.set(modelName, names);
    return [modelName, ...names];
  }

  remove(modelName: string): void {
    for (const name of [modelName, ...(this.#members.get(modelName) ?? [])]) {
      this.#models.delete(name);
    }
    this.#members.delete(modelName);
  }

  async listModels(): Promise<readonly string[]> {
    return [...this.#models.keys()];
  }

  async fingerprint(modelName: string): Promise<string | undefined> {
    const added = this.#models.get(modelName);
    return added && (await storeOf(added).fingerprint(basename(added.directory)));
  }

  async localize(modelName: string): Promise<LocalModel> {
    const added = this.#models.get(modelName);
    if (added === undefined) throw new InferError('NOT_FOUND', `no model '${modelName}' was added`);
    const local = await storeOf(added).localize(basename(added.directory));
    return { ...local, renamed: added.renamed };
  }

  async close(): Promise<void> {}

  #requireFree(modelName: string): void {
    if (!this.#models.has(modelName)) return;
    throw new InferError('ALREADY_EXISTS', `model '${modelName}' has been added already`);
  }
}

function storeOf({ directory }: AddedModel): FileSystemStore {
  return new FileSystemStore(dirname(directory));
}
