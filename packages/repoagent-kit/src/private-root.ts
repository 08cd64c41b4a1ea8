import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { InferError } from '@nereid/core';

/** In the root: the socket that shows whether its process lives. */
export const SIGN_OF_LIFE = 'alive';
/** In the root: the folder for everything else. */
export const MODELS_FOLDER = 'models';

/** Systems give a socket's path little more than this. */
const MAX_SOCKET_PATH_BYTES = 100;

/** The roots of this process, for its end. */
const present = new Set<PrivateRoot>();

/**
 * The folder that holds all private folders of one kind and process. A socket in it answers as long
 * as the process lives: unlike a process id, that is not taken over by another process, and it also
 * holds between containers that share a volume.
 */
export class PrivateRoot {
  readonly models: string;
  readonly #path: string;
  readonly #signOfLife: Server;

  private constructor(path: string, signOfLife: Server) {
    this.#path = path;
    this.models = join(path, MODELS_FOLDER);
    this.#signOfLife = signOfLife;
  }

  static async make(parent: string, namePrefix: string): Promise<PrivateRoot> {
    // mkdtemp gives the folder to its owner alone, which keeps all that is in it from others.
    const path = await mkdtemp(join(parent, namePrefix));
    try {
      const root = new PrivateRoot(path, await listen(join(path, SIGN_OF_LIFE)));
      await mkdir(root.models, { mode: 0o700 });
      if (present.size === 0) process.on('exit', removeAll);
      present.add(root);
      return root;
    } catch (error) {
      await rm(path, { recursive: true, force: true });
      throw error;
    }
  }

  async remove(): Promise<void> {
    present.delete(this);
    if (present.size === 0) process.off('exit', removeAll);
    // The sign of life goes last: should the process die in between, the next one finds the rest.
    await rm(this.models, { recursive: true, force: true });
    this.#signOfLife.close();
    await rm(this.#path, { recursive: true, force: true });
  }

  /** For the end of the process, when nothing can be waited for any more. */
  removeNow(): void {
    // A file may just be being written by another thread, which only a second try gets hold of.
    const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 10 };
    try {
      rmSync(this.models, options);
      rmSync(this.#path, options);
    } catch {
      // The next process finds it; an error here would change this one's exit code.
    }
  }
}

function removeAll(): void {
  for (const root of present) root.removeNow();
}

function listen(path: string): Promise<Server> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new InferError('INVALID_ARG', `${path} is too long for a socket: use another folder`);
  }
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      // A broken connection to it is nobody's concern.
      server.on('error', () => {});
      resolve(server.unref());
    });
  });
}
