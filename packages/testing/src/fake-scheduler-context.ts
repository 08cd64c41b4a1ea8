import {
  type Clock,
  type HeldModel,
  type InferenceRequest,
  type Logger,
  type ModelConfig,
  type ModelReference,
  type PendingRequest,
  type ResponseSink,
  type SchedulerContext,
  silentLogger,
} from '@nereid/core';
import { FakeClock } from './fake-clock.js';
import { fakeModelConfig } from './fake-model-config.js';

interface RunningBatch {
  readonly requests: readonly PendingRequest[];
  readonly instance: number;
  readonly free: () => void;
}

export interface FakeContextOptions {
  readonly config?: ModelConfig;
  readonly clock?: Clock;
  readonly instanceCount?: number;
  /** Batches that wait in busy instances; 0 unless set. */
  readonly preparedCount?: number;
  readonly infer?: (request: InferenceRequest, sink: ResponseSink) => void;
  readonly hold?: (model: ModelReference) => HeldModel;
}

/** What the server gives a scheduler, with instances that execute until the test lets them end. */
export class FakeSchedulerContext implements SchedulerContext {
  readonly modelName: string;
  readonly modelVersion = 1;
  readonly config: ModelConfig;
  readonly directory = '/nowhere';
  readonly clock: Clock;
  readonly logger: Logger = silentLogger;
  /** May change, as that of a model does when it is loaded with other instance groups. */
  instanceCount: number;
  /** The batches that began to execute, in that order. */
  readonly batches: (readonly PendingRequest[])[] = [];
  readonly #running: RunningBatch[] = [];
  readonly #waiting: { readonly instance: number | undefined; readonly start: () => void }[] = [];
  readonly #preparedCount: number;
  readonly #infer: FakeContextOptions['infer'];
  readonly #hold: FakeContextOptions['hold'];

  constructor(options: FakeContextOptions = {}) {
    this.config = options.config ?? fakeModelConfig();
    this.modelName = this.config.name;
    this.clock = options.clock ?? new FakeClock();
    this.instanceCount = options.instanceCount ?? 1;
    this.#preparedCount = options.preparedCount ?? 0;
    this.#infer = options.infer;
    this.#hold = options.hold;
  }

  get preparesBatch(): boolean {
    return this.#waiting.length < this.#preparedCount;
  }

  get runningCount(): number {
    return this.#running.length;
  }

  /** The ids of the requests of each batch that began to execute. */
  get batchIds(): string[][] {
    return this.batches.map((batch) => batch.map((pending) => pending.request.id));
  }

  runBatch(batch: readonly PendingRequest[], instance?: number): Promise<void> | undefined {
    return new Promise((resolve) => {
      const start = () => this.#start(batch, instance ?? this.#freeInstance(), resolve);
      if (this.#isFree(instance)) start();
      else this.#waiting.push({ instance, start });
    });
  }

  infer(request: InferenceRequest, sink: ResponseSink): void {
    if (!this.#infer) throw new Error('the test expects no request to another model');
    this.#infer(request, sink);
  }

  hold(model: ModelReference): HeldModel {
    if (!this.#hold) throw new Error('the test expects no other model to be held');
    return this.#hold(model);
  }

  /**
   * Ends the oldest running batch: all its requests succeed. Resolves when the scheduler has
   * noticed.
   */
  async completeBatch(): Promise<void> {
    const batch = this.#running.shift();
    if (!batch) throw new Error('no batch is running');
    for (const pending of batch.requests) {
      pending.respond({ outputs: [] });
      pending.finish();
    }
    batch.free();
    const next = this.#waiting.findIndex(({ instance }) => this.#isFree(instance));
    if (next >= 0) this.#waiting.splice(next, 1)[0]?.start();
    await settled();
  }

  /** Ends batches until nothing runs any more. */
  async completeAll(): Promise<void> {
    while (this.#running.length > 0) await this.completeBatch();
  }

  #start(requests: readonly PendingRequest[], instance: number, free: () => void): void {
    this.batches.push(requests);
    this.#running.push({ requests, instance, free });
    const times = { startNs: this.clock.nowNs(), inputEndNs: 0, outputStartNs: 0 };
    for (const pending of requests) pending.started(times);
  }

  #isFree(instance: number | undefined): boolean {
    if (instance === undefined) return this.#running.length < this.instanceCount;
    return !this.#running.some((batch) => batch.instance === instance);
  }

  #freeInstance(): number {
    let instance = 0;
    while (!this.#isFree(instance)) instance += 1;
    return instance;
  }
}

/** Lets everything run that already settled promises set in motion. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
