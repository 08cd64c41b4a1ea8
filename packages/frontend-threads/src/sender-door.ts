import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SocketSender, socketSender } from './socket-pipe.js';

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

  static async open(): Promise<SenderDoor> {
    const folder = await mkdtemp(join(tmpdir(), 'nereid-threads-'));
    const server = createServer({ pauseOnConnect: true });
    const path = join(folder, 'door');
    server.listen(path);
    await once(server, 'listening');
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
