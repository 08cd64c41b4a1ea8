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
import { WaitingBatch } from './waiting-batch.js';

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
  /** When the last execution began, */
  startNs: number;
  /** and when its model was done; 0 before that. Not its timer, which may refer to its requests. */
  endNs: number;
  /** The batch that it executes next, and that may be with the instance already. */
  prepared: WaitingBatch | undefined;
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
  /** Batches that may run anywhere, and that no instance prepares. */
  readonly #waiting: WaitingBatch[] = [];
  #preparingScheduled = false;

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

  /** As SchedulerContext documents it. */
  get preparesBatch(): boolean {
    let places = -this.#waiting.length;
    for (const slot of this.#slots) if (slot && mayPrepare(slot)) places += 1;
    return places > 0;
  }

  add(instances: readonly PooledInstance[]): void {
    for (const pooled of instances) {
      const slot: Slot = {
        ...pooled,
        waiting: [],
        busy: true,
        startNs: 0,
        endNs: 0,
        prepared: undefined,
        retired: undefined,
      };
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
      const waiting = new WaitingBatch(batch, resolve);
      if (instance !== undefined && !slot) {
        this.#refuse(waiting, `model '${this.#options.modelName}' has no instance ${instance}`);
      } else if (!slot) {
        this.#wait(waiting);
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

  #wait(waiting: WaitingBatch): void {
    this.#waiting.push(waiting);
    waiting.watch(() => this.#shrunk(waiting));
    this.#prepareWaiting();
  }

  /** Gives batches that wait to instances that execute, the first to the one that began first. */
  #prepareWaiting(): void {
    for (;;) {
      const waiting = this.#waiting[0];
      const slot = waiting && this.#slotToPrepare();
      const takeBack = slot?.instance.prepare?.(waiting?.batch ?? []);
      if (!waiting || !slot || !takeBack) return;
      this.#waiting.shift();
      waiting.takeBack = takeBack;
      waiting.preparedNs = this.#options.clock.nowNs();
      slot.prepared = waiting;
    }
  }

  #slotToPrepare(): Slot | undefined {
    let first: Slot | undefined;
    for (const slot of this.#slots) {
      if (!slot || !mayPrepare(slot)) continue;
      if (!first || slot.startNs < first.startNs) first = slot;
    }
    return first;
  }

  /** A request has left the batch, which no instance prepares any more. */
  #shrunk(waiting: WaitingBatch): void {
    const slot = this.#slots.find((each) => each?.prepared === waiting);
    if (slot) {
      slot.prepared = undefined;
      this.#waiting.unshift(waiting);
    }
    if (waiting.batch.length === 0) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.free();
    }
    if (this.#preparingScheduled) return;
    // Others of the batch may be cancelled in the same turn, as all of a connection are.
    this.#preparingScheduled = true;
    queueMicrotask(() => {
      this.#preparingScheduled = false;
      this.#prepareWaiting();
    });
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

  async #executeWaiting(slot: Slot, waiting: WaitingBatch): Promise<void> {
    // What was prepared began as the last execution ended, or as it was given to the instance.
    const begunNs = waiting.takeBack ? Math.max(waiting.preparedNs, slot.endNs) : undefined;
    await this.#execute(slot, waiting.batch, begunNs);
    waiting.free();
  }

  /** Returns undefined, or resolves, when the slot is free again. */
  #execute(
    slot: Slot,
    batch: readonly PendingRequest[],
    begunNs?: number,
  ): Promise<void> | undefined {
    const timer = new BatchTimer(this.#options.clock, slot.instance.copiesInputs, begunNs);
    slot.startNs = timer.startNs;
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
    slot.endNs = timer.outputStartNs;
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
    const next = slot.prepared ?? slot.waiting.shift() ?? this.#nextOfAll(slot);
    slot.prepared = undefined;
    if (!next) {
      slot.retired?.();
      return;
    }
    next.begin();
    this.#start(slot, next);
  }

  /** A batch that may run anywhere, also one that another instance was to execute later. */
  #nextOfAll(slot: Slot): WaitingBatch | undefined {
    if (slot.retired) return undefined;
    return this.#waiting.shift() ?? (isReady(slot) ? this.#takeBackOldest() : undefined);
  }

  #takeBackOldest(): WaitingBatch | undefined {
    let oldest: Slot | undefined;
    for (const slot of this.#slots) {
      if (!slot?.prepared) continue;
      if (slot.prepared.preparedNs < (oldest?.prepared?.preparedNs ?? Infinity)) oldest = slot;
    }
    const prepared = oldest?.prepared;
    if (!oldest || !prepared?.takeBack?.()) return undefined;
    oldest.prepared = undefined;
    prepared.takeBack = undefined;
    return prepared;
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

/** One whose turns are limited begins when it is told to, and not when its last batch has ended. */
function mayPrepare(slot: Slot): boolean {
  const { instance, busy, turns, prepared, retired, waiting } = slot;
  const takes = busy && !turns && !prepared && !retired && waiting.length === 0;
  return takes && instance.prepare !== undefined && isReady(slot);
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
