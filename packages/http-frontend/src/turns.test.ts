import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Turns } from './turns.js';

describe('turns', () => {
  it('run no more tasks at a time than they have places, in order', async () => {
    const turns = new Turns(2);
    const [ends, started]: [(() => void)[], number[]] = [[], []];
    const results = [0, 1, 2, 3].map((index) =>
      turns.run(() => {
        started.push(index);
        return new Promise<number>((resolve) => ends.push(() => resolve(index)));
      }),
    );
    await nextTurn();
    assert.deepEqual(started, [0, 1]);
    ends[1]?.();
    await nextTurn();
    assert.deepEqual(started, [0, 1, 2]);
    ends[0]?.();
    ends[2]?.();
    await nextTurn();
    ends[3]?.();
    assert.deepEqual(await Promise.all(results), [0, 1, 2, 3]);
  });

  it('pass the place of a failed task on', async () => {
    const turns = new Turns(1);
    await assert.rejects(turns.run(() => Promise.reject(new Error('no'))));
    assert.equal(await turns.run(() => Promise.resolve(7)), 7);
  });
});
