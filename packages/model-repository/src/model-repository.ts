import {
  InferError,
  type LoadOptions,
  type ModelIndexEntry,
  toInferError,
  type UnloadOptions,
} from '@nereid/core';
import { ContentLoader } from './content-loader.js';
import { ContentPreparer } from './content-preparer.js';
import { FileOverrides } from './file-override.js';
import { GroupLock } from './group-lock.js';
import { LoadOperation, type LoadRequest } from './load-operation.js';
import { failure, type LoadFailure, type LoadOutcome, loadError } from './load-outcome.js';
import { ModelLocator } from './model-locator.js';
import type { ReadyVersion } from './model-record.js';
import { ModelUnloader } from './model-unloader.js';
import { RecordTable } from './record-table.js';
import { repositoryIndex } from './repository-index.js';
import type { RepositoryOptions } from './repository-options.js';
import { RepositoryPoller } from './repository-poller.js';
import { listStores, type StoreListing } from './store-listing.js';
import { StoreWatcher } from './store-watcher.js';
import type { LoadedVersion, VersionLoader } from './version-loader.js';

/** A model that was to be loaded at start-up, or found by polling, and does not serve. */
export interface FailedModel {
  readonly name: string;
  readonly reason: string;
}

/** The models of all stores and the versions of them that are loaded. */
export class ModelRepository<V extends LoadedVersion> {
  readonly #options: RepositoryOptions;
  readonly #locator: ModelLocator;
  readonly #records: RecordTable<V>;
  readonly #locks = new GroupLock();
  readonly #overrides: FileOverrides;
  readonly #preparer: ContentPreparer;
  readonly #contentLoader: ContentLoader<V>;
  readonly #unloader: ModelUnloader<V>;
  readonly #poller: RepositoryPoller;
  #started = false;
  #stopping: Promise<void> | undefined;

  constructor(options: RepositoryOptions, loader: VersionLoader<V>) {
    this.#options = options;
    this.#locator = new ModelLocator(options.stores, options.namespacing ?? false);
    this.#records = new RecordTable(this.#locator);
    this.#overrides = new FileOverrides(options.temporaryDirectory);
    this.#preparer = new ContentPreparer(options, {
      overrides: this.#overrides,
      locator: this.#locator,
      dependencies: (config) => loader.dependencies(config),
      checkConfig: async (config) => loader.checkConfig?.(config),
    });
    this.#contentLoader = new ContentLoader(options, loader);
    this.#unloader = new ModelUnloader(this.#records, this.#contentLoader);
    this.#poller = this.#makePoller();
  }

  /**
   * Loads what the control mode asks for at start-up. Resolves when all of it is ready or has
   * failed; `allReady` and `failures` tell which. Rejects when a store cannot be read.
   */
  async start(): Promise<void> {
    const keys = await this.#startupModels(await this.#list());
    for (const key of keys) this.#records.obtain(key).explicit = true;
    await Promise.all(this.#loadTogether(keys));
    this.#started = true;
    if (this.#options.controlMode === 'poll') this.#poller.start();
  }

  /**
   * True when every version that should be loaded is: those that have been unloaded do not count
   * (spec §1.9), those that failed or are still loading do.
   */
  get allReady(): boolean {
    if (!this.#started || this.failures.length > 0) return false;
    return this.#records.all().every(({ versions }) =>
      versions.every(({ state, serving }) => {
        return serving ? serving.ready : state === 'unloaded' || state === 'unloading';
      }),
    );
  }

  /** The models that were asked for and that nothing can be served of, sorted by name. */
  get failures(): readonly FailedModel[] {
    return this.#records
      .all()
      .flatMap(({ name, explicit, content, failureReason: reason }) =>
        explicit && !content && reason !== undefined ? [{ name, reason }] : [],
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * The version that answers a request: the given one, or the highest that is loaded. Throws an
   * InferError with Triton's text (spec §1.6) when there is none. The hot path: no allocation. A
   * version whose process is just being restarted is found, too: its `ready` tells. A model of the
   * given namespace is preferred.
   */
  find(modelName: string, version: number | undefined, namespace = ''): V {
    return this.#records.find(modelName, namespace).find(version);
  }

  /** The ready versions, ascending; none for a name that stands for no model, or for several. */
  readyVersions(modelName: string): readonly ReadyVersion<V>[] {
    try {
      return this.#records.find(modelName, '').ready;
    } catch {
      return [];
    }
  }

  /**
   * The names of all models that have a ready version, sorted; with namespaces, what tells them
   * apart (see ModelLocator), which may be used like a name.
   */
  readyModels(): readonly string[] {
    return this.#records
      .all()
      .filter(({ ready }) => ready.length > 0)
      .map(({ name }) => name)
      .sort();
  }

  async index(readyOnly: boolean): Promise<readonly ModelIndexEntry[]> {
    const entries = repositoryIndex(await this.#list(), this.#records, this.#locator);
    return readyOnly ? entries.filter(({ state }) => state === 'READY') : entries;
  }

  /** Rejects with an InferError: Triton's text as prefix, the reason appended (spec §1.8). */
  async load(modelName: string, options: LoadOptions): Promise<void> {
    this.#requireExplicitControl();
    // Without namespaces nothing is waited for here, so that orders keep their order.
    const single = !this.#options.namespacing || options.files?.size;
    const keys = single ? [modelName] : await this.#locator.keys(modelName);
    const batch = new Map<string, LoadFailure>();
    const outcomes = keys.map(async (key) => ({
      key,
      outcome: await this.#load({ name: key, options, reload: false, explicit: true, batch }),
    }));
    for (const { key, outcome } of await Promise.all(outcomes)) {
      if (outcome.kind === 'failed') throw loadError(key, outcome);
    }
  }

  /** Resolves when no request reaches the model any more; what it has accepted still finishes. */
  async unload(modelName: string, options: UnloadOptions): Promise<void> {
    this.#requireExplicitControl();
    const named = this.#records.named(modelName).map(({ name }) => name);
    const keys = named.length > 0 ? named : [modelName];
    await Promise.all(keys.map((key) => this.#unload(key, options)));
  }

  /** Unloads everything and releases the stores. Loads that hang are not waited for. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #makePoller(): RepositoryPoller {
    const { stores, clock, logger, pollSeconds } = this.#options;
    const watcher = new StoreWatcher({
      list: () => listStores(stores, this.#locator, { wantFingerprints: true }),
      records: this.#records,
      logger,
      fingerprint: (name) => this.#preparer.fingerprint(name),
      load: (names) => this.#loadTogether(names),
      unload: (name) => this.#unload(name, { unloadDependents: false }),
    });
    return new RepositoryPoller({ clock, logger, pollSeconds, look: () => watcher.look() });
  }

  #list(): Promise<StoreListing> {
    return listStores(this.#options.stores, this.#locator);
  }

  async #startupModels({ keys }: StoreListing): Promise<readonly string[]> {
    const { controlMode, startupModels } = this.#options;
    if (controlMode !== 'explicit') return keys;
    if (startupModels.length === 1 && startupModels[0] === '*') return keys;
    const wanted = await Promise.all(startupModels.map((name) => this.#locator.keys(name)));
    return [...new Set(wanted.flat())];
  }

  #requireExplicitControl(): void {
    if (this.#options.controlMode === 'explicit') return;
    throw new InferError(
      'UNAVAILABLE',
      'explicit model load / unload is not allowed if polling is enabled',
    );
  }

  #loadTogether(names: readonly string[]): readonly Promise<LoadOutcome>[] {
    const batch = new Map<string, LoadFailure>();
    return names.map((name) =>
      this.#load({ name, options: {}, reload: false, explicit: true, batch }),
    );
  }

  /** Never rejects; the failure is logged and remembered. */
  async #load(request: LoadRequest): Promise<LoadOutcome> {
    const parts = {
      records: this.#records,
      preparer: this.#preparer,
      contentLoader: this.#contentLoader,
      locks: this.#locks,
    };
    const operation = new LoadOperation(parts, request);
    const outcome = await this.#run(operation);
    if (outcome.kind === 'failed') {
      this.#options.logger.error(`failed to load '${request.name}': ${outcome.reason}`);
    }
    await this.#reloadDependents(operation.loadedNames, request);
    return outcome;
  }

  async #run(operation: LoadOperation<V>): Promise<LoadOutcome> {
    if (this.#stopping !== undefined) return failure('refused', 'the server is exiting');
    try {
      return await operation.run();
    } catch (error) {
      return failure('poll', toInferError(error).message);
    }
  }

  /** Models take over what they learn from those they need only when they are loaded themselves. */
  async #reloadDependents(names: readonly string[], cause: LoadRequest): Promise<void> {
    const dependents = new Set(names.flatMap((name) => this.#records.dependents(name)));
    for (const { name, content, suspended } of dependents) {
      if (names.includes(name) || name === cause.name || !(content || suspended)) continue;
      // The files of an override came with one request and are in no store.
      if (content && content.options.fingerprint === undefined) continue;
      const options = { config: content?.options.overrideConfig };
      cause.batch.delete(name);
      await this.#load({ ...cause, name, options, reload: true, explicit: false });
    }
  }

  async #unload(name: string, options: UnloadOptions): Promise<void> {
    for (;;) {
      const group = this.#records.component(name, new Map());
      const done = await this.#locks.run(group, () => {
        const now = this.#records.component(name, new Map());
        const covered = [...now].every((member) => group.has(member));
        if (covered) this.#unloader.unload(name, options);
        return Promise.resolve(covered);
      });
      if (done) return;
    }
  }

  async #stop(): Promise<void> {
    this.#poller.stop();
    this.#contentLoader.stop();
    for (const record of this.#records.all()) this.#contentLoader.unload(record);
    await this.#contentLoader.drained();
    const { stores, logger } = this.#options;
    const endings = [...stores.map((store) => store.close()), this.#overrides.close()];
    for (const ending of await Promise.allSettled(endings)) {
      if (ending.status === 'rejected') logger.error(toInferError(ending.reason).message);
    }
  }
}
