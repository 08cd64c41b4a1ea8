import type { SequenceInputs } from './sequence-inputs.js';
import type { SequencedRequest } from './sequenced-request.js';
import type { Slot } from './slot.js';

/** Runs the requests of the sequences in the slots of one instance. */
export interface InstanceBatcher {
  /** Of the requests it was handed, those that do not execute yet. */
  readonly pendingCount: number;
  /** Something may be run: a request was queued in the slot, or it has got another sequence. */
  wake(slot: Slot): void;
  /** From now on no request waits for a fuller batch. */
  hurry(): void;
}

export interface InstanceBatcherOptions {
  /** By their index. */
  readonly slots: readonly Slot[];
  readonly instance: number;
  readonly inputs: SequenceInputs;
  readonly owner: SlotOwner;
}

/** Hands out the requests of the sequences; told by the batchers what becomes of them. */
export interface SlotOwner {
  /** Hands out the request that is next in the slot; undefined if there is none. */
  issue(slot: Slot): SequencedRequest | undefined;
  /** The instance is done with a request that was handed out. */
  settle(request: SequencedRequest): void;
  /** Gives the slot to another sequence if its own has no request left and takes no more. */
  vacate(slot: Slot): void;
}
