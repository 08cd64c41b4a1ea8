import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferError } from '@nereid/core';
import { type SocketSender, socketSender } from './socket-pipe.js';

/** For when the usual one cannot be written. */
const OTHER_FOLDERS = ['/dev/shm', '/tmp'];

/** Where one thread connects to get sockets. In a folder that only this user can look into. */
export class SenderDoor {
  readonly path: string;
  readonly #folder: string;
  readonly #server: Server;

  private constructor(folder: string, path: string, server: Server) {
    this.#folder = folder;
    this.path = path;
    this.#server = server;
  }

  /** Rejects with UNAVAILABLE where no folder can be made for it. */
  static async open(): Promise<SenderDoor> {
    let reason = '';
    for (const parent of new Set([tmpdir(), ...OTHER_FOLDERS])) {
      try {
        return await SenderDoor.#openIn(parent);
      } catch (error) {
        reason ||= error instanceof Error ? error.message : String(error);
      }
    }
    throw new InferError('UNAVAILABLE', `front-end threads need a temporary folder: ${reason}`);
  }

  static async #openIn(parent: string): Promise<SenderDoor> {
    const folder = await mkdtemp(join(parent, 'nereid-threads-'));
    const path = join(folder, 'door');
    const server = createServer({ pauseOnConnect: true });
    try {
      server.listen(path);
      await once(server, 'listening');
    } catch (error) {
      // Names of sockets are shorter than a folder's may be.
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    return new SenderDoor(folder, path, server);
  }

  /** Resolves when somebody has come; rejects with `failed`. */
  async entered(failed: Promise<never>): Promise<SocketSender> {
    const arrival = once(this.#server, 'connection');
    const [socket] = (await Promise.race([arrival, failed])) as [Socket];
    return socketSender(socket);
  }

  async close(): Promise<void> {
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
