import type {
  AccessLog,
  Authorizer,
  Clock,
  Frontend,
  InferenceServer,
  ListeningAddress,
  Logger,
} from '@nereid/core';
import { InferError, toInferError } from '@nereid/core';
import { type FrontendOrder, type ListenPlace, SHARED_WORDS } from './server-calls.js';
import { SharedListener } from './shared-listener.js';
import { canPassSockets } from './socket-pipe.js';
import { ThreadHost, type ThreadServices } from './thread-host.js';

export interface FrontendThreadsOptions {
  /** How many threads; 1 or more. */
  readonly count: number;
  readonly server: InferenceServer;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly authorizer: Authorizer | undefined;
  readonly accessLog: AccessLog | undefined;
  /** The URL of a module that each thread imports first. */
  readonly setup?: string | undefined;
}

/** A front end that is to run on the threads. */
export interface ThreadedFrontend {
  /** Of the plugin, such as `http`. */
  readonly name: string;
  /** The URL of the plugin's module. */
  readonly module: string;
  readonly settings: ReadonlyMap<string, string>;
}

const FIRST_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 10_000;
/** A thread that has run for so long died of something new. */
const SETTLED_NS = 60e9;

/** One of the threads, which may be another after a restart. */
interface Place {
  host: ThreadHost | undefined;
  /** Deaths in a row. */
  deaths: number;
  startedNs: number;
}

/**
 * Threads that all run the same front ends. The main thread accepts connections and gives each to
 * the next thread, which then does everything for it but running models. A thread that dies takes
 * its connections with it, and is started again.
 */
export class FrontendThreads {
  readonly #options: FrontendThreadsOptions;
  readonly #sharedWords = new SharedArrayBuffer(4 * SHARED_WORDS.count);
  readonly #listeners = new Map<string, SharedListener>();
  readonly #frontends = new Map<string, FrontendOrder>();
  readonly #places: Place[] = [];
  readonly #waits = new Set<() => void>();
  #starting: Promise<void> | undefined;
  #closed = false;

  /** Throws UNSUPPORTED where connections cannot be given to threads. */
  constructor(options: FrontendThreadsOptions) {
    if (!canPassSockets()) {
      const where = `${process.platform} with Node ${process.version}`;
      throw new InferError('UNSUPPORTED', `front-end threads are not supported on ${where}`);
    }
    this.#options = options;
    const words = new Int32Array(this.#sharedWords);
    words[SHARED_WORDS.tracingActive] = options.server.tracing.active ? 1 : 0;
  }

  /** The front end as the server sees it: one, that starts and stops on all threads. */
  frontend({ name, module, settings }: ThreadedFrontend): Frontend {
    const { authorizer, accessLog } = this.#options;
    const authorized = authorizer !== undefined;
    const order = { name, module, settings, authorized, logged: accessLog !== undefined };
    return {
      start: () => this.#start(order),
      stop: (graceMs) => this.#stop(name, graceMs),
    };
  }

  async #start(frontend: FrontendOrder): Promise<ListeningAddress> {
    this.#starting ??= this.#startThreads();
    await this.#starting;
    this.#listeners.set(frontend.name, new SharedListener(frontend.name));
    this.#frontends.set(frontend.name, frontend);
    try {
      const starts = this.#hosts().map((host) => host.order({ kind: 'start', frontend }));
      const [address] = await Promise.all(starts);
      return address as ListeningAddress;
    } catch (error) {
      await this.#forget(frontend.name);
      throw error;
    }
  }

  async #stop(name: string, graceMs: number): Promise<void> {
    const stops = this.#hosts().map((host) => host.order({ kind: 'stop', name, graceMs }));
    // A thread that dies meanwhile has stopped, too.
    await Promise.allSettled(stops);
    await this.#forget(name);
  }

  /** The last front end takes the threads with it. */
  async #forget(name: string): Promise<void> {
    this.#listeners.get(name)?.close();
    this.#listeners.delete(name);
    this.#frontends.delete(name);
    if (this.#frontends.size > 0) return;
    this.#closed = true;
    for (const cancel of this.#waits) cancel();
    await Promise.all(this.#hosts().map((host) => host.close()));
  }

  async #startThreads(): Promise<void> {
    const { count, clock, logger } = this.#options;
    for (let index = 0; index < count; index += 1) {
      this.#places.push({ host: undefined, deaths: 0, startedNs: clock.nowNs() });
    }
    const hosts = await Promise.all(this.#places.map((place) => this.#startHost(place)));
    this.#places.forEach((place, index) => {
      place.host = hosts[index];
    });
    logger.info(`Front ends run on ${count} threads of their own`);
  }

  #startHost(place: Place): Promise<ThreadHost> {
    const services: ThreadServices = {
      ...this.#options,
      sharedWords: this.#sharedWords,
      listen: (frontend, at, host) => this.#listen(frontend, at, host),
      unlisten: (frontend, host) => this.#listeners.get(frontend)?.remove(host, { keep: false }),
      died: (host, reason) => this.#died(place, host, reason),
    };
    return ThreadHost.start(services);
  }

  #listen(frontend: string, at: ListenPlace, host: ThreadHost): Promise<number> {
    const listener = this.#listeners.get(frontend);
    if (listener) return listener.listen(at, host);
    return Promise.reject(new InferError('UNAVAILABLE', `the front end ${frontend} has stopped`));
  }

  #died(place: Place, host: ThreadHost, reason: string): void {
    for (const listener of this.#listeners.values()) listener.remove(host, { keep: true });
    place.host = undefined;
    this.#restartLater(
      place,
      `a front-end thread has died, and its connections with it: ${reason}`,
    );
  }

  #restartLater(place: Place, reason: string): void {
    if (this.#closed) return;
    const { clock, logger } = this.#options;
    if (clock.nowNs() - place.startedNs > SETTLED_NS) place.deaths = 0;
    const delayMs = Math.min(FIRST_RESTART_DELAY_MS * 2 ** place.deaths, MAX_RESTART_DELAY_MS);
    place.deaths += 1;
    logger.error(`${reason}; it is started again in ${delayMs} ms`);
    const cancel = clock.schedule(delayMs * 1000, () => {
      this.#waits.delete(cancel);
      void this.#restart(place);
    });
    this.#waits.add(cancel);
  }

  async #restart(place: Place): Promise<void> {
    const { clock, logger } = this.#options;
    if (this.#closed) return;
    place.startedNs = clock.nowNs();
    let host: ThreadHost | undefined;
    try {
      host = await this.#startHost(place);
      place.host = host;
      for (const frontend of this.#frontends.values()) {
        await host.order({ kind: 'start', frontend });
      }
      logger.info('a front-end thread runs again');
    } catch (error) {
      await host?.close();
      // One that has died was noticed before.
      if (host === undefined || place.host === host) {
        place.host = undefined;
        this.#restartLater(place, toInferError(error).message);
      }
    }
    if (this.#closed) await host?.close();
  }

  #hosts(): readonly ThreadHost[] {
    return this.#places.flatMap(({ host }) => host ?? []);
  }
}
