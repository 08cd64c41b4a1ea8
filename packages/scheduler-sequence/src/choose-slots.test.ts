import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PendingRequest } from '@nereid/core';
import { FakePendingRequest } from '@nereid/testing';
import { chooseSlots, type SlotRules } from './choose-slots.js';

const RULES: SlotRules = { minimumUtilization: 0, maxDelayNs: 0, canShare: undefined };

/** A slot for each member: when its request was queued, or undefined for none. */
function heads(...queuedNs: readonly (number | undefined)[]) {
  return queuedNs.map((at, index) =>
    at === undefined
      ? undefined
      : Object.assign(new FakePendingRequest({ id: String(index) }), { queuedNs: at }),
  );
}

describe('the choice of slots', () => {
  it('has nothing to run, and nothing to wait for, without a request', () => {
    assert.deepEqual(chooseSlots(heads(undefined, undefined), RULES, 5), {
      runs: [],
      untilNs: undefined,
    });
  });

  it('runs up to the last slot with a request', () => {
    const { runs } = chooseSlots(heads(undefined, 1, undefined, 1, undefined), RULES, 5);
    assert.deepEqual(runs, [false, true, false, true]);
  });

  it('waits for slots until the oldest request has waited long enough', () => {
    const rules = { ...RULES, minimumUtilization: 0.5, maxDelayNs: 10 };
    const two = heads(7, undefined, undefined, undefined);
    assert.deepEqual(chooseSlots(two, rules, 16), { runs: [], untilNs: 17 });
    assert.deepEqual(chooseSlots(two, rules, 17).runs, [true]);
    assert.deepEqual(chooseSlots(heads(7, undefined, 8, undefined), rules, 9).runs, [
      true,
      false,
      true,
    ]);
  });

  it('does not wait without a delay, or without a utilization to reach', () => {
    const slots = heads(1, undefined);
    assert.deepEqual(chooseSlots(slots, { ...RULES, minimumUtilization: 1 }, 2).runs, [true]);
    assert.deepEqual(chooseSlots(slots, { ...RULES, maxDelayNs: 100 }, 2).runs, [true]);
  });

  it('lets the oldest request decide which others may join', () => {
    const isEven = ({ request }: PendingRequest) => Number(request.id) % 2 === 0;
    const canShare = (a: PendingRequest, b: PendingRequest) => isEven(a) === isEven(b);
    const rules = { ...RULES, canShare };
    assert.deepEqual(chooseSlots(heads(2, 1, 3, 4), rules, 5).runs, [false, true, false, true]);
    assert.deepEqual(chooseSlots(heads(2, 9, 3, 4), rules, 5).runs, [true, false, true]);
  });
});
