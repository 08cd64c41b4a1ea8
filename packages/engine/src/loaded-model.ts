import {
  type HeldModel,
  type InferenceRequest,
  type Logger,
  type ModelConfig,
  type ModelMetadata,
  type ModelStatistics,
  type ResponseSink,
  type Scheduler,
  type TensorMetadata,
  toInferError,
} from '@nereid/core';
import { configJson } from '@nereid/model-config';
import type { LoadedVersion } from '@nereid/model-repository';
import type { StatisticsRecorder } from '@nereid/observability';
import { InflightCounter } from './inflight-counter.js';
import type { InstancePool } from './instance-pool.js';
import type { ModelCache } from './model-cache.js';
import type { ModelExecution } from './model-execution.js';
import { normalizeRequest } from './normalize-request.js';
import type { RequestRules, RuleTable, TensorRule } from './request-rules.js';
import { enterTrace } from './trace-request.js';
import { type RequestScope, TrackedRequest } from './tracked-request.js';

interface LoadedModelParts {
  readonly config: ModelConfig;
  readonly version: number;
  readonly rules: RequestRules;
  readonly scope: RequestScope;
  readonly scheduler: Scheduler;
  /** Undefined for a model without instances. */
  readonly instances:
    | { readonly execution: ModelExecution; readonly pool: InstancePool }
    | undefined;
  /** Undefined where answers are not cached. */
  readonly cache: ModelCache | undefined;
  /** See `identity`. */
  identity(): string | undefined;
  readonly recorder: Pick<StatisticsRecorder, 'snapshot' | 'close'>;
  readonly logger: Logger;
}

/** A model version that serves requests. */
export class LoadedModel implements LoadedVersion, HeldModel {
  readonly version: number;
  /** What the metadata of all versions have in common with this one's. */
  readonly metadata: Omit<ModelMetadata, 'versions'>;
  readonly #parts: LoadedModelParts;
  readonly #holders = new InflightCounter();
  /** Changes of the instances whose leftovers still execute. */
  readonly #changes = new Set<Promise<void>>();
  #config: ModelConfig;
  #configJson: string | undefined;

  constructor(parts: LoadedModelParts) {
    const { config, rules } = parts;
    this.#config = config;
    this.version = parts.version;
    this.metadata = {
      name: config.name,
      platform: config.platform === '' ? config.backend : config.platform,
      inputs: tensorMetadata(rules.inputs),
      outputs: tensorMetadata(rules.outputs),
    };
    this.#parts = parts;
  }

  get config(): ModelConfig {
    return this.#config;
  }

  /** False while no instance can serve. */
  get ready(): boolean {
    return this.#parts.instances?.pool.ready ?? true;
  }

  /** Accepted requests that are not finished. */
  get inflightCount(): number {
    return this.#parts.scope.inflight.count;
  }

  /**
   * What answers depend on beside the request, for the response cache: two loads that share it give
   * equal answers. Undefined when that is not known, and without a cache.
   */
  get identity(): string | undefined {
    return this.#parts.identity();
  }

  /** The text of the configuration endpoint, made when it is first asked for. */
  get configJson(): string {
    this.#configJson ??= configJson(this.config);
    return this.#configJson;
  }

  statistics(): ModelStatistics {
    return this.#parts.recorder.snapshot(this.#parts.instances?.execution.memoryUsage() ?? []);
  }

  /** Answers through the sink, errors included; never throws. */
  infer(request: InferenceRequest, sink: ResponseSink): void {
    const { rules, scope, cache } = this.#parts;
    let normalized: InferenceRequest;
    try {
      normalized = normalizeRequest(request, rules);
      if (normalized.trace) normalized = enterTrace(normalized, normalized.trace, scope);
    } catch (error) {
      sink.end(toInferError(error));
      return;
    }
    const tracked = new TrackedRequest(scope, normalized, sink);
    if (cache) cache.lookup(tracked, (missed) => this.#schedule(missed));
    else this.#schedule(tracked);
  }

  /** Keeps the version from stopping until `release` is called. */
  hold(): HeldModel {
    this.#holders.add();
    return this;
  }

  release(): void {
    this.#holders.remove();
  }

  /**
   * Takes over another configuration that differs in its instance groups only, while it serves:
   * sequences that run go on at their instances. False when the scheduler cannot. Rejects, and
   * changes nothing, when an instance cannot be created.
   */
  async changeInstances(config: ModelConfig): Promise<boolean> {
    const { instances, scheduler } = this.#parts;
    if (!instances || !scheduler.changeInstances) return false;
    const { execution, pool } = instances;
    const { added, gone, finish } = await execution.change(config);
    pool.add(added);
    pool.retire(gone);
    const left = scheduler.changeInstances(pool.numbers);
    this.#config = config;
    this.#configJson = undefined;
    const change: Promise<void> = left
      .then(() => pool.remove(gone))
      .then(finish)
      .finally(() => this.#changes.delete(change));
    this.#changes.add(change);
    return true;
  }

  /** Takes no new sequences. Resolves when those that run have ended. */
  async endSequences(): Promise<void> {
    await this.#parts.scheduler.endSequences?.();
  }

  async stop(): Promise<void> {
    const { scheduler, scope, instances, cache, recorder, logger } = this.#parts;
    // First, because a new load of the same version shows its own metrics by now.
    recorder.close();
    await this.#holders.idle();
    await cache?.idle();
    try {
      await scheduler.stop();
    } catch (error) {
      logger.error(`the scheduler of '${this.config.name}' did not stop cleanly: ${String(error)}`);
    }
    // Decoupled requests outlast the execution that the scheduler waits for.
    await scope.inflight.idle();
    await Promise.all(this.#changes);
    await instances?.execution.close();
  }

  #schedule(tracked: TrackedRequest): void {
    try {
      this.#parts.scheduler.enqueue(tracked);
    } catch (error) {
      tracked.finish(toInferError(error));
    }
    tracked.taken();
  }
}

function tensorMetadata(table: RuleTable<TensorRule>): readonly TensorMetadata[] {
  return table.list.map(({ name, datatype, dims, batching }) => ({
    name,
    datatype,
    shape: batching ? [-1, ...dims] : dims,
  }));
}
