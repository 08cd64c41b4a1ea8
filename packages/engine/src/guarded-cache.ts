import {
  type Clock,
  InferError,
  type Logger,
  type ModelResponse,
  type ResponseCache,
  toInferError,
} from '@nereid/core';
import { isSoundTensor } from './sound-tensor.js';

/** Between two lines of the log about a cache that fails. */
const QUIET_NS = 10_000_000_000;

interface GuardedCacheOptions {
  readonly cache: ResponseCache;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The response cache as the engine uses it: whatever is wrong with it is a miss and, at first and
 * then every ten seconds, a line in the log.
 */
export class GuardedCache {
  readonly #options: GuardedCacheOptions;
  /** When the log was told last; undefined before the first time. */
  #toldNs: number | undefined;
  #untoldCount = 0;

  constructor(options: GuardedCacheOptions) {
    this.#options = options;
  }

  /** Calls `found` once: before it returns, if the cache has the answer at hand or fails then. */
  lookup(key: string, found: (response: ModelResponse | undefined) => void): void {
    const result = this.#attempt(() => this.#options.cache.lookup(key));
    if (!isPromise(result)) {
      found(this.#checked(result));
      return;
    }
    result.then(
      (response) => found(this.#checked(response)),
      (error: unknown) => {
        this.#tell(error);
        found(undefined);
      },
    );
  }

  /** Calls `done` once, when the cache has stored the answer or failed to. */
  insert(key: string, response: ModelResponse, done: () => void): void {
    const result = this.#attempt(() => this.#options.cache.insert(key, response));
    if (!isPromise(result)) {
      done();
      return;
    }
    result.then(done, (error: unknown) => {
      this.#tell(error);
      done();
    });
  }

  /** Without this, a faulty cache would make the protocol layers read beyond a tensor's end. */
  #checked(response: ModelResponse | undefined): ModelResponse | undefined {
    return this.#attempt(() => {
      const faulty = response?.outputs.find((tensor) => !isSoundTensor(tensor));
      if (faulty === undefined) return response;
      throw new InferError('INTERNAL', `the data of output '${faulty.name}' does not fit`);
    });
  }

  #attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#tell(error);
      return undefined;
    }
  }

  #tell(error: unknown): void {
    const { clock, logger } = this.#options;
    const nowNs = clock.nowNs();
    if (this.#toldNs !== undefined && nowNs - this.#toldNs < QUIET_NS) {
      this.#untoldCount += 1;
      return;
    }
    const others = this.#untoldCount === 0 ? '' : ` (and ${this.#untoldCount} times before)`;
    logger.error(`the response cache failed: ${toInferError(error).message}${others}`);
    this.#toldNs = nowNs;
    this.#untoldCount = 0;
  }
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
