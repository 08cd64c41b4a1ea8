import { createServer as createNetServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { ByteBudget } from './byte-budget.js';
import { Connection, type ConnectionServices } from './connection.js';
import { lookIntervalMs } from './connection-lifetime.js';
import { FlushQueue } from './connection-output.js';
import { Deadlines } from './deadlines.js';
import type { GrpcHandlers } from './grpc-call.js';
import type { MessageAllocator } from './message-assembler.js';
import { MessageInflater } from './message-coder.js';
import { MethodTable } from './method-table.js';
import { defaultLimits, type ServerOptions, systemClock } from './server-options.js';
import { adoptSocket, readUsually } from './socket-reader.js';

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Whether other processes may listen on the same port; see `canReusePort`. */
  readonly reusePort?: boolean;
}

const NODE_ALLOCATOR: MessageAllocator = {
  take: (sizeBytes) => Buffer.allocUnsafeSlow(sizeBytes),
  giveBack() {},
};

/** Whether this Node can share a port with other processes: from 22.12 and 23.1 on. */
export function canReusePort(version = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

/** A gRPC server: takes connections and gives their calls to the handlers. */
export class GrpcServer {
  readonly #server: Server;
  readonly #services: ConnectionServices;
  readonly #connections = new Set<Connection>();
  readonly #encrypted: boolean;
  #cancelLook: (() => void) | undefined;
  #lastLookMs = 0;
  #closed: (() => void) | undefined;
  #closing = false;

  constructor(handlers: GrpcHandlers, options: ServerOptions = {}) {
    const {
      tls,
      compression = () => 'none',
      clock = systemClock,
      allocator = NODE_ALLOCATOR,
      ...limits
    } = options;
    const allLimits = { ...defaultLimits(), ...limits };
    this.#services = {
      limits: allLimits,
      clock,
      budget: new ByteBudget(allLimits.maxMessagesBytes),
      deadlines: new Deadlines(clock),
      allocator,
      inflater: new MessageInflater(allLimits.maxInflatedMessageBytes),
      methods: new MethodTable(handlers, compression),
      flushQueue: new FlushQueue(),
    };
    this.#encrypted = tls !== undefined;
    this.#server = this.#createServer(tls);
    // A connection that cannot be accepted is not the server's end.
    this.#server.on('error', () => {});
  }

  /** Bytes of messages that are held now. */
  get heldBytes(): number {
    return this.#services.budget.heldBytes;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Listens and resolves to the port. Rejects with what the system says when it cannot. */
  listen({ host, port, reusePort = false }: ListenAddress): Promise<number> {
    const server = this.#server;
    if (reusePort && !canReusePort()) {
      return Promise.reject(new Error(`Node ${process.versions.node} cannot share a port`));
    }
    const options = { host, port, ...(reusePort && { reusePort }) };
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(options, () => {
        server.off('error', reject);
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /**
   * Takes a connection that something else has accepted, instead of listening: a paused socket that
   * nobody has read from, and that is still to be encrypted if this server does so.
   */
  accept(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /**
   * Takes no new connections and calls, and resolves when all calls have ended, or after `graceMs`.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#server.close();
    for (const connection of this.#connections) connection.drain('the server stops');
    const destroy = () => {
      for (const connection of [...this.#connections]) connection.destroy();
    };
    const cancelTimer = this.#services.clock.after(graceMs, destroy);
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#closed = resolve;
      });
    }
    cancelTimer();
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }

  #createServer(tls: ServerOptions['tls']): Server {
    const plain = { pauseOnConnect: true, noDelay: true };
    if (tls === undefined) return createNetServer(plain, (socket) => this.#accept(socket));
    const options: TlsOptions = {
      noDelay: true,
      cert: tls.certificate,
      key: tls.key,
      ...(tls.rootCertificate !== undefined && { ca: tls.rootCertificate }),
      requestCert: tls.mutual,
      rejectUnauthorized: tls.mutual,
      ALPNProtocols: ['h2'],
      handshakeTimeout: this.#services.limits.handshakeTimeoutMs,
    };
    const server = createTlsServer(options, (socket) => {
      // gRPC needs HTTP/2, and says so while the encryption is agreed on.
      if (socket.alpnProtocol === 'h2') this.#accept(socket);
      else socket.destroy();
    });
    return server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  #accept(accepted: Socket): void {
    const { maxConnections } = this.#services.limits;
    const full = maxConnections > 0 && this.#connections.size >= maxConnections;
    if (full || this.#closing || accepted.destroyed) {
      accepted.destroy();
      return;
    }
    let connection: Connection | undefined;
    const make = (socket: Socket) => {
      connection ??= new Connection(socket, this.#services, this.#forget);
      return connection;
    };
    const added = this.#encrypted ? make(accepted) : adoptSocket(accepted, make);
    if (this.#encrypted) readUsually(accepted, added);
    this.#connections.add(added);
    this.#look();
  }

  readonly #forget = (connection: Connection): void => {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    this.#closed?.();
  };

  /** Looks after the connections, as long as there are any. */
  #look(): void {
    if (this.#cancelLook !== undefined) return;
    const { limits, clock } = this.#services;
    this.#lastLookMs = clock.nowMs();
    const again = () => {
      const nowMs = clock.nowMs();
      const elapsedMs = nowMs - this.#lastLookMs;
      this.#lastLookMs = nowMs;
      for (const connection of this.#connections) connection.look(nowMs, elapsedMs);
      if (this.#connections.size > 0) this.#cancelLook = clock.after(lookIntervalMs(limits), again);
    };
    this.#cancelLook = clock.after(lookIntervalMs(limits), again);
  }
}
