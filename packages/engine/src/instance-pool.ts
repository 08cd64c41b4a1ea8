import {
  type Clock,
  InferError,
  type ModelInstance,
  type PendingRequest,
  toInferError,
} from '@nereid/core';
import type { StatisticsRecorder } from '@nereid/observability';
import { BatchTimer } from './batch-timer.js';

interface InstancePoolOptions {
  readonly modelName: string;
  /** Those that take batches. */
  readonly instances: readonly ModelInstance[];
  readonly decoupled: boolean;
  readonly clock: Clock;
  readonly recorder: Pick<StatisticsRecorder, 'executed'>;
}

interface WaitingBatch {
  readonly batch: readonly PendingRequest[];
  readonly free: () => void;
}

interface Slot {
  readonly instance: ModelInstance;
  /** Batches that may run here only. */
  readonly waiting: WaitingBatch[];
  busy: boolean;
}

/** Runs batches on the instances of one model version, one at a time on each. */
export class InstancePool {
  readonly #options: InstancePoolOptions;
  readonly #slots: readonly Slot[];
  /** Slots without a batch, the one that is free for the longest time first. */
  readonly #idle: Slot[];
  /** Batches that may run anywhere. */
  readonly #waiting: WaitingBatch[] = [];

  constructor(options: InstancePoolOptions) {
    this.#options = options;
    this.#slots = options.instances.map((instance) => ({ instance, waiting: [], busy: false }));
    this.#idle = [...this.#slots];
  }

  get size(): number {
    return this.#slots.length;
  }

  /** True while at least one instance can serve. */
  get ready(): boolean {
    return this.#slots.some(isReady);
  }

  /** As SchedulerContext documents it. */
  runBatch(batch: readonly PendingRequest[], instance?: number): Promise<void> {
    return new Promise((resolve) => {
      const slot = instance === undefined ? this.#nextIdle() : this.#slots[instance];
      const waiting = { batch, free: resolve };
      if (instance !== undefined && !slot) {
        this.#refuse(waiting, `model '${this.#options.modelName}' has no instance ${instance}`);
      } else if (!slot) {
        this.#waiting.push(waiting);
      } else if (slot.busy) {
        slot.waiting.push(waiting);
      } else {
        void this.#execute(slot, waiting);
      }
    });
  }

  /** An instance that is being restarted gets a batch only when there is no other free one. */
  #nextIdle(): Slot | undefined {
    return this.#idle.find(isReady) ?? this.#idle[0];
  }

  async #execute(slot: Slot, { batch, free }: WaitingBatch): Promise<void> {
    const { clock, recorder } = this.#options;
    slot.busy = true;
    this.#idle.splice(this.#idle.indexOf(slot), 1);
    const timer = new BatchTimer(clock);
    for (const pending of batch) pending.started(timer);
    let failure: InferError | undefined;
    try {
      await slot.instance.execute(batch, timer);
    } catch (error) {
      failure = toInferError(error);
    }
    if (timer.unfinishedCount > 0) this.#finish(batch, failure);
    recorder.executed(totalSize(batch), timer, timer.failedSize + placeholderSize(batch));
    this.#release(slot);
    free();
  }

  #release(slot: Slot): void {
    slot.busy = false;
    this.#idle.push(slot);
    const next = slot.waiting.shift() ?? this.#waiting.shift();
    if (next) void this.#execute(slot, next);
  }

  /** Finishing again what is finished already does nothing. */
  #finish(batch: readonly PendingRequest[], failure: InferError | undefined): void {
    if (!failure && this.#options.decoupled) return;
    const error =
      failure ??
      new InferError('INTERNAL', `model '${this.#options.modelName}' forgot to finish the request`);
    for (const pending of batch) pending.finish(error);
  }

  #refuse({ batch, free }: WaitingBatch, message: string): void {
    for (const pending of batch) pending.finish(new InferError('INTERNAL', message));
    free();
  }
}

function isReady(slot: Slot): boolean {
  return slot.instance.ready !== false;
}

function totalSize(batch: readonly PendingRequest[]): number {
  let size = 0;
  for (const pending of batch) size += pending.batchSize;
  return size;
}

/** Of the batch size, what nobody asked for. */
function placeholderSize(batch: readonly PendingRequest[]): number {
  let size = 0;
  for (const pending of batch) if (pending.placeholder) size += pending.batchSize;
  return size;
}
