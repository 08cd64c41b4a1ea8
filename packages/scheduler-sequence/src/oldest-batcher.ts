import type { PendingRequest, SchedulerContext } from '@nereid/core';
import { type BatchRules, BatchScheduler, ResponseOrder, UNLIMITED } from '@nereid/scheduler-kit';
import type { InstanceBatcher, InstanceBatcherOptions } from './instance-batcher.js';
import { SequencedRequest } from './sequenced-request.js';
import type { Slot } from './slot.js';

export interface OldestSettings {
  readonly rules: BatchRules;
  readonly preserveOrdering: boolean;
}

/**
 * The oldest strategy at one instance: the sequences in its slots have at most one request each in
 * a dynamic batcher, which forms batches of those that have waited longest.
 */
export class OldestBatcher implements InstanceBatcher {
  readonly #context: SchedulerContext;
  readonly #options: InstanceBatcherOptions;
  readonly #batcher: BatchScheduler;
  readonly #order: ResponseOrder | undefined;

  constructor(
    context: SchedulerContext,
    settings: OldestSettings,
    options: InstanceBatcherOptions,
  ) {
    this.#context = context;
    this.#options = options;
    this.#order = settings.preserveOrdering ? new ResponseOrder() : undefined;
    this.#batcher = new BatchScheduler(
      { clock: context.clock, instanceCount: 1, runBatch: (batch) => this.#run(batch) },
      {
        rules: settings.rules,
        queue: { priorityLevels: 0, defaultPriority: 0, policyOf: () => UNLIMITED },
        // Kept here, where the states of a sequence are known although its answer is held back.
        preserveOrdering: false,
      },
    );
  }

  get pendingCount(): number {
    return this.#batcher.pendingCount;
  }

  wake(slot: Slot): void {
    const { owner, inputs } = this.#options;
    if (slot.sequence?.issued) return;
    const request = owner.issue(slot);
    if (!request) return;
    request.complete(inputs);
    this.#batcher.enqueue(request);
  }

  hurry(): void {
    this.#batcher.hurry();
  }

  async #run(batch: readonly PendingRequest[]): Promise<void> {
    const requests = batch.filter((pending) => pending instanceof SequencedRequest);
    if (this.#order) for (const request of requests) request.answerInOrder(this.#order);
    await this.#context.runBatch(batch, this.#options.instance);
    for (const request of requests) this.#options.owner.settle(request);
  }
}
