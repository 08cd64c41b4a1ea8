import { type Clock, type Logger, toInferError } from '@nereid/core';

interface RepositoryPollerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** From the end of one look to the start of the next. */
  readonly pollSeconds: number;
  /** Looks at the stores and acts on what changed. */
  look(): Promise<void>;
}

/** A shorter period would keep the server busy with nothing but looking. */
const MIN_POLL_SECONDS = 1;

/** Calls `look` again and again, never twice at the same time. A failure is only logged. */
export class RepositoryPoller {
  readonly #options: RepositoryPollerOptions;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: RepositoryPollerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stopped) return;
    const delayUs = Math.max(MIN_POLL_SECONDS, this.#options.pollSeconds) * 1e6;
    this.#cancel = this.#options.clock.schedule(delayUs, () => void this.#look());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #look(): Promise<void> {
    try {
      await this.#options.look();
    } catch (error) {
      // Nothing is unloaded when the stores cannot be read: they may be back at the next look.
      this.#options.logger.error(`polling failed: ${toInferError(error).message}`);
    }
    this.start();
  }
}
