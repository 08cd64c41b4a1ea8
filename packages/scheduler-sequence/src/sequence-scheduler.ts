import {
  InferError,
  type PendingRequest,
  type Scheduler,
  type SchedulerContext,
  type SequencePosition,
} from '@nereid/core';
import { cancelledError } from '@nereid/scheduler-kit';
import { refusalOf } from './admission.js';
import { checkStates } from './check-states.js';
import { DirectBatcher } from './direct-batcher.js';
import { IdleWatch } from './idle-watch.js';
import type { InstanceBatcher, SlotOwner } from './instance-batcher.js';
import { OldestBatcher } from './oldest-batcher.js';
import { readStateRules } from './read-state-rules.js';
import type { Sequence } from './sequence.js';
import { backlogTimeoutError } from './sequence-errors.js';
import { SequenceInputs } from './sequence-inputs.js';
import { type SequenceSettings, sequenceSettings } from './sequence-settings.js';
import { SequencedRequest } from './sequenced-request.js';
import type { Slot } from './slot.js';
import { SlotTable } from './slot-table.js';

/**
 * The sequence batcher: routes each request to its sequence, each sequence to a slot of an instance
 * or to the backlog, and lets the batchers of the instances run what is in the slots.
 */
export class SequenceScheduler implements Scheduler, SlotOwner {
  readonly prepared: Promise<void> | undefined;
  readonly #context: SchedulerContext;
  readonly #settings: SequenceSettings;
  readonly #inputs: SequenceInputs;
  readonly #slots: SlotTable;
  readonly #idleWatch: IdleWatch;
  /** Those that take more requests. */
  readonly #sequences = new Map<bigint | string, Sequence>();
  readonly #endWaiters: (() => void)[] = [];
  readonly #stopWaiters: (() => void)[] = [];
  /** Requests in the queues of their sequences, */
  #queuedCount = 0;
  /** and those in the hands of the batchers. */
  #issuedCount = 0;
  #nextIterativeId = 1n;
  /** Set when no new sequences are taken. */
  #ending = false;
  #stopped = false;

  /** Throws an InferError for a configuration that cannot be served. */
  constructor(context: SchedulerContext) {
    const { config, clock, directory, instanceCount } = context;
    checkStates(config);
    this.#context = context;
    this.#settings = sequenceSettings(config);
    this.#inputs = new SequenceInputs(config);
    this.#idleWatch = new IdleWatch({
      clock,
      maxIdleUs: this.#settings.maxIdleUs,
      expired: (sequence) => this.#close(sequence),
    });
    this.#slots = new SlotTable({
      clock,
      instanceCount,
      slotCount: this.#settings.slotCount,
      makeBatcher: (instance, slots) => this.#makeBatcher(instance, slots),
      expired: (sequence) => this.#timeOut(sequence),
    });
    if (config.sequenceBatching?.state.length) {
      const states = readStateRules(config, directory);
      this.prepared = states.then((rules) => this.#inputs.setStates(rules));
    }
  }

  get inflightCount(): number {
    return this.#queuedCount + this.#issuedCount;
  }

  get pendingCount(): number {
    return this.#queuedCount + this.#slots.pendingCount;
  }

  enqueue(pending: PendingRequest): void {
    const position = this.#positionOf(pending);
    const known = position && this.#sequences.get(position.correlationId);
    const refusal = refusalOf(pending, position, {
      modelName: this.#context.modelName,
      correlation: this.#inputs.correlation,
      stopped: this.#stopped || (this.#ending && position?.start === true),
      known: known !== undefined,
    });
    if (refusal || !position) {
      // A client that has gone before its request came has left its sequence, too.
      if (refusal?.code === 'CANCELLED' && known) this.#cancel(known);
      pending.finish(refusal);
      return;
    }
    if (known && position.start) this.#warnOfConflict(known);
    const sequence = known ?? this.#inputs.newSequence(position.correlationId);
    this.#queue(sequence, pending, position);
    this.#slots.requestQueued(sequence, pending.request.timeoutUs);
  }

  changeInstances(instances: readonly number[]): Promise<void> {
    return this.#slots.changeInstances(instances);
  }

  endSequences(): Promise<void> {
    this.#ending = true;
    return new Promise((resolve) => {
      this.#endWaiters.push(resolve);
      this.#checkStopped();
    });
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#idleWatch.stop();
    // What is queued is all that there will ever be.
    for (const sequence of this.#sequences.values()) this.#close(sequence);
    this.#slots.hurry();
    return new Promise((resolve) => {
      this.#stopWaiters.push(resolve);
      this.#checkStopped();
    });
  }

  issue({ sequence }: Slot): SequencedRequest | undefined {
    const request = sequence?.shift();
    if (!sequence || !request) return undefined;
    sequence.issued = request;
    this.#queuedCount -= 1;
    this.#issuedCount += 1;
    return request;
  }

  vacate(slot: Slot): void {
    this.#slots.vacate(slot);
  }

  settle(request: SequencedRequest): void {
    const { sequence } = request;
    this.#takeBack(sequence);
    if (request.rescheduled) this.#again(request);
    else if (this.#settings.iterative) this.#endIterations(request);
    if (!sequence.closed) this.#idleWatch.touch(sequence);
    if (sequence.slot) this.#slots.advance(sequence.slot);
    this.#checkStopped();
  }

  #makeBatcher(instance: number, slots: readonly Slot[]): InstanceBatcher {
    const { oldest, direct } = this.#settings;
    const options = { instance, slots, inputs: this.#inputs, owner: this };
    return oldest
      ? new OldestBatcher(this.#context, oldest, options)
      : new DirectBatcher(this.#context, direct, options);
  }

  /** An iterative model needs no correlation ID: each request is a sequence of its own. */
  #positionOf({ request }: PendingRequest): SequencePosition | undefined {
    if (request.sequence || !this.#settings.iterative) return request.sequence;
    return { correlationId: this.#nextIterativeId++, start: true, end: false };
  }

  #queue(sequence: Sequence, pending: PendingRequest, { start, end }: SequencePosition): void {
    const { clock } = this.#context;
    const { iterative } = this.#settings;
    const queuedNs = clock.nowNs();
    const request = new SequencedRequest({ pending, sequence, start, end, queuedNs, iterative });
    request.unwatch = pending.request.signal.onCancel(() => this.#cancel(sequence));
    sequence.push(request);
    this.#queuedCount += 1;
    if (end) {
      this.#forget(sequence);
      return;
    }
    this.#sequences.set(sequence.id, sequence);
    this.#idleWatch.touch(sequence);
  }

  /** The model has asked for another execution. */
  #again(request: SequencedRequest): void {
    const { sequence } = request;
    request.again();
    if (sequence.cancelSource.cancelled) {
      request.finish(cancelledError());
      return;
    }
    sequence.push(request);
    this.#queuedCount += 1;
  }

  /** The server sees whether a request was finished after its first execution, but no other. */
  #endIterations(request: SequencedRequest): void {
    const { config, modelName } = this.#context;
    this.#forget(request.sequence);
    if (request.finished || config.modelTransactionPolicy?.decoupled) return;
    request.finish(new InferError('INTERNAL', `model '${modelName}' forgot to finish the request`));
  }

  /** From now on the sequence takes no more requests; its ID is free for another one. */
  #forget(sequence: Sequence): void {
    sequence.closed = true;
    this.#idleWatch.forget(sequence);
    if (this.#sequences.get(sequence.id) === sequence) this.#sequences.delete(sequence.id);
    this.#checkStopped();
  }

  /** Ends a sequence without its END: what it has queued still executes. */
  #close(sequence: Sequence): void {
    this.#forget(sequence);
    if (sequence.idle) this.#slots.withdraw(sequence);
  }

  #timeOut(sequence: Sequence): void {
    this.#forget(sequence);
    this.#finishQueued(sequence, backlogTimeoutError);
    this.#checkStopped();
  }

  /** Cancels all requests of a sequence, whichever of them was cancelled by its client. */
  #cancel(sequence: Sequence): void {
    if (sequence.cancelSource.cancelled) return;
    this.#forget(sequence);
    this.#finishQueued(sequence, cancelledError);
    const { issued } = sequence;
    // A batcher whose queue holds a request finishes it; one that executes is left to its instance.
    sequence.cancelSource.cancel();
    if (issued?.finished && !issued.executing) this.#takeBack(sequence);
    if (sequence.idle) this.#slots.withdraw(sequence);
    this.#checkStopped();
  }

  #finishQueued(sequence: Sequence, error: typeof cancelledError): void {
    for (let request = sequence.shift(); request; request = sequence.shift()) {
      this.#queuedCount -= 1;
      request.finish(error());
    }
  }

  #takeBack(sequence: Sequence): void {
    if (!sequence.issued) return;
    sequence.issued = undefined;
    this.#issuedCount -= 1;
  }

  #warnOfConflict({ id }: Sequence): void {
    const { logger, modelName } = this.#context;
    logger.warn(
      `sequence ${id} for model '${modelName}' has a conflict. The previous sequence did not end ` +
        'before this sequence start. Previous sequence will be terminated early.',
    );
  }

  #checkStopped(): void {
    if (this.inflightCount > 0) return;
    if (this.#sequences.size === 0) for (const resolve of this.#endWaiters.splice(0)) resolve();
    if (this.#stopped) for (const resolve of this.#stopWaiters.splice(0)) resolve();
  }
}
