import type { UnloadOptions } from '@nereid/core';
import type { ContentLoader } from './content-loader.js';
import type { ModelRecord } from './model-record.js';
import type { RecordTable } from './record-table.js';
import type { LoadedVersion } from './version-loader.js';

/** Unloads models and what has to go with them. The caller holds the lock of the model's group. */
export class ModelUnloader<V extends LoadedVersion> {
  readonly #records: RecordTable<V>;
  readonly #contentLoader: ContentLoader<V>;

  constructor(records: RecordTable<V>, contentLoader: ContentLoader<V>) {
    this.#records = records;
    this.#contentLoader = contentLoader;
  }

  /** Nothing happens to a model that is unknown or not loaded. */
  unload(name: string, { unloadDependents }: UnloadOptions): void {
    const record = this.#records.get(name);
    if (!record) return;
    this.#suspendDependents(name);
    this.#unload(record);
    if (unloadDependents) this.#unloadUnneeded(record);
  }

  /** A model cannot serve without one it needs. It comes back by itself when that one does. */
  #suspendDependents(name: string): void {
    for (const dependent of this.#records.dependents(name)) {
      if (!dependent.content) continue;
      this.#contentLoader.unload(dependent);
      dependent.suspended = true;
      this.#suspendDependents(dependent.name);
    }
  }

  #unload(record: ModelRecord<V>): void {
    record.explicit = false;
    record.suspended = false;
    record.failureReason = undefined;
    this.#contentLoader.unload(record);
  }

  /** What was loaded only for this model, and for none that is still wanted, goes with it. */
  #unloadUnneeded(record: ModelRecord<V>): void {
    for (const { name } of record.dependencies) {
      const needed = this.#records.get(name);
      if (!needed?.content || needed.explicit) continue;
      const wanted = this.#records
        .dependents(name)
        .some((dependent) => dependent.content !== undefined || dependent.suspended);
      if (wanted) continue;
      this.#unload(needed);
      this.#unloadUnneeded(needed);
    }
  }
}
