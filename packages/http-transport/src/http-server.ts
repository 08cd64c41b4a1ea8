import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { BodyAllocator } from './body-buffer.js';
import { ByteBudget } from './byte-budget.js';
import { HeadCache } from './head-cache.js';
import { type ConnectionServices, HttpConnection, type HttpHandler } from './http-connection.js';
import { DEFAULT_LIMITS, type HttpLimits } from './http-limits.js';
import { readOrdinarily, readSocket } from './read-socket.js';
import { WriteTurn } from './write-turn.js';

/** Time as a server sees it; a test may give its own. */
export interface HttpTimer {
  nowMs(): number;
  /** Calls `action` again and again; returns what ends that. */
  every(intervalMs: number, action: () => void): () => void;
}

export interface HttpServerOptions<Context> {
  readonly handler: HttpHandler<Context>;
  readonly limits?: Partial<HttpLimits>;
  /** With it, connections are encrypted. */
  readonly tls?: TlsOptions | undefined;
  readonly timer?: HttpTimer;
  /** Node's own memory when absent. */
  readonly allocator?: BodyAllocator;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Shares the port with other processes; needs Node 22.12. */
  readonly reusePort?: boolean;
}

const BACKLOG = 1_024;
const CHECK_INTERVAL_MS = 1_000;

const NODE_ALLOCATOR: BodyAllocator = {
  take: (sizeBytes) => Buffer.allocUnsafe(sizeBytes),
  giveBack() {},
};

const SYSTEM_TIMER: HttpTimer = {
  nowMs: () => performance.now(),
  every(intervalMs, action) {
    const timer = setInterval(action, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** A server of HTTP/1.1 and 1.0, encrypted or not. Serves once, from `listen` to `close`. */
export class HttpServer<Context = unknown> {
  readonly #server: Server;
  readonly #timer: HttpTimer;
  readonly #limits: HttpLimits;
  readonly #connections = new Map<Socket, HttpConnection<Context>>();
  readonly #services: {
    -readonly [K in keyof ConnectionServices<Context>]: ConnectionServices<Context>[K];
  };
  #stopChecking: (() => void) | undefined;
  #allGone: (() => void) | undefined;

  /** Throws what `node:tls` throws for certificates that it cannot use. */
  constructor({
    handler,
    limits,
    tls,
    timer = SYSTEM_TIMER,
    allocator = NODE_ALLOCATOR,
  }: HttpServerOptions<Context>) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#timer = timer;
    this.#services = {
      handler,
      limits: this.#limits,
      heads: new HeadCache(this.#limits.maxFields),
      budget: new ByteBudget(this.#limits.maxHeldBodyBytes),
      nowMs: timer.nowMs(),
      allocator,
      turn: new WriteTurn(),
      closing: false,
    };
    this.#server = tls ? this.#tlsServer(tls) : this.#plainServer();
    this.#server.maxConnections = this.#limits.maxConnections;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Rejects with the error of `node:net` when it cannot listen. */
  listen({ host, port, reusePort = false }: ListenOptions): Promise<AddressInfo> {
    this.#startChecking();
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => {
        this.#stopChecking?.();
        reject(error);
      });
      this.#server.listen({ host, port, backlog: BACKLOG, ...(reusePort && { reusePort }) }, () => {
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  /**
   * Takes a connection that something else has accepted, instead of listening: a paused socket that
   * nobody has read from, and that is still to be encrypted if this server does so.
   */
  accept(socket: Socket): void {
    if (this.#services.closing || this.#connections.size >= this.#limits.maxConnections) {
      socket.destroy();
      return;
    }
    this.#startChecking();
    this.#server.emit('connection', socket);
  }

  /** From now on no request is taken; those under way may still be answered. */
  stop(): void {
    this.#services.closing = true;
    this.#server.close();
    for (const connection of this.#connections.values()) connection.finish();
  }

  /** Stops, and resolves when all connections have ended; after `graceMs` they are cut. */
  async close(graceMs: number): Promise<void> {
    if (!this.#services.closing) this.stop();
    if (graceMs <= 0) this.#destroyAll();
    if (this.#connections.size > 0) {
      const gone = new Promise<void>((resolve) => {
        this.#allGone = resolve;
      });
      const endMs = this.#timer.nowMs() + graceMs;
      const cutLate = () => this.#timer.nowMs() >= endMs && this.#destroyAll();
      const stopWaiting = this.#timer.every(Math.max(1, Math.min(graceMs, 50)), cutLate);
      await gone;
      stopWaiting();
    }
    this.#stopChecking?.();
  }

  #startChecking(): void {
    this.#stopChecking ??= this.#timer.every(CHECK_INTERVAL_MS, () => this.#check());
  }

  #plainServer(): Server {
    return createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      readSocket(socket, (reading) => this.#connect(reading));
    });
  }

  #tlsServer(tls: TlsOptions): Server {
    const options = { handshakeTimeout: this.#limits.headTimeoutMs, noDelay: true, ...tls };
    const server = createTlsServer(options, (socket) => {
      readOrdinarily(socket, (reading) => this.#connect(reading));
    });
    // Nobody is there yet who could be told that a handshake has failed.
    return server.on('tlsClientError', () => {});
  }

  #connect(socket: Socket): HttpConnection<Context> {
    const connection = new HttpConnection<Context>(socket, this.#services);
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      this.#connections.delete(socket);
      if (this.#connections.size === 0) this.#allGone?.();
    });
    return connection;
  }

  #check(): void {
    this.#services.nowMs = this.#timer.nowMs();
    for (const connection of this.#connections.values()) connection.check();
  }

  #destroyAll(): void {
    for (const connection of this.#connections.values()) connection.destroy();
  }
}
