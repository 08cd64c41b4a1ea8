import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InferError, type LocalModel, type ModelFolders, type ModelStore } from '@nereid/core';
import { FileSystemStore } from '@nereid/model-repository';

/** Entries that make a folder a model's own, not one that holds a model's. */
const MODEL_ENTRY = /^(?:config\.(?:pbtxt|json)|[0-9]+)$/;

/** A model repository whose models lie anywhere on the local disk and are added one by one. */
export class AddedModels implements ModelStore, ModelFolders {
  readonly location = 'models added by a front end';
  readonly #directories = new Map<string, string>();

  /** Throws ALREADY_EXISTS for a name that is taken. */
  add(modelName: string, directory: string): void {
    if (this.#directories.has(modelName)) {
      throw new InferError('ALREADY_EXISTS', `model '${modelName}' has been added already`);
    }
    this.#directories.set(modelName, resolve(directory));
  }

  remove(modelName: string): void {
    this.#directories.delete(modelName);
  }

  async listModels(): Promise<readonly string[]> {
    return [...this.#directories.keys()];
  }

  async fingerprint(modelName: string): Promise<string | undefined> {
    const added = this.#directories.get(modelName);
    if (added === undefined) return undefined;
    const directory = await modelDirectory(added);
    return await new FileSystemStore(dirname(directory)).fingerprint(basename(directory));
  }

  async localize(modelName: string): Promise<LocalModel> {
    const added = this.#directories.get(modelName);
    if (added === undefined) throw new InferError('NOT_FOUND', `no model '${modelName}' was added`);
    const directory = await modelDirectory(added);
    const store = new FileSystemStore(dirname(directory));
    return { ...(await store.localize(basename(directory))), renamed: true };
  }

  async close(): Promise<void> {}
}

/** The folder itself if it is a model's, or else the one folder in it. */
async function modelDirectory(directory: string): Promise<string> {
  const names = await readdir(directory).catch((cause: Error) => {
    throw new InferError('NOT_FOUND', `cannot read ${directory}: ${cause.message}`, { cause });
  });
  if (names.some((name) => MODEL_ENTRY.test(name))) return directory;
  const isFolder = await Promise.all(
    names.map(async (name) => (await stat(join(directory, name))).isDirectory()),
  );
  const [folder, ...others] = names.filter((name, at) => isFolder[at] && !name.startsWith('.'));
  if (folder !== undefined && others.length === 0) return join(directory, folder);
  throw new InferError(
    'INVALID_ARG',
    `${directory} must hold one model, it has ${folder === undefined ? 0 : others.length + 1}`,
  );
}
