import {
  type Clock,
  InferError,
  type ModelInstance,
  type PendingRequest,
  toInferError,
} from '@nereid/core';
import type { StatisticsRecorder } from '@nereid/observability';
import { BatchTimer } from './batch-timer.js';
import type { InstanceTurns } from './rate-limiter.js';

/** An instance that takes batches. */
export interface PooledInstance {
  readonly instance: ModelInstance;
  /** Undefined without a rate limiter. */
  readonly turns: InstanceTurns | undefined;
}

interface InstancePoolOptions {
  readonly modelName: string;
  readonly instances: readonly PooledInstance[];
  readonly decoupled: boolean;
  readonly clock: Clock;
  readonly recorder: Pick<StatisticsRecorder, 'executed'>;
}

interface WaitingBatch {
  readonly batch: readonly PendingRequest[];
  readonly free: () => void;
}

/** One that the instance is done with. */
interface Execution {
  readonly batch: readonly PendingRequest[];
  readonly timer: BatchTimer;
  readonly failure: InferError | undefined;
}

interface Slot extends PooledInstance {
  /** Batches that may run here only. */
  readonly waiting: WaitingBatch[];
  busy: boolean;
  /** Set once it takes only batches that are meant for it: called when it has none. */
  retired: (() => void) | undefined;
}

/** Runs batches on the instances of one model version, one at a time on each. */
export class InstancePool {
  readonly #options: InstancePoolOptions;
  /** By the number that the scheduler knows an instance by; none for one that is gone. */
  readonly #slots: (Slot | undefined)[] = [];
  /** Slots without a batch, the one that is free for the longest time first. */
  readonly #idle: Slot[] = [];
  /** Batches that may run anywhere. */
  readonly #waiting: WaitingBatch[] = [];

  constructor(options: InstancePoolOptions) {
    this.#options = options;
    this.add(options.instances);
  }

  /** The numbers of the instances that are to take batches. */
  get numbers(): readonly number[] {
    return this.#slots.flatMap((slot, number) => (slot && !slot.retired ? number : []));
  }

  /** True while at least one instance can serve. */
  get ready(): boolean {
    return this.#slots.some((slot) => slot && isReady(slot));
  }

  add(instances: readonly PooledInstance[]): void {
    for (const pooled of instances) {
      const slot: Slot = { ...pooled, waiting: [], busy: true, retired: undefined };
      this.#slots.push(slot);
      this.#free(slot);
    }
  }

  /**
   * From now on these take only batches that are meant for them. To be followed by `remove`, when
   * there will be no such batches either.
   */
  retire(instances: readonly ModelInstance[]): void {
    for (const slot of this.#slotsOf(instances)) {
      slot.retired = () => {};
      if (!slot.busy) this.#idle.splice(this.#idle.indexOf(slot), 1);
    }
  }

  /** Resolves when the retired instances have executed for the last time. */
  async remove(instances: readonly ModelInstance[]): Promise<void> {
    const ends = this.#slotsOf(instances).map(async (slot) => {
      if (slot.busy) await new Promise<void>((resolve) => (slot.retired = resolve));
      this.#slots[this.#slots.indexOf(slot)] = undefined;
    });
    await Promise.all(ends);
  }

  /** As SchedulerContext documents it. */
  runBatch(batch: readonly PendingRequest[], instance?: number): Promise<void> | undefined {
    const slot = instance === undefined ? this.#nextIdle() : this.#slots[instance];
    if (slot && !slot.busy && !slot.turns) {
      this.#take(slot);
      return this.#execute(slot, batch);
    }
    return new Promise((resolve) => {
      const waiting = { batch, free: resolve };
      if (instance !== undefined && !slot) {
        this.#refuse(waiting, `model '${this.#options.modelName}' has no instance ${instance}`);
      } else if (!slot) {
        this.#waiting.push(waiting);
      } else if (slot.busy) {
        slot.waiting.push(waiting);
      } else {
        this.#start(slot, waiting);
      }
    });
  }

  /** An instance that is being restarted gets a batch only when there is no other free one. */
  #nextIdle(): Slot | undefined {
    if (this.#idle[0]?.turns) this.#idle.sort(byScaledCount);
    return this.#idle.find(isReady) ?? this.#idle[0];
  }

  #slotsOf(instances: readonly ModelInstance[]): readonly Slot[] {
    return this.#slots.flatMap((slot) => (slot && instances.includes(slot.instance) ? slot : []));
  }

  #start(slot: Slot, waiting: WaitingBatch): void {
    this.#take(slot);
    if (slot.turns) slot.turns.begin(() => void this.#executeInTurn(slot, waiting));
    // Not at once, so that many that wait make no deep stack.
    else queueMicrotask(() => void this.#executeWaiting(slot, waiting));
  }

  #take(slot: Slot): void {
    slot.busy = true;
    if (!slot.retired) this.#idle.splice(this.#idle.indexOf(slot), 1);
  }

  /** Waiting for resources may have taken so long that nobody wants the answers any more. */
  async #executeInTurn(slot: Slot, waiting: WaitingBatch): Promise<void> {
    if (!waiting.batch.every(isCancelled)) {
      await this.#executeWaiting(slot, waiting);
      return;
    }
    for (const pending of waiting.batch) pending.finish(new InferError('CANCELLED', ''));
    this.#release(slot);
    waiting.free();
  }

  async #executeWaiting(slot: Slot, { batch, free }: WaitingBatch): Promise<void> {
    await this.#execute(slot, batch);
    free();
  }

  /** Returns undefined, or resolves, when the slot is free again. */
  #execute(slot: Slot, batch: readonly PendingRequest[]): Promise<void> | undefined {
    const timer = new BatchTimer(this.#options.clock, slot.instance.copiesInputs);
    for (const pending of batch) pending.started(timer);
    let running: Promise<void> | undefined;
    try {
      running = slot.instance.execute(batch, timer);
    } catch (error) {
      this.#executed(slot, { batch, timer, failure: toInferError(error) });
      return undefined;
    }
    if (running === undefined) {
      this.#executed(slot, { batch, timer, failure: undefined });
      return undefined;
    }
    return running.then(
      () => this.#executed(slot, { batch, timer, failure: undefined }),
      (error) => this.#executed(slot, { batch, timer, failure: toInferError(error) }),
    );
  }

  #executed(slot: Slot, { batch, timer, failure }: Execution): void {
    const { recorder, decoupled } = this.#options;
    const late = slot.instance.answersLate === true && !failure;
    if (timer.unfinishedCount > 0 && !late) this.#finish(batch, failure);
    timer.executed();
    const count = () =>
      recorder.executed(totalSize(batch), timer, timer.failedSize + placeholderSize(batch));
    if (late && timer.unfinishedCount > 0 && !decoupled) timer.allFinished = count;
    else count();
    this.#release(slot);
  }

  #release(slot: Slot): void {
    this.#free(slot);
    // After that, so that the instance is among those that are chosen from.
    slot.turns?.end();
  }

  #free(slot: Slot): void {
    slot.busy = false;
    if (!slot.retired) this.#idle.push(slot);
    const next = slot.waiting.shift() ?? (slot.retired ? undefined : this.#waiting.shift());
    if (next) this.#start(slot, next);
    else slot.retired?.();
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

function byScaledCount(a: Slot, b: Slot): number {
  return (a.turns?.scaledCount ?? 0) - (b.turns?.scaledCount ?? 0);
}

function isCancelled({ placeholder, request }: PendingRequest): boolean {
  return placeholder === true || request.signal.cancelled;
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
