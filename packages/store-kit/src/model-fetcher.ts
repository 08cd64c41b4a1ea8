import { type Clock, InferError, type LocalModel, type Logger } from '@nereid/core';
import { ConcurrencyLimit, runAll } from './concurrency-limit.js';
import { fetchObject } from './fetch-object.js';
import { cacheName, type FetchPlan, planFetch } from './fetch-plan.js';
import type { ModelFile, ModelListing } from './model-listing.js';
import { ObjectCache } from './object-cache.js';
import type { ObjectSource, RemoteObject } from './object-source.js';
import type { StoreSettings } from './store-settings.js';

interface ModelFetcherOptions {
  readonly location: string;
  readonly settings: StoreSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One fetch of one model. */
interface ModelFetch {
  readonly modelName: string;
  readonly listing: ModelListing;
  readonly source: ObjectSource;
  readonly signal: AbortSignal;
}

/** How often objects may vanish from a shared cache between their fetch and their use. */
const MAX_ROUNDS = 3;

/** Brings models to the local disk by way of the cache. */
export class ModelFetcher {
  readonly #options: ModelFetcherOptions;
  readonly #downloads: ConcurrencyLimit;
  /** The last fetch of each model: a second one waits, and finds everything in the cache. */
  readonly #fetches = new Map<string, Promise<unknown>>();
  #cache: Promise<ObjectCache> | undefined;
  #closed = false;

  constructor(options: ModelFetcherOptions) {
    this.#options = options;
    this.#downloads = new ConcurrencyLimit(options.settings.downloadConcurrency);
  }

  /** Throws ObjectChanged when the listing is out of date. */
  async fetch(fetch: ModelFetch): Promise<LocalModel> {
    const { modelName } = fetch;
    const previous = this.#fetches.get(modelName);
    const result = Promise.resolve(previous).then(() => this.#fetch(fetch));
    const settled = result.then(
      () => {},
      () => {},
    );
    this.#fetches.set(modelName, settled);
    try {
      return await result;
    } finally {
      if (this.#fetches.get(modelName) === settled) this.#fetches.delete(modelName);
      await this.#trim();
    }
  }

  /** The caller has aborted the signals of all fetches. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#fetches.values());
    const cache = await this.#cache?.catch(() => undefined);
    await cache?.close();
  }

  async #fetch(fetch: ModelFetch): Promise<LocalModel> {
    const { modelName, listing } = fetch;
    const cache = await this.#openCache();
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      await this.#complete(cache, fetch);
      const files = listing.files.map(({ path, object }) => ({
        path,
        cacheName: cacheName(fetch.source.identity, object),
        modifiedMs: object.modifiedMs,
      }));
      const directory = await cache.layOut(modelName, files, listing.folders);
      if (directory !== undefined) return this.#localModel(cache, directory);
    }
    const text = `the files of model '${modelName}' vanish from the cache again and again`;
    throw new InferError('UNAVAILABLE', text);
  }

  /** Fetches what the cache does not have of a model. */
  async #complete(cache: ObjectCache, fetch: ModelFetch): Promise<void> {
    const { source, signal, listing } = fetch;
    const cached = new Set<RemoteObject>();
    for (const { object } of listing.files) {
      const name = cacheName(source.identity, object);
      if (await cache.has(name, object.sizeBytes)) cached.add(object);
    }
    const plan = planFetch(listing, (object) => cached.has(object));
    const { clock } = this.#options;
    const startNs = clock.nowNs();
    let fetchedBytes = 0;
    await runAll(plan.fetch, signal, async (file, either) => {
      const bytes = await this.#downloads.run(() =>
        this.#download(cache, file, { ...fetch, signal: either }),
      );
      fetchedBytes += bytes;
    });
    const durationMs = Math.round((clock.nowNs() - startNs) / 1e6);
    this.#log(fetch.modelName, plan, { fetchedBytes, durationMs });
  }

  async #download(cache: ObjectCache, { object }: ModelFile, fetch: ModelFetch): Promise<number> {
    const { source, signal } = fetch;
    const { settings, clock, logger, location } = this.#options;
    signal.throwIfAborted();
    const name = cacheName(source.identity, object);
    const file = await cache.takePartial(name);
    try {
      const fetchedBytes = await fetchObject({
        source,
        object,
        url: `${location}/${object.path}`,
        file,
        limits: { maxAttempts: settings.maxAttempts, idleMs: settings.requestTimeoutMs },
        clock,
        logger,
        signal,
      });
      await cache.place(name, object.modifiedMs);
      return fetchedBytes;
    } catch (error) {
      // What came so far is of use to the next try, unless the disk is what failed.
      if (isOutOfSpace(error)) await cache.dropPartial(name);
      else await cache.putBackPartial(name);
      throw error;
    }
  }

  #localModel(cache: ObjectCache, directory: string): LocalModel {
    let released: Promise<void> | undefined;
    const release = async () => {
      if (this.#closed) return;
      await cache.remove(directory);
      await this.#trim();
    };
    return {
      directory,
      snapshot: true,
      release: () => {
        released ??= release();
        return released;
      },
    };
  }

  #openCache(): Promise<ObjectCache> {
    const { settings, clock, logger } = this.#options;
    this.#cache ??= ObjectCache.open({
      directory: settings.cacheDirectory,
      limitBytes: settings.cacheSizeBytes,
      clock,
      logger,
    }).catch((error: unknown) => {
      this.#cache = undefined;
      throw error;
    });
    return this.#cache;
  }

  /** Not while models are being fetched: what they need is not in use yet. */
  async #trim(): Promise<void> {
    if (this.#fetches.size > 0 || this.#closed) return;
    try {
      await (await this.#cache)?.trim();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.logger.warn(`cannot clean up the cache of remote models: ${reason}`);
    }
  }

  #log(
    modelName: string,
    { fetch, reuse, fetchBytes }: FetchPlan,
    fields: { readonly fetchedBytes: number; readonly durationMs: number },
  ): void {
    const { logger, location } = this.#options;
    const total = fetch.length + reuse.length;
    const resumed =
      fields.fetchedBytes < fetchBytes ? ', going on where an earlier fetch ended' : '';
    logger.info(
      `fetched ${fetch.length} of ${total} files of ${location}/${modelName}${resumed}`,
      fields,
    );
  }
}

function isOutOfSpace(error: unknown): boolean {
  const cause = error instanceof InferError ? error.cause : undefined;
  return ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException | undefined)?.code ?? '');
}
