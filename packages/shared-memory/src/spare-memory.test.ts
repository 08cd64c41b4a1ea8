import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SpareMemory } from './spare-memory.js';

const SIZE_BYTES = 100_000;

describe('SpareMemory', () => {
  it('gives memory again that was given back', () => {
    const memory = new SpareMemory();
    const piece = memory.take(SIZE_BYTES);
    assert.equal(piece.byteLength, SIZE_BYTES);
    memory.giveBack(piece);
    assert.equal(memory.take(SIZE_BYTES), piece);
    assert.notEqual(memory.take(SIZE_BYTES), piece);
  });

  it('gives no memory of another size', () => {
    const memory = new SpareMemory();
    const piece = memory.take(SIZE_BYTES);
    memory.giveBack(piece);
    assert.equal(memory.take(SIZE_BYTES + 1).byteLength, SIZE_BYTES + 1);
    assert.equal(memory.take(SIZE_BYTES), piece);
  });

  it('keeps so many pieces, the last ones', () => {
    const memory = new SpareMemory();
    const pieces = Array.from({ length: 40 }, () => memory.take(SIZE_BYTES));
    for (const piece of pieces) memory.giveBack(piece);
    const again = new Set(Array.from({ length: 40 }, () => memory.take(SIZE_BYTES)));
    assert.deepEqual(
      pieces.map((piece) => again.has(piece)),
      pieces.map((_, index) => index >= 8),
    );
  });
});
