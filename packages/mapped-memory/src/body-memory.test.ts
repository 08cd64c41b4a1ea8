import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '@nereid/testing';
import { BodyMemory } from './body-memory.js';

const SECOND_US = 1_000_000;

describe('BodyMemory', () => {
  it('gives memory again that was given back', () => {
    const memory = new BodyMemory(new FakeClock());
    const first = memory.take(600_000);
    assert.equal(first.length, 600_000);
    memory.giveBack(first.subarray(10, 20));
    assert.ok(memory.freeBytes >= 600_000 && memory.freeBytes < 750_000);
    const second = memory.take(590_000);
    assert.equal(second.buffer, first.buffer);
    assert.equal(second.length, 590_000);
    assert.equal(memory.freeBytes, 0);
  });

  it('never gives the same memory twice', () => {
    const memory = new BodyMemory(new FakeClock());
    const first = memory.take(100_000);
    memory.giveBack(first);
    memory.giveBack(first);
    const taken = [memory.take(100_000), memory.take(100_000)];
    assert.notEqual(taken[0]?.buffer, taken[1]?.buffer);
  });

  it('leaves memory alone that is not its own, small, huge or moved away', () => {
    const memory = new BodyMemory(new FakeClock());
    memory.giveBack(Buffer.allocUnsafeSlow(100_000));
    memory.giveBack(new Uint8Array(new SharedArrayBuffer(100_000)));
    memory.giveBack(memory.take(100));
    memory.giveBack(memory.take(65 * 1024 * 1024));
    const moved = memory.take(100_000);
    structuredClone(moved.buffer, { transfer: [moved.buffer as ArrayBuffer] });
    memory.giveBack(moved);
    assert.equal(memory.freeBytes, 0);
  });

  it('lets go what nobody has needed for a second', () => {
    const clock = new FakeClock();
    const memory = new BodyMemory(clock);
    const taken = [memory.take(70_000), memory.take(70_000), memory.take(1_000_000)];
    for (const buffer of taken) memory.giveBack(buffer);
    const allBytes = memory.freeBytes;
    clock.advanceUs(SECOND_US);
    assert.equal(memory.freeBytes, allBytes);
    memory.giveBack(memory.take(70_000));
    clock.advanceUs(SECOND_US);
    // Of the two small pieces one was needed.
    assert.ok(memory.freeBytes >= 70_000 && memory.freeBytes < 100_000);
    clock.advanceUs(SECOND_US);
    assert.equal(memory.freeBytes, 0);
  });

  it('has nothing left to do once it is closed', () => {
    const clock = new FakeClock();
    const memory = new BodyMemory(clock);
    memory.giveBack(memory.take(70_000));
    memory.close();
    assert.equal(memory.freeBytes, 0);
    assert.equal(clock.scheduledCount, 0);
  });

  it('keeps no more than its limit', () => {
    const memory = new BodyMemory(new FakeClock());
    const taken = Array.from({ length: 5 }, () => memory.take(32 * 1024 * 1024));
    for (const buffer of taken) memory.giveBack(buffer);
    assert.equal(memory.freeBytes, 128 * 1024 * 1024);
  });
});
