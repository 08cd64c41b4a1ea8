import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BlockAllocator } from './block-allocator.js';

describe('BlockAllocator', () => {
  it('gives out blocks that do not overlap, and all of its range', () => {
    const allocator = new BlockAllocator(4096, 64 * 4);
    const blocks = [1, 64, 65].map((size) => allocator.allocate(size));
    assert.deepEqual(blocks, [4096, 4096 + 64, 4096 + 128]);
    assert.equal(allocator.allocate(1), undefined);
  });

  it('joins gaps, whatever the order in which blocks are freed', () => {
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const order of orders) {
      const allocator = new BlockAllocator(0, 64 * 3);
      const blocks = [64, 64, 64].map((size) => allocator.allocate(size));
      for (const index of order) allocator.free(blocks[index] ?? -1);
      assert.ok(allocator.empty);
      assert.equal(allocator.allocate(64 * 3), 0, String(order));
    }
  });

  it('keeps every block apart from the others over a long random run', () => {
    const allocator = new BlockAllocator(0, 64 * 64);
    const held = new Map<number, number>();
    let seed = 1;
    const random = (limit: number) => {
      seed = (seed * 48_271) % 0x7fff_ffff;
      return seed % limit;
    };
    for (let round = 0; round < 5000; round++) {
      const size = random(64 * 8) + 1;
      const position = allocator.allocate(size);
      if (position === undefined) {
        for (const [block] of [...held].slice(0, 4)) {
          allocator.free(block);
          held.delete(block);
        }
        continue;
      }
      for (const [block, length] of held) {
        assert.ok(position >= block + length || position + size <= block);
      }
      held.set(position, size);
    }
  });

  it('ignores what it has not given out', () => {
    const allocator = new BlockAllocator(0, 64);
    allocator.free(0);
    assert.equal(allocator.allocate(64), 0);
    assert.equal(allocator.allocate(1), undefined);
  });

  it('remembers how far it was used, until told to forget', () => {
    const allocator = new BlockAllocator(100, 6400);
    const low = allocator.allocate(64);
    const high = allocator.allocate(640);
    allocator.free(high ?? -1);
    assert.equal(allocator.usedExtentBytes, 704);
    allocator.forgetUse();
    assert.equal(allocator.usedExtentBytes, 64);
    allocator.free(low ?? -1);
    allocator.forgetUse();
    assert.equal(allocator.usedExtentBytes, 0);
  });
});
