import { type Clock, InferError, type Logger, toInferError } from '@nereid/core';
import { createClient, RESP_TYPES } from '@redis/client';
import type { RedisSettings } from './redis-settings.js';

/** Requests beyond these go without the cache rather than wait. */
const MAX_COMMANDS = 4096;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;
/** A connection that has not answered for so long is replaced. */
const GIVE_UP_US = 5_000_000;
const CLOSE_LIMIT_US = 1_000_000;
/** Lines that the log gets of one loss. */
const MAX_REASONS = 4;

interface RedisConnectionOptions {
  readonly settings: RedisSettings;
  readonly logger: Logger;
  readonly clock: Clock;
}

type Client = ReturnType<typeof makeClient>;

/**
 * One connection to Redis, made anew whenever it is lost. Each command is answered, refused or
 * given up within the time that the settings allow. After one that was given up, none is sent until
 * Redis answers again, so that a Redis that hangs costs a request no more than one that is gone.
 */
export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #address: string;
  #client: Client;
  #silent = false;
  #commandCount = 0;
  /** Why it is lost, as the log has been told; empty while it is there. */
  readonly #reasons = new Set<string>();
  #closed = false;

  constructor(options: RedisConnectionOptions) {
    const { host, port } = options.settings;
    this.#options = options;
    this.#address = `Redis at ${host}:${port}`;
    this.#client = this.#open();
  }

  /** False when a command could not be sent, or would not be answered. */
  get usable(): boolean {
    return this.#client.isReady && !this.#silent && this.#commandCount < MAX_COMMANDS;
  }

  /** Rejects with an UNAVAILABLE InferError. */
  get(key: string): Promise<Buffer | null> {
    return this.#answer(this.#client.get(key));
  }

  /** Rejects with an UNAVAILABLE InferError. `value` must not change before. */
  async set(key: string, value: Buffer): Promise<void> {
    const { ttlSeconds } = this.#options.settings;
    const expiration = { type: 'EX', value: ttlSeconds } as const;
    await this.#answer(this.#client.set(key, value, ttlSeconds > 0 ? { expiration } : {}));
  }

  /** Sends what is under way, within a second. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    if (client.isReady && !this.#silent) {
      let cancel = () => {};
      const timeout = new Promise<void>((resolve) => {
        cancel = this.#options.clock.schedule(CLOSE_LIMIT_US, resolve);
      });
      await Promise.race([client.close().catch(() => {}), timeout]);
      cancel();
    }
    if (client.isOpen) client.destroy();
  }

  #open(): Client {
    const client = makeClient(this.#options.settings);
    client.on('ready', () => this.#found(client));
    client.on('error', (error: unknown) => this.#lost(reasonOf(error)));
    // It tries until it is closed, and only then rejects.
    client.connect().catch(() => {});
    return client;
  }

  #found(client: Client): void {
    if (client !== this.#client) return;
    this.#silent = false;
    const { logger } = this.#options;
    if (this.#reasons.size === 0) logger.verbose(1, `connected to ${this.#address}`);
    else logger.info(`${this.#address} is back`);
    this.#reasons.clear();
  }

  /** Tells each reason once, however often it is tried in vain. */
  #lost(reason: string): void {
    if (this.#closed || this.#reasons.has(reason) || this.#reasons.size >= MAX_REASONS) return;
    this.#reasons.add(reason);
    this.#options.logger.warn(
      `${this.#address} is lost (${reason}); requests are answered without it until it is back`,
    );
  }

  #answer<T>(command: Promise<T>): Promise<T> {
    const { clock, settings } = this.#options;
    this.#commandCount += 1;
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (action: () => void) => {
        if (settled) return;
        settled = true;
        cancel();
        this.#commandCount -= 1;
        action();
      };
      const cancel = clock.schedule(settings.commandTimeoutMs * 1000, () => {
        // Where this process was busy for long, the answer may be there and only unread.
        setImmediate(() => settle(() => reject(this.#fallSilent())));
      });
      command.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(unavailable(reasonOf(error)))),
      );
    });
  }

  /** Stops sending until Redis answers a ping. Returns the error of the command it left waiting. */
  #fallSilent(): InferError {
    const error = unavailable(
      `${this.#address} does not answer within ${this.#options.settings.commandTimeoutMs} ms`,
    );
    if (this.#silent || this.#closed) return error;
    this.#silent = true;
    this.#lost(error.message);
    const client = this.#client;
    const cancel = this.#options.clock.schedule(GIVE_UP_US, () => this.#replace(client));
    client.ping().then(
      () => {
        cancel();
        this.#found(client);
      },
      // The connection broke; it is being made anew.
      () => cancel(),
    );
    return error;
  }

  #replace(client: Client): void {
    if (this.#closed || client !== this.#client) return;
    this.#client = this.#open();
    if (client.isOpen) client.destroy();
  }
}

function makeClient(settings: RedisSettings) {
  const { host, port, user, password, database, tls, connectTimeoutMs } = settings;
  const socket = { host, port, connectTimeout: connectTimeoutMs, reconnectStrategy: retryDelayMs };
  return createClient({
    // The older protocol, which every Redis speaks.
    RESP: 2,
    socket: tls ? { ...socket, tls: true, ...tlsOptions(tls, host) } : socket,
    ...(user ? { username: user } : {}),
    ...(password ? { password } : {}),
    database,
    disableOfflineQueue: true,
    commandsQueueMaxLength: 2 * MAX_COMMANDS,
    maintNotifications: 'disabled',
    // The client's own limit holds only until a command is sent.
    commandOptions: { timeout: 0, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  });
}

function tlsOptions(tls: NonNullable<RedisSettings['tls']>, host: string) {
  return {
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.authorities.length === 0 ? {} : { ca: [...tls.authorities] }),
    servername: tls.serverName ?? host,
  };
}

/** Twice as long each time, with a part left to chance, so that servers do not come all at once. */
function retryDelayMs(retries: number): number {
  const delayMs = Math.min(FIRST_RETRY_MS * 2 ** retries, LAST_RETRY_MS);
  return delayMs * (0.75 + Math.random() / 4);
}

function reasonOf(error: unknown): string {
  const { message } = toInferError(error);
  const code = (error as NodeJS.ErrnoException).code;
  return message === '' && code ? code : message;
}

function unavailable(message: string): InferError {
  return new InferError('UNAVAILABLE', message);
}
