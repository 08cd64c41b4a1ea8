import type { Transferable } from 'node:worker_threads';
import { type Clock, InferError, type Logger, toInferError } from '@nereid/core';
import { type CallAhead, type ReplyNotice, ThreadLife } from './thread-life.js';
import type { ThreadProtocol } from './thread-protocol.js';

export interface InstanceThreadOptions<P extends ThreadProtocol> {
  /** Named in every message, such as `model instance 'm_0_0'`. */
  readonly name: string;
  /** The module to run in the thread; it ends with a call of serveInstanceThread. */
  readonly module: URL;
  /** Cloned, not transferred, at every start: a restart needs it again. */
  readonly init: P['init'];
  /** The only cores that the thread may use; all when absent. */
  readonly cpuCores?: readonly number[] | undefined;
  /** A module that has not started after that many milliseconds is ended. */
  readonly startTimeoutMs: number;
  /** As long as a module may take to close; 5,000 ms unless set. */
  readonly closeTimeoutMs?: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** `reply` reaches the thread that the event came from, also while it still starts. */
  readonly onEvent?: (event: P['event'], reply: ReplyNotice<P>) => void;
  /** Called when the thread has died, after the execution that it broke has been rejected. */
  readonly onDeath?: (error: InferError) => void;
}

const DEFAULT_CLOSE_TIMEOUT_MS = 5_000;
const FIRST_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 5_000;
/** Starts that may fail in a row before the instance is given up. */
const MAX_FAILED_STARTS = 10;

/**
 * A worker thread that belongs to one model instance, and is restarted when it dies: after 0.1 s,
 * then twice as long for each further death without a successful execution in between, 5 s at most.
 */
export class InstanceThread<P extends ThreadProtocol> {
  readonly #options: InstanceThreadOptions<P>;
  #life: ThreadLife<P> | undefined;
  #recovery: Promise<void> | undefined;
  #stopWaiting: (() => void) | undefined;
  #deaths = 0;
  #closed = false;

  private constructor(options: InstanceThreadOptions<P>) {
    this.#options = options;
  }

  /** Rejects with an InferError when the module does not start; nothing is retried then. */
  static async start<P extends ThreadProtocol>(
    options: InstanceThreadOptions<P>,
  ): Promise<InstanceThread<P>> {
    const thread = new InstanceThread(options);
    thread.#life = await thread.#begin();
    return thread;
  }

  /** False from the thread's death until it runs again. */
  get ready(): boolean {
    return this.#life !== undefined;
  }

  /** What the module said as it started last; undefined while it does not run. */
  get started(): P['started'] | undefined {
    return this.#life?.started;
  }

  /**
   * Executes a request; one at a time. A thread that is being restarted is waited for. Rejects with
   * what the module threw, or INTERNAL when the thread died, or UNAVAILABLE when it has been given
   * up.
   */
  call(request: P['request'], transfer: readonly Transferable[] = []): Promise<P['response']> {
    if (this.#life) return this.#life.call(request, transfer);
    return this.#callLater(request, transfer);
  }

  /**
   * Sends a request while another executes, so that the thread can begin with it at once. Undefined
   * when it could not be the next one. A rejection of its response is that of `call`.
   */
  callAhead(
    request: P['request'],
    transfer: readonly Transferable[] = [],
  ): CallAhead<P['response']> | undefined {
    return this.#life?.callAhead(request, transfer);
  }

  /** Tells the thread something; lost while it does not run. */
  notify(notice: P['notice'], transfer: readonly Transferable[] = []): void {
    this.#life?.notify(notice, transfer);
  }

  /** Ends the thread as if it had died; the execution fails with `reason`, and it is restarted. */
  abort(reason: string): void {
    this.#life?.abort(reason);
  }

  /**
   * Resolves when the thread runs, has been given up or is closed. An instance waits for it at the
   * end of an execution that failed, so that the server gives it no batch that it cannot run.
   */
  async recovered(): Promise<void> {
    await this.#recovery;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWaiting?.();
    await this.#recovery;
    await this.#life?.close();
    this.#life = undefined;
  }

  async #callLater(
    request: P['request'],
    transfer: readonly Transferable[],
  ): Promise<P['response']> {
    await this.#recovery;
    if (this.#life) return this.#life.call(request, transfer);
    const state = this.#closed ? 'closed' : 'out of service, as it failed to restart';
    throw new InferError('UNAVAILABLE', `${this.#options.name} is ${state}`);
  }

  #begin(): Promise<ThreadLife<P>> {
    const { onEvent, onDeath, closeTimeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = this.#options;
    return ThreadLife.start<P>({
      ...this.#options,
      closeTimeoutMs,
      onEvent: (event, reply) => onEvent?.(event, reply),
      onDeath: (error) => {
        this.#deaths = this.#life?.served ? 1 : this.#deaths + 1;
        this.#life = undefined;
        this.#options.logger.error(`${error.message}; restarting it`);
        this.#recovery = this.#restart();
        onDeath?.(error);
      },
    });
  }

  async #restart(): Promise<void> {
    const { name, logger } = this.#options;
    for (let failedStarts = 0; failedStarts < MAX_FAILED_STARTS; failedStarts++) {
      await this.#pause(restartDelayMs(this.#deaths + failedStarts));
      if (this.#closed) return;
      try {
        this.#life = await this.#begin();
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

/**
 * The pause before the restart that follows the given number of deaths and failed starts, from 1.
 */
export function restartDelayMs(failures: number): number {
  return Math.min(FIRST_RESTART_DELAY_MS * 2 ** (failures - 1), MAX_RESTART_DELAY_MS);
}
