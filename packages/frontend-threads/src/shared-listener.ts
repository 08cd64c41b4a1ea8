import { createServer, type Server, type Socket } from 'node:net';
import type { ListenPlace } from './server-calls.js';

/** A thread that connections may be given to. */
export interface ConnectionTaker {
  /** Gives a connection away, which is not to be used here any more. */
  pass(socket: Socket, frontend: string): void;
}

const BACKLOG = 1_024;
/** Connections that wait while no thread can take them, as when the only one is being restarted. */
const MAX_WAITING = 1_024;

/**
 * Accepts the connections of one front end for all threads, and gives each to the next one: fewer
 * connections than the system's own spreading needs are enough to keep all threads busy.
 */
export class SharedListener {
  readonly #frontend: string;
  readonly #takers: ConnectionTaker[] = [];
  readonly #waiting: Socket[] = [];
  #server: Server | undefined;
  #listening: Promise<number> | undefined;
  #next = 0;

  constructor(frontend: string) {
    this.#frontend = frontend;
  }

  /** Listens, if nobody has asked for it before, and resolves to the port. */
  async listen(place: ListenPlace, taker: ConnectionTaker): Promise<number> {
    this.#listening ??= this.#listen(place);
    const port = await this.#listening;
    this.#takers.push(taker);
    for (const socket of this.#waiting.splice(0)) this.#pass(socket);
    return port;
  }

  /** This one takes no more connections. Without `keep`, the last one ends the listening. */
  remove(taker: ConnectionTaker, { keep }: { readonly keep: boolean }): void {
    const index = this.#takers.indexOf(taker);
    if (index >= 0) this.#takers.splice(index, 1);
    if (!keep && this.#takers.length === 0) this.close();
  }

  close(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  #listen({ host, port, reusePort }: ListenPlace): Promise<number> {
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) =>
      this.#pass(socket),
    );
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: BACKLOG, ...(reusePort && { reusePort }) }, () => {
        server.off('error', reject);
        // A connection that cannot be accepted is not the server's end.
        server.on('error', () => {});
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  #pass(socket: Socket): void {
    this.#next = (this.#next + 1) % Math.max(1, this.#takers.length);
    const taker = this.#takers[this.#next];
    if (taker !== undefined) taker.pass(socket, this.#frontend);
    else if (this.#server && this.#waiting.length < MAX_WAITING) this.#waiting.push(socket);
    else socket.destroy();
  }
}
