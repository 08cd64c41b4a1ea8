import type { LoadOptions, ModelReference } from '@nereid/core';
import type { ContentLoader } from './content-loader.js';
import type { ContentPreparer } from './content-preparer.js';
import { type DependencyFailure, dependencyReason } from './dependency-reason.js';
import type { GroupLock } from './group-lock.js';
import { failure, type LoadFailure, type LoadOutcome } from './load-outcome.js';
import { ModelContent } from './model-content.js';
import { type DependencyEdges, findCycle, type RecordTable } from './record-table.js';
import type { LoadedVersion } from './version-loader.js';

export interface LoadRequest {
  readonly name: string;
  readonly options: LoadOptions;
  /** Load even what did not change, because something it depends on did. */
  readonly reload: boolean;
  /** Somebody asks for this very model; false when it only follows from the load of another. */
  readonly explicit: boolean;
  /** What failed of the loads that were started together with this one: not tried twice. */
  readonly batch: Map<string, LoadFailure>;
}

interface LoadParts<V extends LoadedVersion> {
  readonly records: RecordTable<V>;
  readonly preparer: ContentPreparer;
  readonly contentLoader: ContentLoader<V>;
  readonly locks: GroupLock;
}

/** How often a load may find that, while it waited, its model got tied to yet other models. */
const MAX_ROUNDS = 16;

/** A model as the operation found it: serving as it is, with content to load, or out of reach. */
type Plan = { readonly kind: 'serving' } | ModelContent | LoadFailure;

/** One load of one model together with those that it needs and that are not loaded yet. */
export class LoadOperation<V extends LoadedVersion> {
  readonly #parts: LoadParts<V>;
  readonly #request: LoadRequest;
  readonly #plans = new Map<string, Plan>();
  readonly #outcomes = new Map<string, Promise<LoadOutcome>>();
  readonly #loadedNames: string[] = [];

  constructor(parts: LoadParts<V>, request: LoadRequest) {
    this.#parts = parts;
    this.#request = request;
  }

  /** The models that serve something new, in the order they came to. */
  get loadedNames(): readonly string[] {
    return this.#loadedNames;
  }

  /** Called once. */
  async run(): Promise<LoadOutcome> {
    const { locks, records } = this.#parts;
    try {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const group = records.component(this.#request.name, this.#edges());
        const outcome = await locks.run(group, () => this.#runInGroup(group));
        if (outcome) return outcome;
      }
      return failure('refused', 'the models it is tied to keep changing');
    } finally {
      await this.#discardUnused();
    }
  }

  /** Undefined when the group turns out to be larger than what is locked. */
  async #runInGroup(group: ReadonlySet<string>): Promise<LoadOutcome | undefined> {
    const { name, batch, explicit } = this.#request;
    const before = batch.get(name);
    if (before) return before;
    if (!this.#covers(group)) return undefined;
    await this.#dropStalePlans();
    await this.#planAll();
    if (!this.#covers(group)) return undefined;
    const outcome = await this.#execute(name);
    const record = this.#parts.records.get(name);
    if (record && explicit && outcome.kind !== 'failed') record.explicit = true;
    return outcome;
  }

  /** While the operation waited for its group, another may have loaded or unloaded models of it. */
  async #dropStalePlans(): Promise<void> {
    for (const [name, plan] of this.#plans) {
      if (plan instanceof ModelContent) {
        const fulfilled =
          name === this.#request.name
            ? this.#unchanged(plan.options.fingerprint)
            : this.#parts.records.get(name)?.content;
        if (!fulfilled) continue;
        await this.#parts.preparer.discard(plan);
      }
      this.#plans.delete(name);
    }
  }

  #covers(group: ReadonlySet<string>): boolean {
    const now = this.#parts.records.component(this.#request.name, this.#edges());
    return [...now].every((name) => group.has(name));
  }

  #edges(): DependencyEdges {
    const edges = new Map<string, readonly string[]>();
    for (const [name, plan] of this.#plans) {
      if (plan instanceof ModelContent) edges.set(name, needs(plan));
    }
    return edges;
  }

  /** Prepares the model and what it needs, directly or through others. */
  async #planAll(): Promise<void> {
    const names = new Set([this.#request.name]);
    // A Set visits what is added while it is walked.
    for (const name of names) {
      const plan = this.#plans.get(name) ?? (await this.#prepare(name));
      this.#plans.set(name, plan);
      if (plan instanceof ModelContent) for (const need of needs(plan)) names.add(need);
    }
  }

  async #prepare(name: string): Promise<Plan> {
    const { preparer, records } = this.#parts;
    const root = name === this.#request.name;
    const record = records.get(name);
    if (!root) {
      if (record?.content) return { kind: 'serving' };
      const before = this.#request.batch.get(name);
      if (before) return before;
    }
    const fingerprint = await preparer.fingerprint(name);
    if (record) record.attemptedFingerprint = fingerprint;
    if (root && this.#unchanged(fingerprint)) return { kind: 'serving' };
    return preparer.prepare(name, root ? this.#request.options : {});
  }

  /** True when the request asks for no more than what is being served. */
  #unchanged(fingerprint: string | undefined): boolean {
    const { name, options, reload } = this.#request;
    if (reload || options.config !== undefined || options.files?.size) return false;
    const content = this.#parts.records.get(name)?.content;
    return fingerprint !== undefined && content?.options.fingerprint === fingerprint;
  }

  #execute(name: string): Promise<LoadOutcome> {
    const known = this.#outcomes.get(name);
    if (known !== undefined) return known;
    const outcome = this.#load(name).then((result) => this.#note(name, result));
    this.#outcomes.set(name, outcome);
    return outcome;
  }

  async #load(name: string): Promise<LoadOutcome> {
    const plan = this.#plans.get(name);
    if (!plan) return failure('poll', 'model not found in any model repository');
    if (!(plan instanceof ModelContent)) {
      return plan.kind === 'serving' ? { kind: 'unchanged' } : plan;
    }
    const waits = await this.#loadDependencies(name, plan.options.dependencies);
    const { records, contentLoader } = this.#parts;
    const record = records.obtain(name);
    if (waits !== undefined) {
      // A model that serves goes on to serve with the dependencies it has.
      if (!record.content) {
        record.dependencies = plan.options.dependencies;
        record.suspended = true;
      }
      return failure('load', waits);
    }
    this.#plans.delete(name);
    const { reload, options } = this.#request;
    const overridden = options.config !== undefined;
    const outcome = await contentLoader.load(record, { content: plan, reload, overridden });
    if (outcome.kind !== 'failed') record.dependencies = plan.options.dependencies;
    if (outcome.kind === 'loaded') this.#loadedNames.push(name);
    return outcome;
  }

  /** Why the model cannot be loaded for the sake of those it needs; undefined when it can. */
  async #loadDependencies(
    name: string,
    dependencies: readonly ModelReference[],
  ): Promise<string | undefined> {
    const last = findCycle(name, this.#edges());
    if (last !== undefined) return dependencyReason(name, [{ kind: 'circular', last }]);
    const failures: DependencyFailure[] = dependencies.flatMap((need) => {
      const plan = this.#plans.get(need.name);
      const missing = plan && 'kind' in plan && plan.kind === 'failed' && plan.phase === 'poll';
      return missing ? [{ kind: 'missing', name: need.name, reason: plan.reason }] : [];
    });
    if (failures.length > 0) return dependencyReason(name, failures);
    const outcomes = await Promise.all(dependencies.map((need) => this.#execute(need.name)));
    for (const [index, need] of dependencies.entries()) {
      const outcome = outcomes[index];
      if (outcome?.kind === 'failed') failures.push({ ...outcome, ...need, kind: 'unloaded' });
      else if (!this.#satisfied(need)) failures.push({ kind: 'version', ...need });
    }
    return failures.length > 0 ? dependencyReason(name, failures) : undefined;
  }

  #satisfied({ name, version }: ModelReference): boolean {
    return version < 0 || this.#parts.records.get(name)?.serves(version) === true;
  }

  #note(name: string, outcome: LoadOutcome): LoadOutcome {
    const record = this.#parts.records.get(name);
    if (outcome.kind === 'failed') {
      this.#request.batch.set(name, outcome);
      if (record) record.failureReason = outcome.reason;
    } else if (record) {
      record.failureReason = undefined;
      record.suspended = false;
    }
    return outcome;
  }

  async #discardUnused(): Promise<void> {
    for (const plan of this.#plans.values()) {
      if (plan instanceof ModelContent) await this.#parts.preparer.discard(plan);
    }
    this.#plans.clear();
  }
}

function needs(content: ModelContent): readonly string[] {
  return content.options.dependencies.map(({ name }) => name);
}
