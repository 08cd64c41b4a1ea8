import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WriteTurn } from './write-turn.js';

describe('WriteTurn', () => {
  it('flushes at the end of the turn, in order', async () => {
    const turn = new WriteTurn();
    const flushed: number[] = [];
    for (let index = 0; index < 3; index += 1) turn.add({ flush: () => flushed.push(index) });
    assert.deepEqual(flushed, []);
    await new Promise(setImmediate);
    assert.deepEqual(flushed, [0, 1, 2]);
  });

  it('lets no answer wait for many others', () => {
    const turn = new WriteTurn();
    let flushedCount = 0;
    for (let count = 0; count < 40; count += 1) turn.add({ flush: () => (flushedCount += 1) });
    assert.equal(flushedCount, 32);
  });

  it('takes what is added while it flushes', async () => {
    const turn = new WriteTurn();
    let again = 0;
    const output = {
      flush() {
        again += 1;
        if (again === 1) turn.add(output);
      },
    };
    turn.add(output);
    await new Promise(setImmediate);
    assert.equal(again, 1);
    await new Promise(setImmediate);
    assert.equal(again, 2);
  });
});
