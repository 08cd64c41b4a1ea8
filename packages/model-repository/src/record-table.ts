import type { ModelLocator } from './model-locator.js';
import { ambiguousModel, ModelRecord, unidentifiedModel, unknownModel } from './model-record.js';
import type { LoadedVersion } from './version-loader.js';

/** Which models need which, by name. */
export type DependencyEdges = ReadonlyMap<string, readonly string[]>;

/**
 * Records of models that are gone stay, to say so to clients; beyond this number the oldest are
 * forgotten, as clients may invent names when they load models with files of their own.
 */
const MAX_RECORDS = 10_000;

/** All models that were ever loaded, or should be, and how they depend on each other. */
export class RecordTable<V extends LoadedVersion> {
  readonly #locator: ModelLocator;
  /** By key, as is everything here but what says otherwise. */
  readonly #records = new Map<string, ModelRecord<V>>();
  readonly #byName = new Map<string, readonly ModelRecord<V>[]>();

  constructor(locator: ModelLocator) {
    this.#locator = locator;
  }

  get(key: string): ModelRecord<V> | undefined {
    return this.#records.get(key);
  }

  all(): readonly ModelRecord<V>[] {
    return [...this.#records.values()];
  }

  /** Those of a name, in all namespaces. */
  named(name: string): readonly ModelRecord<V>[] {
    return this.#byName.get(name) ?? [];
  }

  /**
   * The record that a name stands for: the one of the given namespace, if there is one, else the
   * only one of that name; a key stands for itself. Throws an InferError with Triton's texts when
   * there is none, or several.
   */
  find(name: string, namespace: string): ModelRecord<V> {
    const own = namespace === '' ? undefined : this.get(this.#locator.key(namespace, name));
    if (own) return own;
    let found: ModelRecord<V> | undefined;
    let count = 0;
    for (const record of this.#byName.get(name) ?? []) {
      if (!record.wanted) continue;
      found = record;
      count += 1;
    }
    if (count > 1) throw ambiguousModel(name, count);
    found ??= this.get(name);
    if (found) return found;
    throw this.#byName.has(name) ? unidentifiedModel(name) : unknownModel(name);
  }

  /** The model's record, made when there is none. */
  obtain(key: string): ModelRecord<V> {
    const known = this.#records.get(key);
    if (known) return known;
    if (this.#records.size >= MAX_RECORDS) this.#forgetOldest();
    const record = new ModelRecord<V>(key);
    this.#records.set(key, record);
    const name = this.#locator.name(key);
    this.#byName.set(name, [...this.named(name), record]);
    return record;
  }

  /** The models that need this one, directly. */
  dependents(name: string): readonly ModelRecord<V>[] {
    return this.all().filter(({ dependencies }) => dependencies.some((need) => need.name === name));
  }

  /** The model and all that are tied to it by any chain of needs, in either direction. */
  component(name: string, extra: DependencyEdges): ReadonlySet<string> {
    const neighbours = new Map<string, Set<string>>();
    const connect = (from: string, to: string) => {
      const known = neighbours.get(from);
      if (known) known.add(to);
      else neighbours.set(from, new Set([to]));
    };
    const edges = [
      ...this.all().map((record): [string, string[]] => [
        record.name,
        record.dependencies.map((need) => need.name),
      ]),
      ...extra,
    ];
    for (const [from, needs] of edges) {
      for (const to of needs) {
        connect(from, to);
        connect(to, from);
      }
    }
    const reached = new Set([name]);
    // A Set visits what is added while it is walked.
    for (const next of reached) for (const near of neighbours.get(next) ?? []) reached.add(near);
    return reached;
  }

  #forgetOldest(): void {
    const oldest = this.all().find(({ idle }) => idle);
    if (!oldest) return;
    this.#records.delete(oldest.name);
    const name = this.#locator.name(oldest.name);
    const others = this.named(name).filter((record) => record !== oldest);
    if (others.length > 0) this.#byName.set(name, others);
    else this.#byName.delete(name);
  }
}

/** The last model of a chain of needs from `name` back to itself; undefined without one. */
export function findCycle(name: string, edges: DependencyEdges): string | undefined {
  const reached = new Set(edges.get(name));
  if (reached.has(name)) return name;
  for (const next of reached) {
    for (const need of edges.get(next) ?? []) {
      if (need === name) return next;
      reached.add(need);
    }
  }
  return undefined;
}
