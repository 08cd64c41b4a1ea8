import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FreeSlots } from './free-slots.js';
import { Slot } from './slot.js';

function takeAll(free: FreeSlots): string[] {
  const taken: string[] = [];
  for (let slot = free.take(); slot; slot = free.take())
    taken.push(`${slot.instance}/${slot.index}`);
  return taken;
}

describe('free slots', () => {
  it('fill instances evenly, from the lowest number on', () => {
    const free = new FreeSlots();
    for (const instance of [0, 1]) {
      for (const index of [0, 1, 2]) free.add(new Slot(instance, index));
    }
    assert.deepEqual(takeAll(free), ['0/0', '1/0', '0/1', '1/1', '0/2', '1/2']);
    assert.equal(free.take(), undefined);
  });

  it('of equal numbers, the one that is free for longest comes first', () => {
    const free = new FreeSlots();
    const slots = [new Slot(0, 0), new Slot(1, 0), new Slot(2, 0)];
    for (const slot of slots) free.add(slot);
    const first = free.take();
    assert.ok(first);
    free.add(first);
    assert.deepEqual(takeAll(free), ['1/0', '2/0', '0/0']);
  });

  it('come in order, whatever the order in which they were freed', () => {
    const free = new FreeSlots();
    const indexes = Array.from({ length: 50 }, (_, index) => (index * 37) % 50);
    for (const index of indexes) free.add(new Slot(0, index));
    const expected = Array.from({ length: 50 }, (_, index) => `0/${index}`);
    assert.deepEqual(takeAll(free), expected);
  });
});
