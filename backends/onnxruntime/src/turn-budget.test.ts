import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TurnBudget } from './turn-budget.js';

const MS = 1_000_000;

describe('TurnBudget', () => {
  it('is exhausted by executions that follow each other', () => {
    const budget = new TurnBudget();
    for (let ms = 0; ms < 2; ms++) {
      assert.equal(budget.exhausted, false);
      budget.spend(1000 * MS + ms * MS, 1000 * MS + (ms + 1) * MS);
    }
    assert.equal(budget.exhausted, true);
  });

  it('is not exhausted by executions with pauses between them', () => {
    const budget = new TurnBudget();
    for (let turn = 1; turn < 100; turn++) budget.spend(turn * 21 * MS, turn * 21 * MS + MS);
    assert.equal(budget.exhausted, false);
  });

  it('begins anew when everything else has had its turn', async () => {
    const budget = new TurnBudget();
    budget.spend(1000 * MS, 1005 * MS);
    let others = 0;
    setImmediate(() => {
      others += 1;
    });
    await budget.nextTurn();
    assert.equal(others, 1);
    assert.equal(budget.exhausted, false);
  });
});
