import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InferError, type Logger, toInferError } from '@nereid/core';
import { PrivateRoot } from './private-root.js';
import { removeAbandonedRoots } from './remove-abandoned-roots.js';

export interface PrivateFoldersOptions {
  /** A word for the names of the folders, such as the agent's. */
  readonly purpose: string;
  /** The folder to make them in, on a local file system. */
  readonly parent: string;
  readonly logger: Logger;
}

/**
 * Folders for files that a repository agent makes: only the user that runs the server can look into
 * them, and they do not outlive it. What a process that was killed has left is removed by the next
 * one that makes folders of the same purpose in the same parent.
 */
export class PrivateFolders {
  readonly #options: PrivateFoldersOptions;
  readonly #namePrefix: string;
  /** By folder. */
  readonly #roots = new Map<string, PrivateRoot>();
  #swept: Promise<void> | undefined;
  #root: Promise<PrivateRoot> | undefined;
  /** Folders of the present root that are there or on their way. */
  #count = 0;

  constructor(options: PrivateFoldersOptions) {
    this.#options = { ...options, parent: resolve(options.parent) };
    this.#namePrefix = `nereid-${options.purpose}-`;
  }

  /** An absolute path to a new, empty folder. The caller removes it. */
  async make(): Promise<string> {
    this.#count++;
    try {
      await this.sweep();
      this.#root ??= PrivateRoot.make(this.#options.parent, this.#namePrefix);
      const root = await this.#root;
      const folder = await mkdtemp(join(root.models, 'model-'));
      this.#roots.set(folder, root);
      return folder;
    } catch (cause) {
      await this.#release(undefined);
      const reason = toInferError(cause).message;
      const message = `cannot make a private folder in ${this.#options.parent}: ${reason}`;
      throw new InferError('INTERNAL', message, { cause });
    }
  }

  /** Removes what processes that are no more have left. Happens once; `make` waits for it. */
  sweep(): Promise<void> {
    this.#swept ??= this.#sweep();
    return this.#swept;
  }

  /** Removes a folder with all that is in it. Nothing happens for one that is gone. */
  async remove(folder: string): Promise<void> {
    const root = this.#roots.get(folder);
    if (!root) return;
    this.#roots.delete(folder);
    await rm(folder, { recursive: true, force: true });
    await this.#release(root);
  }

  /** The last folder takes the root with it, so that a server without models leaves no trace. */
  async #release(root: PrivateRoot | undefined): Promise<void> {
    this.#count--;
    if (this.#count > 0) return;
    const last = root ?? (await this.#root?.catch(() => undefined));
    if (this.#count > 0) return;
    this.#root = undefined;
    await last?.remove();
  }

  async #sweep(): Promise<void> {
    const { parent, logger } = this.#options;
    try {
      for (const path of await removeAbandonedRoots(parent, this.#namePrefix)) {
        logger.warn(`removed ${path}, which a server that was killed had left`);
      }
    } catch (error) {
      logger.warn(`cannot look for left-over folders in ${parent}: ${toInferError(error).message}`);
    }
  }
}
