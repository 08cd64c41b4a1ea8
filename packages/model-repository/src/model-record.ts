import { InferError, type ModelReference } from '@nereid/core';
import type { ModelContent } from './model-content.js';
import type { ModelVersion } from './version-lifecycle.js';
import type { LoadedVersion } from './version-loader.js';

export interface ReadyVersion<V> {
  readonly version: number;
  readonly loaded: V;
}

/** What is known of one model: its versions, and why it is or is not loaded. */
export class ModelRecord<V extends LoadedVersion> {
  /** Its key (see ModelLocator): the name, for all who have no namespaces. */
  readonly name: string;
  /** Loaded because somebody asked for it, not only because another model needs it. */
  explicit = false;
  /** Should be loaded, but waits for a model that it needs. */
  suspended = false;
  /** What the served content, or the one that waits, depends on. */
  dependencies: readonly ModelReference[] = [];
  /** What is being served; undefined when nothing is. */
  content: ModelContent | undefined;
  /** The store's fingerprint at the last attempt to load, successful or not. */
  attemptedFingerprint: string | undefined;
  /** Why the last attempt failed; undefined when it did not. */
  failureReason: string | undefined;
  readonly #versions = new Map<number, ModelVersion<V>>();
  #ready: readonly ReadyVersion<V>[] = [];
  #latest: V | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** The state of each version ever loaded, ascending. */
  get versions(): readonly ModelVersion<V>[] {
    return [...this.#versions.values()].sort((a, b) => a.version - b.version);
  }

  /** Ascending. */
  get ready(): readonly ReadyVersion<V>[] {
    return this.#ready;
  }

  /** Nothing is loaded, loading, or waiting to be. */
  get idle(): boolean {
    return !this.wanted && [...this.#versions.values()].every(({ state }) => state === 'unloaded');
  }

  /** Somebody wants it, whether it serves or not; what is being unloaded is no longer wanted. */
  get wanted(): boolean {
    return this.explicit || this.suspended || this.content !== undefined;
  }

  serves(version: number): boolean {
    return this.#versions.get(version)?.serving !== undefined;
  }

  /** The hot path. Throws with the texts of spec §1.6. */
  find(version: number | undefined): V {
    if (version === undefined) return this.#latest ?? this.#noneAvailable();
    return this.#versions.get(version)?.serving ?? this.#notReady(version);
  }

  /** Shows a version to clients; one that serves is not hidden behind one that does not. */
  show(entry: ModelVersion<V>): void {
    const shown = this.#versions.get(entry.version);
    if (shown?.serving && !entry.serving) return;
    this.#versions.set(entry.version, entry);
    this.refresh();
  }

  /** Has to follow each change of a shown version that begins or ends its service. */
  refresh(): void {
    this.#ready = this.versions.flatMap(({ version, serving }) =>
      serving ? [{ version, loaded: serving }] : [],
    );
    this.#latest = this.#ready.at(-1)?.loaded;
  }

  #noneAvailable(): never {
    if (this.#versions.size === 0) throw unknownModel(this.name);
    throw new InferError(
      'NOT_FOUND',
      `Request for unknown model: '${this.name}' has no available versions`,
    );
  }

  #notReady(version: number): never {
    if (this.#versions.size === 0) throw unknownModel(this.name);
    const subject = `Request for unknown model: '${this.name}' version ${version}`;
    if (!this.#versions.has(version)) throw new InferError('NOT_FOUND', `${subject} is not found`);
    throw new InferError('UNAVAILABLE', `${subject} is not at ready state`);
  }
}

export function unknownModel(name: string): InferError {
  return new InferError('NOT_FOUND', `Request for unknown model: '${name}' is not found`);
}

/** With namespaces: a name that several models have. */
export function ambiguousModel(name: string, count: number): InferError {
  return new InferError(
    'INVALID_ARG',
    `There are ${count} identifiers of model '${name}' in global map, model namespace must be ` +
      'provided to resolve ambiguity.',
  );
}

/** With namespaces: a name that no model has any more. */
export function unidentifiedModel(name: string): InferError {
  return new InferError('NOT_FOUND', `Identifier of model '${name}' is not found in global map`);
}
