import type { ModelResponse, ResponseCache } from '@nereid/core';
import type { RedisConnection } from './redis-connection.js';
import { decodeResponse, encodeResponse } from './response-codec.js';

/** What answers that are on their way to Redis may take together; more are not stored. */
const MAX_INSERTING_BYTES = 64 * 1024 * 1024;
const KEY_PREFIX = 'nereid:';

type Connection = Pick<RedisConnection, 'usable' | 'get' | 'set' | 'close'>;

/**
 * Keeps answers in Redis. Without Redis there are no answers, at once: nothing waits for it to come
 * back.
 */
export class RedisCache implements ResponseCache {
  readonly #connections: readonly Connection[];
  #turn = 0;
  #insertingBytes = 0;

  constructor(connections: readonly Connection[]) {
    this.#connections = connections;
  }

  /** How many connections can be used now. */
  get usableCount(): number {
    return this.#connections.filter(({ usable }) => usable).length;
  }

  lookup(key: string): undefined | Promise<ModelResponse | undefined> {
    const connection = this.#next();
    return connection && this.#read(connection, key);
  }

  insert(key: string, response: ModelResponse): undefined | Promise<void> {
    const connection = this.#next();
    if (!connection || this.#insertingBytes > MAX_INSERTING_BYTES) return undefined;
    return this.#write(connection, key, encodeResponse(response));
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  async #read(connection: Connection, key: string): Promise<ModelResponse | undefined> {
    const value = await connection.get(KEY_PREFIX + key);
    return value ? decodeResponse(value) : undefined;
  }

  async #write(connection: Connection, key: string, value: Buffer): Promise<void> {
    this.#insertingBytes += value.byteLength;
    try {
      await connection.set(KEY_PREFIX + key, value);
    } finally {
      this.#insertingBytes -= value.byteLength;
    }
  }

  /** The next connection in turn that can be used. */
  #next(): Connection | undefined {
    for (let tried = 0; tried < this.#connections.length; tried += 1) {
      const connection = this.#connections[this.#turn];
      this.#turn = (this.#turn + 1) % this.#connections.length;
      if (connection?.usable) return connection;
    }
    return undefined;
  }
}
