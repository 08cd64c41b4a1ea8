import { type Logger, toInferError } from '@nereid/core';
import type { ModelRecord } from './model-record.js';
import type { RecordTable } from './record-table.js';
import type { StoreListing } from './store-listing.js';
import type { LoadedVersion } from './version-loader.js';

interface StoreWatcherOptions<V extends LoadedVersion> {
  /** With the fingerprints that cost little. */
  list(): Promise<StoreListing>;
  readonly records: RecordTable<V>;
  readonly logger: Logger;
  fingerprint(name: string): Promise<string | undefined>;
  /** Starts loads that belong together; each promise settles when its model serves or failed. */
  load(names: readonly string[]): readonly Promise<unknown>[];
  unload(name: string): Promise<void>;
}

/** Finds out which models came, changed or went, and has them loaded and unloaded. */
export class StoreWatcher<V extends LoadedVersion> {
  readonly #options: StoreWatcherOptions<V>;
  /** Models that are being loaded or unloaded, which the next look leaves alone. */
  readonly #busy = new Set<string>();

  constructor(options: StoreWatcherOptions<V>) {
    this.#options = options;
  }

  /**
   * Resolves when everything is under way: a model that takes long to load must not keep changes of
   * the others from being seen.
   */
  async look(): Promise<void> {
    const { list, records, load } = this.#options;
    const { keys, duplicates, fingerprints } = await list();
    const present = new Set(keys.filter((key) => !duplicates.has(key)));
    for (const record of records.all()) {
      const gone = record.explicit && !present.has(record.name);
      if (gone && !this.#busy.has(record.name)) this.#track(record.name, this.#forget(record));
    }
    const changed: string[] = [];
    for (const name of present) {
      if (!this.#busy.has(name) && (await this.#changed(name, fingerprints))) {
        changed.push(name);
      }
    }
    for (const name of changed) records.obtain(name).explicit = true;
    for (const [index, action] of load(changed).entries()) {
      const name = changed[index];
      if (name !== undefined) this.#track(name, action);
    }
  }

  async #changed(name: string, known: ReadonlyMap<string, string>): Promise<boolean> {
    const fingerprint = known.get(name) ?? (await this.#options.fingerprint(name));
    return fingerprint !== this.#options.records.get(name)?.attemptedFingerprint;
  }

  async #forget(record: ModelRecord<V>): Promise<void> {
    await this.#options.unload(record.name);
    record.attemptedFingerprint = undefined;
  }

  #track(name: string, action: Promise<unknown>): void {
    this.#busy.add(name);
    action
      .catch((error: unknown) => this.#options.logger.error(toInferError(error).message))
      .finally(() => this.#busy.delete(name));
  }
}
