import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@nereid/testing';
import { HeapTrimmer, threadHeapSize } from './heap-trimmer.js';

const MEBIBYTE = 1024 * 1024;
const SECOND_US = 1_000_000;

test('collects when it has been quiet for some seconds', () => {
  const heap = makeHeap();
  heap.grow(30 * MEBIBYTE);
  heap.clock.advanceUs(6 * SECOND_US);
  assert.equal(heap.collections, 0);
  heap.clock.advanceUs(SECOND_US);
  assert.equal(heap.collections, 1);
  heap.clock.advanceUs(60 * SECOND_US);
  assert.equal(heap.collections, 1, 'the memory is back');
});

test('collects nothing while requests come', () => {
  const heap = makeHeap();
  for (let second = 0; second < 60; second += 1) {
    heap.committed = 40 * MEBIBYTE;
    heap.used = (5 + (second % 10)) * MEBIBYTE;
    heap.clock.advanceUs(SECOND_US);
  }
  assert.equal(heap.collections, 0);
});

test('is not kept from it by health checks', () => {
  const heap = makeHeap();
  heap.grow(30 * MEBIBYTE);
  for (let second = 0; second < 7; second += 1) {
    heap.used += 50_000;
    heap.clock.advanceUs(SECOND_US);
  }
  assert.equal(heap.collections, 1);
});

test('makes native code give memory back once after each time of work', () => {
  const heap = makeHeap();
  heap.grow(MEBIBYTE);
  heap.clock.advanceUs(60 * SECOND_US);
  assert.equal(heap.trims, 1);
  heap.grow(MEBIBYTE);
  heap.clock.advanceUs(5 * SECOND_US);
  assert.equal(heap.trims, 1, 'the work may still go on');
  heap.clock.advanceUs(60 * SECOND_US);
  assert.equal(heap.trims, 2);
  assert.equal(heap.collections, 0);
});

test('leaves little growth alone', () => {
  const heap = makeHeap();
  heap.grow(7 * MEBIBYTE);
  heap.clock.advanceUs(60 * SECOND_US);
  assert.equal(heap.collections, 0);
});

test('tries twice to collect what is in use, and again when there is more', () => {
  const heap = makeHeap();
  heap.inUse = 100 * MEBIBYTE;
  heap.grow(100 * MEBIBYTE);
  heap.clock.advanceUs(600 * SECOND_US);
  assert.equal(heap.collections, 2);
  heap.grow(20 * MEBIBYTE);
  heap.clock.advanceUs(600 * SECOND_US);
  assert.equal(heap.collections, 3, 'this time it came back');
});

test('collects after each burst, also when the memory came back by itself in between', () => {
  const heap = makeHeap();
  heap.inUse = 50 * MEBIBYTE;
  heap.grow(50 * MEBIBYTE);
  heap.clock.advanceUs(60 * SECOND_US);
  heap.inUse = 0;
  heap.shrink();
  heap.clock.advanceUs(10 * SECOND_US);
  const before = heap.collections;
  heap.grow(20 * MEBIBYTE);
  heap.clock.advanceUs(60 * SECOND_US);
  assert.equal(heap.collections, before + 1);
});

test('has nothing scheduled after stop', () => {
  const heap = makeHeap();
  heap.trimmer.stop();
  assert.equal(heap.clock.scheduledCount, 0);
});

test('a thread has no more objects than memory for them', () => {
  const { usedBytes, committedBytes } = threadHeapSize();
  assert.ok(usedBytes > 0);
  assert.ok(committedBytes >= usedBytes);
});

const IDLE_BYTES = 10 * MEBIBYTE;

/** A heap of which `inUse` bytes more than when it was idle stay at a collection. */
function makeHeap() {
  const clock = new FakeClock();
  const heap = {
    clock,
    inUse: 0,
    used: IDLE_BYTES,
    committed: IDLE_BYTES,
    collections: 0,
    trims: 0,
    grow(bytes: number) {
      heap.used += bytes;
      heap.committed += bytes;
    },
    shrink() {
      heap.used = IDLE_BYTES + heap.inUse;
      heap.committed = heap.used;
    },
  };
  const trimmer = new HeapTrimmer({
    clock,
    heapSize: () => ({ usedBytes: heap.used, committedBytes: heap.committed }),
    collect() {
      heap.collections += 1;
      heap.shrink();
    },
    trim() {
      heap.trims += 1;
    },
  });
  trimmer.start();
  return Object.assign(heap, { trimmer });
}
