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

/**
 * The default export of a module that a manifest lists under `schedulers`, by scheduling choice.
 */
export interface SchedulerPlugin {
  /** Called once per model version and load. Throws an InferError to fail the load. */
  createScheduler(context: SchedulerContext): Scheduler;
  /** The models that must be loaded before this one; none when absent. */
  dependencies?(config: ModelConfig): readonly ModelReference[];
  /** True for a scheduler that runs no instances of its own, so that the model needs no backend. */
  readonly instanceless?: boolean;
}

/** Decides which requests of one model version run when, and together with which others. */
export interface Scheduler {
  /** Takes over the request. Refuses it, by finishing it with an error, rather than throw. */
  enqueue(request: PendingRequest): void;
  /** Requests taken over and not finished. */
  readonly inflightCount: number;
  /** Requests taken over that do not execute yet. */
  readonly pendingCount: number;
  /**
   * Finishes what it holds and accepts nothing more. Resolves when `inflightCount` has reached 0.
   */
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
   * Runs a batch on the given instance, or on the next free one, waiting for it if none is.
   * Resolves, and never rejects, when the instance is free again. The caller keeps to
   * `maxBatchSize`.
   */
  runBatch(batch: readonly PendingRequest[], instance?: number): Promise<void>;
  /** Sends a request to any model of this server: what ensembles are built on. */
  infer(request: InferenceRequest, sink: ResponseSink): void;
}
