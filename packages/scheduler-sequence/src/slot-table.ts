import type { Clock } from '@nereid/core';
import { Backlog } from './backlog.js';
import { FreeSlots } from './free-slots.js';
import type { InstanceBatcher } from './instance-batcher.js';
import type { Sequence } from './sequence.js';
import { Slot } from './slot.js';

export interface SlotTableOptions {
  readonly clock: Clock;
  readonly instanceCount: number;
  /** Slots of each instance. */
  readonly slotCount: number;
  makeBatcher(instance: number, slots: readonly Slot[]): InstanceBatcher;
  /** Called for a sequence that has waited too long for a slot; it has left the backlog. */
  expired(sequence: Sequence): void;
}

/** Which sequence is in which slot, and which wait for one. */
export class SlotTable {
  readonly #batchers: readonly InstanceBatcher[];
  readonly #free = new FreeSlots();
  readonly #backlog: Backlog;

  constructor({ clock, instanceCount, slotCount, makeBatcher, expired }: SlotTableOptions) {
    this.#backlog = new Backlog({ clock, expired });
    this.#batchers = Array.from({ length: instanceCount }, (_, instance) => {
      const slots = Array.from({ length: slotCount }, (_, index) => new Slot(instance, index));
      for (const slot of slots) this.#free.add(slot);
      return makeBatcher(instance, slots);
    });
  }

  /** Of the requests in the hands of the batchers, those that do not execute yet. */
  get pendingCount(): number {
    return this.#batchers.reduce((sum, batcher) => sum + batcher.pendingCount, 0);
  }

  /** A request that may wait so long for a slot, 0 for any time, was queued on the sequence. */
  requestQueued(sequence: Sequence, timeoutUs: number): void {
    if (sequence.slot) {
      this.#wake(sequence.slot);
      return;
    }
    const slot = this.#backlog.has(sequence) ? undefined : this.#free.take();
    if (slot) this.#assign(sequence, slot);
    else this.#backlog.add(sequence, timeoutUs);
  }

  /** Lets the slot go on with its sequence, or with another if its own is over. */
  advance(slot: Slot): void {
    this.vacate(slot);
    this.#wake(slot);
  }

  /** Gives the slot to another sequence if its own has no request left and takes no more. */
  vacate(slot: Slot): void {
    const { sequence } = slot;
    if (!sequence?.closed || sequence.head) return;
    sequence.slot = undefined;
    slot.sequence = undefined;
    const next = this.#backlog.shift();
    if (next) this.#assign(next, slot);
    else this.#free.add(slot);
  }

  /** The sequence needs no slot any more. */
  withdraw(sequence: Sequence): void {
    this.#backlog.remove(sequence);
    if (sequence.slot) this.advance(sequence.slot);
  }

  hurry(): void {
    for (const batcher of this.#batchers) batcher.hurry();
  }

  #assign(sequence: Sequence, slot: Slot): void {
    slot.sequence = sequence;
    sequence.slot = slot;
    this.#wake(slot);
  }

  #wake(slot: Slot): void {
    this.#batchers[slot.instance]?.wake(slot);
  }
}
