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

interface SlottedInstance {
  readonly batcher: InstanceBatcher;
  readonly slots: readonly Slot[];
  /** Set once its slots take no more sequences: called when none of them has one. */
  retired: (() => void) | undefined;
}

/** Which sequence is in which slot, and which wait for one. */
export class SlotTable {
  readonly #options: SlotTableOptions;
  /** By the number of the instance. */
  readonly #instances = new Map<number, SlottedInstance>();
  readonly #free = new FreeSlots();
  readonly #backlog: Backlog;

  constructor(options: SlotTableOptions) {
    const { clock, instanceCount, expired } = options;
    this.#options = options;
    this.#backlog = new Backlog({ clock, expired });
    for (let instance = 0; instance < instanceCount; instance += 1) this.#add(instance);
  }

  /** Of the requests in the hands of the batchers, those that do not execute yet. */
  get pendingCount(): number {
    let count = 0;
    for (const { batcher } of this.#instances.values()) count += batcher.pendingCount;
    return count;
  }

  /**
   * Takes other instances: the sequences that are in slots stay there to their end. Resolves when
   * those in slots of instances that are gone have ended.
   */
  async changeInstances(numbers: readonly number[]): Promise<void> {
    const gone = [...this.#instances].filter(([number]) => !numbers.includes(number));
    for (const number of numbers) if (!this.#instances.has(number)) this.#add(number);
    await Promise.all(gone.map(([number, instance]) => this.#retire(number, instance)));
  }

  /** A request that may wait so long for a slot, 0 for any time, was queued on the sequence. */
  requestQueued(sequence: Sequence, timeoutUs: number): void {
    if (sequence.slot) {
      this.#wake(sequence.slot);
      return;
    }
    const slot = this.#backlog.has(sequence) ? undefined : this.#takeFree();
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
    this.#offer(slot);
  }

  /** The sequence needs no slot any more. */
  withdraw(sequence: Sequence): void {
    this.#backlog.remove(sequence);
    if (sequence.slot) this.advance(sequence.slot);
  }

  hurry(): void {
    for (const { batcher } of this.#instances.values()) batcher.hurry();
  }

  #add(number: number): void {
    const { slotCount, makeBatcher } = this.#options;
    const slots = Array.from({ length: slotCount }, (_, index) => new Slot(number, index));
    const batcher = makeBatcher(number, slots);
    this.#instances.set(number, { batcher, slots, retired: undefined });
    for (const slot of slots) this.#offer(slot);
  }

  async #retire(number: number, instance: SlottedInstance): Promise<void> {
    const emptied = new Promise<void>((resolve) => {
      instance.retired = resolve;
    });
    this.#checkRetired(instance);
    await emptied;
    this.#instances.delete(number);
  }

  /** Slots of instances that are gone stay in the heap: they are passed over here. */
  #takeFree(): Slot | undefined {
    for (let slot = this.#free.take(); slot; slot = this.#free.take()) {
      const instance = this.#instances.get(slot.instance);
      if (instance && !instance.retired) return slot;
    }
    return undefined;
  }

  /** The slot has no sequence: the one that waits longest takes it. */
  #offer(slot: Slot): void {
    const instance = this.#instances.get(slot.instance);
    if (instance?.retired) {
      this.#checkRetired(instance);
      return;
    }
    const next = this.#backlog.shift();
    if (next) this.#assign(next, slot);
    else this.#free.add(slot);
  }

  #checkRetired({ slots, retired }: SlottedInstance): void {
    if (slots.every(({ sequence }) => sequence === undefined)) retired?.();
  }

  #assign(sequence: Sequence, slot: Slot): void {
    slot.sequence = sequence;
    sequence.slot = slot;
    this.#wake(slot);
  }

  #wake(slot: Slot): void {
    this.#instances.get(slot.instance)?.batcher.wake(slot);
  }
}
