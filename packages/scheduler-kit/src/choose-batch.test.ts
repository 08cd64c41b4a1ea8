import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakePendingRequest } from '@nereid/testing';
import { type BatchCandidate, type BatchRules, chooseBatch } from './choose-batch.js';

const RULES: BatchRules = {
  maxBatchSize: 8,
  preferredSizes: [8],
  maxDelayNs: 0,
  canShare: undefined,
};

function candidates(...weights: number[]): BatchCandidate[] {
  return weights.map((weight, index) => ({
    pending: new FakePendingRequest({ id: String(index) }),
    weight,
    enqueuedNs: 1000 + index,
  }));
}

function count(weights: readonly number[], rules: Partial<BatchRules> = {}, nowNs = 2000): number {
  return chooseBatch(candidates(...weights), { ...RULES, ...rules }, nowNs).count;
}

describe('chooseBatch without a queue delay', () => {
  it('takes what is there', () => {
    assert.equal(count([1, 1, 1]), 3);
  });

  it('stops before the maximum batch size would be exceeded', () => {
    assert.equal(count([3, 3, 3]), 2);
    assert.equal(count([1, 8]), 1);
  });

  it('fills the maximum batch size exactly', () => {
    assert.equal(count([4, 4, 1]), 2);
  });

  it('runs a request alone that exceeds the maximum by itself', () => {
    assert.equal(count([9, 1], { maxBatchSize: 1, preferredSizes: [] }), 1);
  });

  it('cuts down to the largest preferred size that it can reach', () => {
    assert.equal(count([1, 1, 1, 1, 1, 1], { preferredSizes: [2, 4] }), 4);
    assert.equal(count([1, 1, 1], { preferredSizes: [2, 4] }), 2);
  });

  it('does not exceed the largest preferred size when it cannot be met exactly', () => {
    assert.equal(count([3, 3], { preferredSizes: [4] }), 1);
  });

  it('ends the batch before a request that cannot share it', () => {
    const canShare = (_: unknown, next: { request: { id: string } }) => next.request.id !== '2';
    assert.equal(count([1, 1, 1, 1], { canShare }), 2);
  });
});

describe('chooseBatch with a queue delay', () => {
  const rules = { preferredSizes: [4, 8], maxDelayNs: 500 };

  it('waits for a preferred size until the oldest request has waited long enough', () => {
    const decision = chooseBatch(candidates(1, 1), { ...RULES, ...rules }, 1100);
    assert.deepEqual(decision, { count: 0, settled: false, untilNs: 1500, wakeWeight: 4 });
  });

  it('waits for the next larger preferred size', () => {
    const sizes = { preferredSizes: [2, 6], maxDelayNs: 500 };
    assert.equal(chooseBatch(candidates(3), { ...RULES, ...sizes }, 1100).wakeWeight, 6);
  });

  it('runs a preferred size at once', () => {
    assert.equal(count([2, 2, 1], rules, 1100), 2);
  });

  it('runs everything that fits when the delay has passed', () => {
    assert.equal(count([1, 1, 1, 1, 1], rules, 1500), 5);
  });

  it('does not wait for what can no longer grow', () => {
    assert.equal(count([3, 6], rules, 1100), 1);
    assert.equal(count([1, 1], { ...rules, canShare: () => false }, 1100), 1);
  });
});

describe('a batch that would be the same later', () => {
  const settled = (weights: readonly number[], rules: Partial<BatchRules> = {}, nowNs = 2000) =>
    chooseBatch(candidates(...weights), { ...RULES, ...rules }, nowNs).settled;

  it('has the maximum batch size, or no room for the next request', () => {
    assert.equal(settled([4, 4]), true);
    assert.equal(settled([4, 3]), false);
    assert.equal(settled([4, 3, 2]), true);
    assert.equal(settled([1, 1], { canShare: () => false }), true);
    assert.equal(settled([1], { maxBatchSize: 1, preferredSizes: [] }), true);
  });

  it('has the largest preferred size, where nothing waits for a larger one', () => {
    const rules = { preferredSizes: [2, 4] };
    assert.equal(settled([1, 1], rules), false);
    assert.equal(settled([1, 1, 1, 1], rules), true);
    assert.equal(settled([3, 3], rules), true);
  });

  it('is not cut down to a preferred size that it may exceed when it has waited', () => {
    const rules = { preferredSizes: [4], maxDelayNs: 5000 };
    assert.equal(settled([1, 1, 1, 1], rules), false);
    assert.equal(settled([1, 1, 1, 1, 1, 1, 1, 1], rules), false);
    assert.equal(settled([1, 1, 1, 1, 1, 1, 1, 1], rules, 9000), true);
    assert.equal(settled([8], { ...rules, preferredSizes: [4, 8] }), true);
  });
});
