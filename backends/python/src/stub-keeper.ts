import { restartDelayMs } from '@nereid/backend-kit';
import { type Clock, type InferError, type Logger, toInferError } from '@nereid/core';
import type { StubConnection } from './stub-connection.js';

export interface StubKeeperOptions {
  /** Named in every message, such as `model instance 'm_0_0'`. */
  readonly name: string;
  /** Starts a process and initializes the model in it; rejects when that fails. */
  readonly start: () => Promise<StubConnection>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Called with each process that is ready, the first one too, before anything is sent to it. */
  readonly started: (stub: StubConnection) => void;
  /** Called when the process has died; it is being restarted then. */
  readonly died: (error: InferError) => void;
}

/** Starts that may fail in a row before the instance is given up. */
const MAX_FAILED_STARTS = 10;

/**
 * The Python process of one instance, which is started again when it dies: after 0.1 s, then twice
 * as long for each further death without a success in between, 5 s at most.
 */
export class StubKeeper {
  readonly #options: StubKeeperOptions;
  #stub: StubConnection | undefined;
  #recovery: Promise<void> | undefined;
  #stopWaiting: (() => void) | undefined;
  #deaths = 0;
  #served = false;
  #closed = false;

  private constructor(options: StubKeeperOptions) {
    this.#options = options;
  }

  /** Rejects when the model does not start; nothing is retried then. */
  static async start(options: StubKeeperOptions): Promise<StubKeeper> {
    const keeper = new StubKeeper(options);
    keeper.#adopt(await options.start());
    return keeper;
  }

  /** Undefined from the death of the process until it runs again. */
  get stub(): StubConnection | undefined {
    return this.#stub;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The process has answered: the next death is the first one again. */
  served(): void {
    this.#served = true;
  }

  /** Resolves when the process runs, has been given up or is closed. */
  async recovered(): Promise<void> {
    await this.#recovery;
  }

  /** No restart follows. Returns the process that is to be closed, if there is one. */
  async release(): Promise<StubConnection | undefined> {
    this.#closed = true;
    this.#stopWaiting?.();
    await this.#recovery;
    const stub = this.#stub;
    this.#stub = undefined;
    return stub;
  }

  #adopt(stub: StubConnection): void {
    this.#stub = stub;
    this.#served = false;
    this.#options.started(stub);
  }

  /** To be called by whoever listens to the process. */
  processEnded(stub: StubConnection, error: InferError): void {
    if (this.#stub !== stub) return;
    this.#stub = undefined;
    if (this.#closed) return;
    this.#deaths = this.#served ? 1 : this.#deaths + 1;
    this.#options.logger.error(`${error.message}; restarting it`);
    this.#recovery = this.#restart();
    this.#options.died(error);
  }

  async #restart(): Promise<void> {
    const { name, logger } = this.#options;
    for (let failedStarts = 0; failedStarts < MAX_FAILED_STARTS; failedStarts++) {
      await this.#pause(restartDelayMs(this.#deaths + failedStarts));
      if (this.#closed) return;
      try {
        this.#adopt(await this.#options.start());
        return;
      } catch (error) {
        logger.error(`${name} failed to restart: ${toInferError(error).message}`);
      }
    }
    logger.error(`${name} is given up after ${MAX_FAILED_STARTS} failed restarts`);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.schedule(delayMs * 1000, resolve);
      this.#stopWaiting = () => {
        cancel();
        resolve();
      };
    });
  }
}
