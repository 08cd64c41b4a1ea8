import { type Clock, InferError, type Logger, type ModelConfig, toInferError } from '@nereid/core';
import { failure, type LoadOutcome } from './load-outcome.js';
import { LoadSlots } from './load-slots.js';
import type { ModelContent } from './model-content.js';
import type { ModelRecord } from './model-record.js';
import { INDEX_STATE, ModelVersion } from './version-lifecycle.js';
import type { LoadedVersion, VersionLoader } from './version-loader.js';

interface ContentLoaderOptions {
  readonly autoComplete: boolean;
  readonly loadThreadCount: number;
  readonly loadRetryCount: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface ContentToLoad {
  readonly content: ModelContent;
  /** Load every version anew, because of something outside of it. */
  readonly reload: boolean;
  /** The configuration came with the request: load anew even what did not change. */
  readonly overridden: boolean;
}

/**
 * The second half of a load: brings the versions of prepared content into memory, puts them in the
 * place of the old ones once all can serve, and sees old ones to their end in the background.
 */
export class ContentLoader<V extends LoadedVersion> {
  readonly #options: ContentLoaderOptions;
  readonly #loader: VersionLoader<V>;
  readonly #slots: LoadSlots;
  readonly #background = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: ContentLoaderOptions, loader: VersionLoader<V>) {
    this.#options = options;
    this.#loader = loader;
    this.#slots = new LoadSlots(options.loadThreadCount);
  }

  /** Takes over the content. What serves goes on to serve until all new versions are loaded. */
  async load(record: ModelRecord<V>, toLoad: ContentToLoad): Promise<LoadOutcome> {
    const { content, reload, overridden } = toLoad;
    const kept = new Set(reload || overridden ? [] : keptVersions(record, content));
    let config: ModelConfig | undefined;
    try {
      // What is wrong with how models fit together is no fault of a version.
      if (content.options.dependencies.length > 0) config = await this.#completeConfig(content);
      if (!reload) for (const version of await this.#change(record, content)) kept.add(version);
    } catch (error) {
      const reason = toInferError(error).message;
      return this.#abandon(record, { content, fresh: [], reason });
    }
    const fresh = content.versions
      .filter((version) => !kept.has(version))
      .map((version) => new ModelVersion<V>(version, content));
    for (const entry of fresh) {
      entry.beginLoad();
      record.show(entry);
    }
    await this.#loadVersions(content, { fresh, config });
    if (fresh.some(({ complete }) => !complete) || this.#stopped) {
      return this.#abandon(record, { content, fresh, reason: failureOf(fresh) });
    }
    return this.#replace(record, content, { fresh, kept });
  }

  /** Ends the routing to all versions now; what they accepted is finished in the background. */
  unload(record: ModelRecord<V>): void {
    record.content = undefined;
    this.#drain(record.versions.filter(({ state }) => state === 'ready'));
    for (const entry of record.versions) if (entry.state === 'failed') entry.beginUnload();
    record.refresh();
  }

  /** From now on no load succeeds. One that hangs is not waited for; what it yields is freed. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when nothing is being unloaded any more. */
  async drained(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  async #loadVersions(
    content: ModelContent,
    toLoad: {
      readonly fresh: readonly ModelVersion<V>[];
      readonly config: ModelConfig | undefined;
    },
  ): Promise<void> {
    const { fresh } = toLoad;
    if (fresh.length === 0) return;
    try {
      const config = toLoad.config ?? (await this.#completeConfig(content));
      await Promise.all(fresh.map((entry) => this.#loadVersion(entry, config)));
    } catch (error) {
      for (const entry of fresh) this.#fail(entry, error);
    }
  }

  /** The same for all versions, from the files of the highest. */
  #completeConfig(content: ModelContent): Promise<ModelConfig> {
    const { config } = content.options;
    const source = content.source(Math.max(...content.versions), config);
    return this.#attempt(() => this.#loader.completeConfig(source, this.#options.autoComplete));
  }

  async #loadVersion(entry: ModelVersion<V>, config: ModelConfig): Promise<void> {
    const { logger, clock } = this.#options;
    const { key } = entry.content.options;
    try {
      const loaded = await this.#attempt(() => {
        const startNs = clock.nowNs();
        logger.info(`loading: ${key}:${entry.version}`);
        return this.#loader.load(entry.content.source(entry.version, config)).then((result) => {
          const durationMs = Math.round((clock.nowNs() - startNs) / 1e6);
          logger.info(`loaded: ${key}:${entry.version}`, { durationMs });
          return result;
        });
      });
      entry.completeLoad(loaded);
    } catch (error) {
      this.#fail(entry, error);
    }
  }

  #fail(entry: ModelVersion<V>, error: unknown): void {
    entry.fail(error);
    const { key } = entry.content.options;
    this.#options.logger.error(`failed to load '${key}' version ${entry.version}: ${entry.reason}`);
  }

  /** Runs a step of a load when it is its turn, again if it fails and tries are left. */
  async #attempt<T>(step: () => Promise<T>): Promise<T> {
    for (let triesLeft = this.#options.loadRetryCount; ; triesLeft--) {
      try {
        return await this.#slots.run(() => {
          if (this.#stopped) throw new InferError('UNAVAILABLE', 'the server is exiting');
          return step();
        });
      } catch (error) {
        if (triesLeft <= 0 || this.#stopped) throw error;
        this.#options.logger.warn(`trying again after: ${toInferError(error).message}`);
      }
    }
  }

  /** Changes the instances of versions of which nothing else changed; returns their numbers. */
  async #change(record: ModelRecord<V>, content: ModelContent): Promise<readonly number[]> {
    const { content: previous } = record;
    const loader = this.#loader;
    const changed: number[] = [];
    for (const { version, serving } of record.versions) {
      if (!serving || !loader.changeInstances) continue;
      if (!previous || !content.changesInstances(version, previous)) continue;
      const config = await this.#completeConfig(content);
      if (!(await loader.changeInstances(serving, config))) continue;
      this.#options.logger.info(
        `changed the instances of '${content.options.key}' version ${version}`,
      );
      changed.push(version);
    }
    return changed;
  }

  /** All versions of a load serve or none: those that did load are freed again. */
  async #abandon(
    record: ModelRecord<V>,
    {
      content,
      fresh,
      reason,
    }: {
      readonly content: ModelContent;
      readonly fresh: readonly ModelVersion<V>[];
      readonly reason: string;
    },
  ): Promise<LoadOutcome> {
    for (const entry of fresh) if (entry.complete) entry.beginUnload();
    record.refresh();
    await content.options.agents.loadFail();
    this.#inBackground(
      this.#finish(
        content,
        fresh.filter(({ state }) => state === 'unloading'),
      ),
    );
    return this.#stopped ? failure('refused', 'the server is exiting') : failure('load', reason);
  }

  async #replace(
    record: ModelRecord<V>,
    content: ModelContent,
    versions: { readonly fresh: readonly ModelVersion<V>[]; readonly kept: ReadonlySet<number> },
  ): Promise<LoadOutcome> {
    const { fresh, kept } = versions;
    const old = record.versions.filter(({ state, version }) => {
      return state === 'ready' && !kept.has(version);
    });
    for (const entry of fresh) {
      content.hold();
      entry.serve();
      record.show(entry);
    }
    record.content = content;
    this.#drain(old);
    record.refresh();
    await content.options.agents.loadComplete();
    // The versions hold the content from here on. Without any, all were kept and hold the old one.
    await this.#drop(content);
    const { key } = content.options;
    if (fresh.length === 0 && old.length === 0) return { kind: 'unchanged' };
    this.#options.logger.info(`successfully loaded '${key}'`);
    return { kind: 'loaded' };
  }

  #drain(entries: readonly ModelVersion<V>[]): void {
    for (const entry of entries) entry.beginUnload();
    const contents = new Set(entries.map(({ content }) => content));
    for (const content of contents) {
      const versions = entries.filter((entry) => entry.content === content);
      this.#inBackground(this.#stopVersions(content, versions));
    }
  }

  async #stopVersions(content: ModelContent, versions: readonly ModelVersion<V>[]): Promise<void> {
    await content.options.agents.unload();
    await Promise.all(versions.map((entry) => this.#stopVersion(entry)));
    if (await this.#drop(content, versions.length)) await content.options.agents.unloadComplete();
  }

  async #finish(content: ModelContent, versions: readonly ModelVersion<V>[]): Promise<void> {
    await Promise.all(versions.map((entry) => this.#stopVersion(entry)));
    await this.#drop(content);
  }

  async #stopVersion(entry: ModelVersion<V>): Promise<void> {
    const { logger, clock } = this.#options;
    const subject = `'${entry.content.options.key}' version ${entry.version}`;
    const startNs = clock.nowNs();
    try {
      await entry.finishUnload();
      const durationMs = Math.round((clock.nowNs() - startNs) / 1e6);
      logger.info(`successfully unloaded ${subject}`, { durationMs });
    } catch (error) {
      logger.error(`failed to free ${subject}: ${toInferError(error).message}`);
    }
  }

  async #drop(content: ModelContent, count = 1): Promise<boolean> {
    try {
      return await content.drop(count);
    } catch (error) {
      const { key } = content.options;
      const reason = toInferError(error).message;
      this.#options.logger.error(`failed to release the files of '${key}': ${reason}`);
      return true;
    }
  }

  #inBackground(task: Promise<void>): void {
    const tracked = task
      .catch((error: unknown) => this.#options.logger.error(toInferError(error).message))
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }
}

function failureOf<V extends LoadedVersion>(fresh: readonly ModelVersion<V>[]): string {
  return fresh
    .filter(({ state }) => state === 'failed')
    .map(
      (entry) =>
        `version ${entry.version} is at ${INDEX_STATE[entry.state]} state: ${entry.reason};`,
    )
    .join('');
}

/** The versions that serve already from files and settings that did not change. */
function keptVersions<V extends LoadedVersion>(
  record: ModelRecord<V>,
  content: ModelContent,
): ReadonlySet<number> {
  const { content: previous } = record;
  if (!previous) return new Set();
  return new Set(
    content.versions.filter(
      (version) => record.serves(version) && content.keeps(version, previous),
    ),
  );
}
