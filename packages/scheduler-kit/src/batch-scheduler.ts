import type {
  InferError,
  InferenceRequest,
  PendingRequest,
  Scheduler,
  SchedulerContext,
} from '@nereid/core';
import { type BatchDecision, type BatchRules, chooseBatch, fullWeight } from './choose-batch.js';
import type { QueuedRequest } from './queued-request.js';
import { RequestQueue, type RequestQueueOptions } from './request-queue.js';
import { ResponseOrder } from './response-order.js';
import { cancelledError, queueFullError, stoppedError, timeoutError } from './scheduler-errors.js';

/** What a BatchScheduler needs of its model's context. */
export type BatchSchedulerContext = Pick<
  SchedulerContext,
  'clock' | 'instanceCount' | 'runBatch' | 'preparesBatch'
>;

export interface BatchSchedulerSettings {
  readonly rules: BatchRules;
  readonly queue: Pick<RequestQueueOptions, 'priorityLevels' | 'defaultPriority' | 'policyOf'>;
  /** Responses leave in the order in which their requests began to execute. */
  readonly preserveOrdering: boolean;
}

/**
 * Gives batches of independent requests to whichever instance is free. Has no more batches under
 * way than there are instances, so that requests wait where they can still be batched, refused and
 * cancelled; but for batches that would not change any more, which busy instances prepare.
 */
export class BatchScheduler implements Scheduler {
  readonly #context: BatchSchedulerContext;
  readonly #queue: RequestQueue;
  readonly #order: ResponseOrder | undefined;
  /** Reused, because the queue is looked at for every batch. */
  readonly #candidates: QueuedRequest[] = [];
  readonly #stopWaiters: (() => void)[] = [];
  #rules: BatchRules;
  #instanceCount: number;
  /** Negative while more batches are under way than there are instances now. */
  #freeInstances: number;
  /** No rule of the queue may change or refuse what waits in it, but for cancellation. */
  readonly #mayRunAhead: boolean;
  /** The numbers of requests of the batches that wait for an instance, the oldest first. */
  readonly #aheadCounts: number[] = [];
  #executingCount = 0;
  #stopped = false;
  /** The batch that is allowed to grow for a while, if the last look at the queue found one. */
  #growing: BatchDecision | undefined;
  #cancelWakeUp: (() => void) | undefined;

  constructor(context: BatchSchedulerContext, settings: BatchSchedulerSettings) {
    this.#context = context;
    this.#rules = settings.rules;
    this.#instanceCount = context.instanceCount;
    this.#freeInstances = context.instanceCount;
    this.#order = settings.preserveOrdering ? new ResponseOrder() : undefined;
    this.#mayRunAhead = !settings.preserveOrdering && hasNoPolicy(settings.queue);
    this.#queue = new RequestQueue({
      ...settings.queue,
      clock: context.clock,
      left: () => this.#checkStopped(),
    });
  }

  get inflightCount(): number {
    return this.#queue.size + this.#executingCount;
  }

  get pendingCount(): number {
    return this.#aheadCounts.reduce((sum, count) => sum + count, this.#queue.size);
  }

  enqueue(pending: PendingRequest): void {
    const refusal = this.#refusal(pending.request);
    if (refusal) pending.finish(refusal);
    else if (this.#mayRunAtOnce()) this.#runAtOnce(pending);
    else if (!this.#queue.add(pending)) pending.finish(queueFullError(pending.request));
    else if (this.#freeInstances > 0 ? !this.#stillGrowing() : this.#mayFillAhead()) {
      this.#dispatch();
    }
  }

  /** Which instance runs a batch is not its business, but how many there are. */
  async changeInstances({ length }: readonly number[]): Promise<void> {
    this.#freeInstances += length - this.#instanceCount;
    this.#instanceCount = length;
    this.#dispatch();
  }

  /** From now on no request waits for a fuller batch. */
  hurry(): void {
    this.#rules = { ...this.#rules, maxDelayNs: 0 };
    this.#dispatch();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    // What is queued is all that there will ever be: waiting for a fuller batch has lost its point.
    this.hurry();
    return new Promise((resolve) => {
      this.#stopWaiters.push(resolve);
      this.#checkStopped();
    });
  }

  #refusal(request: InferenceRequest): InferError | undefined {
    if (this.#stopped) return stoppedError(request);
    return request.signal.cancelled ? cancelledError() : undefined;
  }

  /** The common case of a server that is not overloaded: no queue, and nothing to wait for. */
  #mayRunAtOnce(): boolean {
    return this.#rules.maxDelayNs === 0 && this.#freeInstances > 0 && this.#queue.size === 0;
  }

  /**
   * True when the batch that waits needs more than is queued. Unequal inputs can complete it, too.
   */
  #stillGrowing(): boolean {
    if (!this.#growing || this.#rules.canShare) return false;
    return this.#queue.weight < this.#growing.wakeWeight;
  }

  /** Enough waits for a whole batch, and an instance that is busy would prepare it. */
  #mayFillAhead(): boolean {
    if (!this.#mayRunAhead || this.#queue.weight < fullWeight(this.#rules)) return false;
    return this.#context.preparesBatch === true;
  }

  #dispatch(): void {
    this.#wakeUpAt(undefined);
    while (this.#queue.size > 0 && (this.#freeInstances > 0 || this.#mayFillAhead())) {
      const candidates = this.#candidates;
      const rejected = this.#queue.collect(candidates, this.#rules.maxBatchSize);
      const decision =
        candidates.length > 0
          ? chooseBatch(candidates, this.#rules, this.#context.clock.nowNs())
          : undefined;
      if (this.#freeInstances <= 0 && !decision?.settled) {
        candidates.length = 0;
        return;
      }
      // Everything is taken out of the queue first: whoever is told below may enqueue again at
      // once.
      const batch = decision && this.#take(decision.count);
      if (decision && decision.count === 0) this.#wakeUpAt(decision);
      if (batch && batch.length > 0) this.#run(batch);
      if (rejected) this.#reject(rejected);
      if (decision && decision.count === 0) return;
    }
    if (this.#stopped) this.#checkStopped();
  }

  #take(count: number): PendingRequest[] {
    const batch: PendingRequest[] = [];
    for (let index = 0; index < count; index += 1) {
      const entry = this.#candidates[index];
      if (entry) batch.push(this.#queue.remove(entry));
    }
    // Kept longer, the list would hold on to the requests' tensors.
    this.#candidates.length = 0;
    return batch;
  }

  #run(batch: readonly PendingRequest[]): void {
    if (this.#freeInstances <= 0) this.#aheadCounts.push(batch.length);
    this.#freeInstances -= 1;
    this.#executingCount += batch.length;
    const order = this.#order;
    const ordered = order ? batch.map((pending) => order.admit(pending)) : batch;
    const running = this.#context.runBatch(ordered);
    if (!running) {
      // Who has called looks at the queue again: a long one makes no deep stack.
      this.#batchEnded(batch.length);
      return;
    }
    void running.then(() => {
      this.#batchEnded(batch.length);
      this.#dispatch();
      this.#checkStopped();
    });
  }

  #runAtOnce(pending: PendingRequest): void {
    this.#run([pending]);
    // What was enqueued while it ran, by whoever got the answer.
    if (this.#freeInstances > 0 && this.#queue.size > 0 && !this.#stillGrowing()) this.#dispatch();
    if (this.#stopped) this.#checkStopped();
  }

  #batchEnded(requestCount: number): void {
    this.#freeInstances += 1;
    this.#aheadCounts.shift();
    this.#executingCount -= requestCount;
  }

  #reject(requests: readonly PendingRequest[]): void {
    for (const pending of requests) pending.finish(timeoutError());
    this.#checkStopped();
  }

  /** Looks at the queue again when a growing batch has waited long enough; never, without one. */
  #wakeUpAt(growing: BatchDecision | undefined): void {
    this.#cancelWakeUp?.();
    this.#cancelWakeUp = undefined;
    this.#growing = growing;
    if (!growing) return;
    const delayUs = Math.max(0, growing.untilNs - this.#context.clock.nowNs()) / 1000;
    this.#cancelWakeUp = this.#context.clock.schedule(delayUs, () => this.#dispatch());
  }

  #checkStopped(): void {
    if (!this.#stopped || this.inflightCount > 0) return;
    for (const resolve of this.#stopWaiters.splice(0)) resolve();
  }
}

/** Such requests lose nothing by leaving the queue before they execute. */
function hasNoPolicy({
  policyOf,
  priorityLevels,
  defaultPriority,
}: BatchSchedulerSettings['queue']) {
  const { maxQueueSize, defaultTimeoutMicroseconds } = policyOf(defaultPriority);
  return priorityLevels === 0 && maxQueueSize === 0 && defaultTimeoutMicroseconds === 0;
}
