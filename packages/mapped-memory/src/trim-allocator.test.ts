import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trimAllocator } from './trim-allocator.js';

const MEBIBYTE = 1024 * 1024;
/** Too small for the allocator to take them from the system one by one. */
const BUFFER_BYTES = 64 * 1024;
const BUFFERS = 2000;
const SETTLE_LIMIT_MS = 5000;

test('memory that was freed below memory in use goes back to the system', async (t) => {
  if (!trimAllocator()) {
    t.skip('the allocator of this system cannot do it');
    return;
  }
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('globalThis.gc');
  // The last one keeps the others from going back by themselves.
  const last = fill();
  const full = process.memoryUsage.rss();
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  const freed = () => full - process.memoryUsage.rss();
  while (freed() < 60 * MEBIBYTE && performance.now() < deadline) {
    collect();
    await sleep(50);
    trimAllocator();
  }
  assert.ok(freed() >= 60 * MEBIBYTE, `${Math.round(freed() / MEBIBYTE)} of 125 MiB`);
  assert.equal(last?.at(-1), 1);
});

function fill(): Buffer | undefined {
  const buffers = Array.from({ length: BUFFERS }, () => Buffer.alloc(BUFFER_BYTES, 1));
  return buffers.at(-1);
}
