import type { PendingRequest, SchedulerContext } from '@nereid/core';
import { chooseSlots, type SlotHead, type SlotRules } from './choose-slots.js';
import type { InstanceBatcher, InstanceBatcherOptions } from './instance-batcher.js';
import { PlaceholderRequest } from './placeholder-request.js';
import type { SequencedRequest } from './sequenced-request.js';

/**
 * The direct strategy at one instance: a sequence keeps its row in every batch, and a row without a
 * request is filled.
 */
export class DirectBatcher implements InstanceBatcher {
  readonly pendingCount = 0;
  readonly #context: SchedulerContext;
  readonly #options: InstanceBatcherOptions;
  /** Reused for every batch. */
  readonly #heads: (SlotHead | undefined)[];
  #rules: SlotRules;
  #busy = false;
  #cancelWakeUp: (() => void) | undefined;

  constructor(context: SchedulerContext, rules: SlotRules, options: InstanceBatcherOptions) {
    this.#context = context;
    this.#rules = rules;
    this.#options = options;
    this.#heads = options.slots.map(() => undefined);
  }

  wake(): void {
    if (!this.#busy) this.#dispatch();
  }

  hurry(): void {
    this.#rules = { ...this.#rules, maxDelayNs: 0 };
    this.wake();
  }

  #dispatch(): void {
    this.#cancelWakeUp?.();
    this.#cancelWakeUp = undefined;
    const { clock } = this.#context;
    this.#look();
    const nowNs = clock.nowNs();
    const { runs, untilNs } = chooseSlots(this.#heads, this.#rules, nowNs);
    if (runs.length > 0) {
      this.#run(runs);
    } else if (untilNs !== undefined) {
      const delayUs = Math.max(0, untilNs - nowNs) / 1000;
      this.#cancelWakeUp = clock.schedule(delayUs, () => this.#dispatch());
    }
  }

  /** Lists the next request of every slot, complete, so that they can be compared. */
  #look(): void {
    const { slots, inputs } = this.#options;
    for (const [index, { sequence }] of slots.entries()) {
      const head = sequence?.head;
      head?.complete(inputs);
      this.#heads[index] = head;
    }
  }

  #run(runs: readonly boolean[]): void {
    this.#busy = true;
    const { slots, owner, instance } = this.#options;
    const requests: SequencedRequest[] = [];
    const rows = runs.map((doesRun, index) => {
      const slot = slots[index];
      const request = doesRun && slot ? owner.issue(slot) : undefined;
      if (request) requests.push(request);
      return request;
    });
    // The row of a sequence that ends with this batch is free for another one in the next.
    for (const slot of slots) if (runs[slot.index]) owner.vacate(slot);
    const batch = this.#fill(rows, requests);
    // Never at once, so that a long queue makes no deep stack.
    const running = Promise.resolve(this.#context.runBatch(batch, instance));
    void running.then(() => this.#ended(requests));
  }

  #fill(
    rows: readonly (SequencedRequest | undefined)[],
    [model]: readonly SequencedRequest[],
  ): readonly PendingRequest[] {
    if (!model) return [];
    const filler = rows.includes(undefined)
      ? this.#options.inputs.placeholder(model.request)
      : model.request;
    return rows.map((request) => request ?? new PlaceholderRequest(filler, model.acceptedNs));
  }

  #ended(requests: readonly SequencedRequest[]): void {
    for (const request of requests) this.#options.owner.settle(request);
    this.#busy = false;
    this.#dispatch();
  }
}
