import type { Clock } from './clock.js';
import type { InferenceRequest } from './inference-request.js';
import type { ResponseSink } from './inference-response.js';
import type { Logger } from './logger.js';
import type { ModelConfig } from './model-config.js';
import type { PendingRequest } from './pending-request.js';

/** A model that another one needs. */
export interface ModelReference {
  readonly name: string;
  /** -1 is the latest version. */
  readonly version: number;
}

/** The default export of a module that a manifest has under `schedulers`, by choice. */
export interface SchedulerPlugin {
  /** Called once per model version and load. Throws an InferError to fail the load. */
  createScheduler(context: SchedulerContext): Scheduler;
  /** The models that must be loaded before this one; none when absent. */
  dependencies?(config: ModelConfig): readonly ModelReference[];
  /**
   * Checks a configuration against those of other models, and adds what follows from them. Called
   * once a load with a normalized and validated configuration, when all dependencies are loaded.
   * Throws an InferError to fail the load.
   */
  completeConfig?(config: ModelConfig, context: ConfigContext): ModelConfig;
  /** True for a scheduler that runs no instances of its own, so that the model needs no backend. */
  readonly instanceless?: boolean;
}

export interface ConfigContext {
  /** The configuration with which a model serves. Throws an InferError if it does not. */
  modelConfig(model: ModelReference): ModelConfig;
}

/**
 * A version of another model that goes on to serve its holder, even when it is unloaded or
 * replaced, until it is released.
 */
export interface HeldModel {
  readonly config: ModelConfig;
  /** Answers through the sink, errors included; never throws. */
  infer(request: InferenceRequest, sink: ResponseSink): void;
  /** Called once for each time that the model was held. */
  release(): void;
}

/** Decides which requests of one model version run when, and together with which others. */
export interface Scheduler {
  /**
   * Settles when the scheduler can take requests, which it can at once when this is absent. Rejects
   * with an InferError to fail the load.
   */
  readonly prepared?: Promise<void> | undefined;
  /** Takes over the request. Refuses it, by finishing it with an error, rather than throw. */
  enqueue(request: PendingRequest): void;
  /** Requests taken over and not finished. */
  readonly inflightCount: number;
  /** Requests taken over that do not execute yet. */
  readonly pendingCount: number;
  /**
   * Changes the instances that take batches, while it runs, by their numbers for `runBatch`.
   * Resolves when those that are gone are not used any more. Without it the model is loaded anew.
   */
  changeInstances?(instances: readonly number[]): Promise<void>;
  /** Takes no new sequences. Resolves when those that run have ended. */
  endSequences?(): Promise<void>;
  /** Finishes what it holds, accepts nothing more, and resolves when `inflightCount` is 0. */
  stop(): Promise<void>;
}

export interface SchedulerContext {
  readonly modelName: string;
  readonly modelVersion: number;
  readonly config: ModelConfig;
  /** The absolute model folder, for data files such as initial states. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Instances that take batches; 0 for an instanceless scheduler. */
  readonly instanceCount: number;
  /**
   * Runs a batch on the given instance, or on the next free one, waiting for it if none is. Returns
   * undefined if it has run already; resolves, and never rejects, when the instance is free again.
   * The caller keeps to `maxBatchSize`.
   */
  runBatch(batch: readonly PendingRequest[], instance?: number): Promise<void> | undefined;
  /**
   * True while a busy instance would prepare another batch: `runBatch` may be called with one that
   * would not grow any more. A request of it that is cancelled before it begins is taken out.
   */
  readonly preparesBatch?: boolean;
  /** Sends a request to any model of this server. */
  infer(request: InferenceRequest, sink: ResponseSink): void;
  /**
   * Finds a model once for several requests: what ensembles are built on. Throws an InferError if
   * it does not serve.
   */
  hold(model: ModelReference): HeldModel;
}
