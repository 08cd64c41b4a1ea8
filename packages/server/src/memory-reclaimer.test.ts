import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@nereid/testing';
import { MemoryReclaimer, processMemory } from './memory-reclaimer.js';

const MEBIBYTE = 1024 * 1024;
const SECOND_US = 1_000_000;

test('collects once a burst is over, and once only', () => {
  const memory = makeMemory();
  memory.held = 300 * MEBIBYTE;
  memory.clock.advanceUs(SECOND_US);
  assert.equal(memory.collections, 0, 'the burst may still go on');
  memory.clock.advanceUs(SECOND_US);
  assert.equal(memory.collections, 1);
  memory.clock.advanceUs(10 * SECOND_US);
  assert.equal(memory.collections, 1);
});

test('leaves small amounts to the ordinary collector', () => {
  const memory = makeMemory();
  memory.held = 60 * MEBIBYTE;
  memory.clock.advanceUs(10 * SECOND_US);
  assert.equal(memory.collections, 0);
});

test('tries ever more rarely to collect what is really in use', () => {
  const memory = makeMemory();
  memory.used = 200 * MEBIBYTE;
  memory.held = 200 * MEBIBYTE;
  memory.clock.advanceUs(2 * SECOND_US);
  const retries = Array.from({ length: 4 }, () => {
    const before = memory.collections;
    let seconds = 0;
    for (; memory.collections === before; seconds += 1) memory.clock.advanceUs(SECOND_US);
    return seconds;
  });
  assert.deepEqual(retries, [2, 4, 8, 16]);
});

test('collects what was in use at the first attempt and is garbage later', () => {
  const memory = makeMemory();
  memory.used = 200 * MEBIBYTE;
  memory.held = 200 * MEBIBYTE;
  memory.clock.advanceUs(2 * SECOND_US);
  assert.equal(memory.held, 200 * MEBIBYTE);
  memory.used = 0;
  memory.clock.advanceUs(2 * SECOND_US);
  assert.equal(memory.held, 0);
});

test('has nothing scheduled after stop', () => {
  const memory = makeMemory();
  memory.reclaimer.stop();
  assert.equal(memory.clock.scheduledCount, 0);
});

test('can collect in a process that was started without flags', () => {
  const { heldBytes, collect } = processMemory();
  collect();
  assert.ok(heldBytes() >= 0);
});

function makeMemory() {
  const clock = new FakeClock();
  const memory = { clock, used: 0, held: 0, collections: 0 };
  const reclaimer = new MemoryReclaimer({
    clock,
    heldBytes: () => memory.held,
    collect() {
      memory.collections += 1;
      memory.held = memory.used;
    },
  });
  reclaimer.start();
  return Object.assign(memory, { reclaimer });
}
