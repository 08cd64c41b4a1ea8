import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CYCLED, measureCycles } from '../../../tools/bench/memory/cycles.mjs';
import { MEBIBYTE } from '../process-gauge.mjs';

/**
 * Compiled code does not count; what else V8 keeps beside it is some hundred bytes a cycle. A
 * model's configuration, statistics or metrics that stayed would take more than this, and so would
 * all that belongs to a thread or a process.
 */
const HEAP_LIMIT_BYTES = 8_000;
/** Of all memory; the allocator's caches may take some MiB more or less. */
const RESIDENT_LIMIT_BYTES = 20 * MEBIBYTE;

for (const [kind, count] of [
  ['javascript', 40],
  ['python', 40],
  ['ensemble', 200],
]) {
  test(`${count} loads of a model of kind ${kind} leave no objects, threads or files`, async (t) => {
    const { samples } = await measureCycles(CYCLED[kind], { firstCount: 20, count, parts: 1 });
    const [before, after] = samples;
    const heap = (after.memory.heapBytes - before.memory.heapBytes) / count;
    const resident = after.memory.residentBytes - before.memory.residentBytes;
    t.diagnostic(
      `${heap.toFixed(0)} B of heap a load, ${(resident / MEBIBYTE).toFixed(1)} MiB more`,
    );
    assert.ok(heap < HEAP_LIMIT_BYTES, `${heap} B of heap a load`);
    assert.ok(resident < RESIDENT_LIMIT_BYTES, `${resident} B more`);
    assert.ok(after.open.descriptors <= before.open.descriptors + 2, describe(before, after));
    assert.ok(after.open.threads <= before.open.threads + 1, describe(before, after));
    assert.ok(after.open.processes <= before.open.processes + 1, describe(before, after));
  });
}

function describe(before, after) {
  return `${JSON.stringify(before.open)} became ${JSON.stringify(after.open)}`;
}
