import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  InferError,
  type LocalModel,
  type Logger,
  type ModelStore,
  silentLogger,
} from '@nereid/core';
import { fingerprintTree, listFolder } from './tree-fingerprint.js';
import { parseVersion } from './version-directories.js';

const CONFIG_FILES: readonly string[] = ['config.pbtxt', 'config.json'];

/** A model repository on the local disk: each folder in it is a model. */
export class FileSystemStore implements ModelStore {
  readonly location: string;
  readonly #directory: string;
  readonly #logger: Logger;
  /** Broken links already reported, so that polling does not repeat itself. */
  readonly #reported = new Set<string>();

  constructor(location: string, logger: Logger = silentLogger) {
    this.location = location;
    this.#directory = resolve(location);
    this.#logger = logger;
  }

  async listModels(): Promise<readonly string[]> {
    const names = await readdir(this.#directory).catch((cause: unknown) => {
      throw unreadable(this.location, cause);
    });
    const found = await Promise.all(names.map((name) => this.#isModel(name)));
    return names.filter((_, index) => found[index]);
  }

  /**
   * Covers the configuration files and the version folders, as Triton does (spec §5): names, sizes
   * and times. Labels and warm-up data beside them are read anew by a load, but do not cause one.
   */
  async fingerprint(modelName: string): Promise<string | undefined> {
    if (!isModelName(modelName)) return undefined;
    const directory = join(this.#directory, modelName);
    if (!(await isDirectory(directory))) return undefined;
    const versions = (await listFolder(directory)).filter(
      ({ name }) => parseVersion(name) !== undefined,
    );
    const configs = (await listFolder(join(directory, 'configs'))).filter(({ name }) =>
      name.endsWith('.pbtxt'),
    );
    return fingerprintTree(directory, [
      ...CONFIG_FILES,
      ...configs.map(({ name }) => join('configs', name)),
      ...versions.map(({ name }) => name),
    ]);
  }

  async localize(modelName: string): Promise<LocalModel> {
    const directory = join(this.#directory, modelName);
    if (!isModelName(modelName) || !(await isDirectory(directory))) {
      throw new InferError('NOT_FOUND', `there is no model '${modelName}' in ${this.location}`);
    }
    // The files are the user's own: there is nothing to give up.
    return { directory, release: () => Promise.resolve() };
  }

  async close(): Promise<void> {}

  async #isModel(name: string): Promise<boolean> {
    if (!isModelName(name)) return false;
    const path = join(this.#directory, name);
    try {
      return (await stat(path)).isDirectory();
    } catch (cause) {
      if (!this.#reported.has(path)) {
        this.#reported.add(path);
        this.#logger.warn(`skipping ${path}, which cannot be read: ${messageOf(cause)}`);
      }
      return false;
    }
  }
}

/** A name reaches the disk straight from a request, so it must not lead out of the repository. */
function isModelName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\\\0]/.test(name);
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

function unreadable(location: string, cause: unknown): InferError {
  return new InferError(
    'INVALID_ARG',
    `model repository '${location}' cannot be read: ${messageOf(cause)}`,
    { cause },
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
