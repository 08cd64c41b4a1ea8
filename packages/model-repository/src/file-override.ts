import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { InferError, type LocalModel, toInferError } from '@nereid/core';

/** Lays out the files that load requests carry, each load in a private folder of its own. */
export class FileOverrides {
  readonly #parent: string;
  /** All that were made: another follows when somebody has cleaned the temporary files away. */
  readonly #roots = new Set<string>();
  #root: Promise<string> | undefined;
  #closed = false;

  /** `parent` is made use of when the first files come, not before. */
  constructor(parent: string) {
    this.#parent = parent;
  }

  /** Writes a model's folder. Throws an InferError, and leaves nothing behind, when it cannot. */
  async layOut(files: ReadonlyMap<string, Uint8Array>): Promise<LocalModel> {
    if (this.#closed) throw new InferError('UNAVAILABLE', 'the server is exiting');
    const directory = await this.#newFolder();
    const release = () => rm(directory, { recursive: true, force: true });
    try {
      for (const [path, bytes] of files) await writeOverride(directory, path, bytes);
    } catch (error) {
      await release();
      throw error;
    }
    return { directory, release };
  }

  /** Removes all that is still there. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#root?.catch(() => undefined);
    this.#root = undefined;
    for (const root of this.#roots) await rm(root, { recursive: true, force: true });
    this.#roots.clear();
  }

  async #newRoot(): Promise<string> {
    // mkdtemp gives the folder to its owner alone: the files of a model may be secret.
    const root = await mkdtemp(join(this.#parent, 'nereid-models-'));
    this.#roots.add(root);
    return root;
  }

  async #newFolder(): Promise<string> {
    try {
      this.#root ??= this.#newRoot();
      return await mkdtemp(join(await this.#root, 'model-'));
    } catch (cause) {
      this.#root = undefined;
      throw new InferError(
        'INTERNAL',
        `failed to make a temporary folder for file overrides: ${toInferError(cause).message}`,
        { cause },
      );
    }
  }
}

/** Where in `directory` a file belongs. Throws for a path that leads out of it. */
function overridePath(directory: string, path: string): string {
  const target = normalize(`${directory}${sep}${path}`);
  if (target.startsWith(directory + sep) && target.length > directory.length + 1) return target;
  throw new InferError(
    'INVALID_ARG',
    `Invalid file parameter 'file:${path}' with normalized path '${target}' ` +
      'must stay within model directory.',
  );
}

async function writeOverride(directory: string, path: string, bytes: Uint8Array): Promise<void> {
  const target = overridePath(directory, path);
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes);
  } catch (cause) {
    throw new InferError(
      'INTERNAL',
      `failed to write file parameter 'file:${path}': ${toInferError(cause).message}`,
      { cause },
    );
  }
}
