import type {
  Clock,
  Logger,
  MemoryUsage,
  Model,
  ModelConfig,
  ModelInstance,
  ModelSource,
} from '@nereid/core';
import type { ActivePlugins } from './active-plugins.js';
import { type CreatedInstance, closeInstances, createInstances } from './create-instances.js';
import { type PlannedInstance, planInstances, type ServerCores } from './instance-placements.js';
import type { PooledInstance } from './instance-pool.js';
import { matchInstances } from './match-instances.js';
import type { InstanceTurns, RateLimiter } from './rate-limiter.js';
import type { RequestRules } from './request-rules.js';
import { runWarmup } from './run-warmup.js';
import { makeWarmupSamples } from './warmup-samples.js';

export interface ExecutionServices {
  readonly plugins: ActivePlugins;
  /** Those that the instances of a model share. */
  readonly cores: ServerCores;
  /** Undefined where instances execute whenever they have a batch. */
  readonly rateLimiter: RateLimiter | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface ModelToLoad {
  readonly source: ModelSource;
  readonly rules: RequestRules;
  readonly services: ExecutionServices;
}

interface ExecutingInstance extends CreatedInstance {
  /** Undefined without a rate limiter, and for an instance that takes no batches. */
  readonly turns: InstanceTurns | undefined;
}

/** What another instance group makes of the instances that take batches. */
export interface InstanceChange {
  readonly added: readonly PooledInstance[];
  readonly gone: readonly ModelInstance[];
  /** Called once, when those that are gone execute nothing any more. */
  finish(): Promise<void>;
}

/** What a backend has made of a model version: the model and its instances. */
export class ModelExecution {
  readonly #toLoad: ModelToLoad;
  readonly #model: Model;
  #instances: readonly ExecutingInstance[] = [];

  private constructor(toLoad: ModelToLoad, model: Model) {
    this.#toLoad = toLoad;
    this.#model = model;
  }

  /**
   * Lets the backend load the model, creates its instances and warms them up. Closes what was made
   * before it rejects with the reason.
   */
  static async load(
    source: ModelSource,
    rules: RequestRules,
    services: ExecutionServices,
  ): Promise<ModelExecution> {
    const plans = planInstances(source.config, services.cores);
    const { rateLimiter } = services;
    // First, because a model that may never execute need not be loaded.
    const turns = rateLimiter?.register(plans.filter(isActive)) ?? [];
    try {
      const backend = await services.plugins.backend(source.config.backend);
      const toLoad = { source, rules, services };
      const execution = new ModelExecution(toLoad, await backend.loadModel(source));
      await execution.#create(plans, turns);
      return execution;
    } catch (error) {
      rateLimiter?.unregister(turns);
      throw error;
    }
  }

  /** Those that take batches. */
  get instances(): readonly PooledInstance[] {
    return this.#instances.filter(({ plan }) => isActive(plan));
  }

  get countsResponses(): boolean {
    return this.#model.countsResponses ?? true;
  }

  memoryUsage(): readonly MemoryUsage[] {
    return this.#model.memoryUsage?.() ?? [];
  }

  /**
   * Creates the instances that another configuration asks for, and that there are not. Rejects, and
   * changes nothing, when one cannot be created.
   */
  async change(config: ModelConfig): Promise<InstanceChange> {
    const { rateLimiter, cores, logger } = this.#toLoad.services;
    const { kept, gone, missing } = matchInstances(this.#instances, planInstances(config, cores));
    const turns = rateLimiter?.register(missing.filter(isActive)) ?? [];
    try {
      const created = await this.#make(missing, turns);
      this.#instances = [...kept, ...created, ...gone];
      return {
        added: created.filter(({ plan }) => isActive(plan)),
        gone: gone.map(({ instance }) => instance),
        finish: async () => {
          this.#instances = this.#instances.filter((instance) => !gone.includes(instance));
          rateLimiter?.unregister(turnsOf(gone));
          await closeInstances(gone, logger);
        },
      };
    } catch (error) {
      rateLimiter?.unregister(turns);
      throw error;
    }
  }

  /** Called once, when nothing executes any more and no change is to be finished. */
  async close(): Promise<void> {
    const { rateLimiter, logger } = this.#toLoad.services;
    rateLimiter?.unregister(turnsOf(this.#instances));
    await closeInstances(this.#instances, logger);
    await this.#closeModel();
  }

  async #create(plans: readonly PlannedInstance[], turns: readonly InstanceTurns[]): Promise<void> {
    try {
      this.#instances = await this.#make(plans, turns);
    } catch (error) {
      await this.#closeModel();
      throw error;
    }
  }

  async #make(
    plans: readonly PlannedInstance[],
    turns: readonly InstanceTurns[],
  ): Promise<readonly ExecutingInstance[]> {
    const { logger } = this.#toLoad.services;
    const created = await createInstances(this.#model, plans, logger);
    try {
      await warmUp(created, this.#toLoad);
    } catch (error) {
      await closeInstances(created, logger);
      throw error;
    }
    const active = plans.filter(isActive);
    return created.map((each) => ({ ...each, turns: turns[active.indexOf(each.plan)] }));
  }

  async #closeModel(): Promise<void> {
    try {
      await this.#model.close();
    } catch (error) {
      this.#toLoad.services.logger.error(`a model did not close cleanly: ${String(error)}`);
    }
  }
}

function isActive({ passive }: PlannedInstance): boolean {
  return !passive;
}

function turnsOf(instances: readonly ExecutingInstance[]): readonly InstanceTurns[] {
  return instances.flatMap(({ turns }) => turns ?? []);
}

async function warmUp(
  created: readonly CreatedInstance[],
  { source, rules, services }: ModelToLoad,
): Promise<void> {
  const samples = await makeWarmupSamples(source, rules);
  if (samples.length === 0) return;
  const decoupled = source.config.modelTransactionPolicy?.decoupled ?? false;
  const { clock, logger } = services;
  // All have to end before a failure is told, since only then the instances may be closed.
  const results = await Promise.allSettled(
    created.map(({ instance }) => runWarmup(instance, samples, { decoupled, clock, logger })),
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}
