import assert from 'node:assert/strict';
import { readSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMappedFile } from './mapped-file.js';
import { openProcessArena, processArena, SharedArena } from './shared-arena.js';

const PAGE_BYTES = 4096;

function setUp(pages = 4) {
  // Not closed: pieces come back whenever the garbage collector finds them.
  const file = createMappedFile('nereid-test', pages * PAGE_BYTES);
  assert.ok(file);
  const arena = new SharedArena(file, pages * PAGE_BYTES);
  const allocate = () => {
    const buffer = arena.allocate(PAGE_BYTES);
    assert.ok(buffer);
    return buffer;
  };
  return { arena, allocate };
}

describe('SharedArena', { skip: process.platform !== 'linux' }, () => {
  it('gives pieces of its file, and none when it is full', () => {
    const { arena, allocate } = setUp(2);
    const [first, second] = [allocate(), allocate()];
    assert.equal(arena.allocate(1), undefined);
    Buffer.from(second).write('second');
    const read = Buffer.alloc(6);
    readSync(arena.fd, read, 0, 6, arena.pieceOf(second)?.position ?? 0);
    assert.equal(read.toString(), 'second');
    arena.free(first);
    assert.equal(arena.pieceOf(first), undefined);
    assert.ok(arena.allocate(PAGE_BYTES));
  });

  it('knows no other memory', () => {
    const { arena } = setUp();
    const other = new ArrayBuffer(PAGE_BYTES);
    assert.equal(arena.pieceOf(other), undefined);
    assert.equal(arena.waitsForHolds(other, assert.fail), false);
    arena.free(other);
  });

  it('tells when the last one lets go of a piece', () => {
    const { arena, allocate } = setUp();
    const buffer = allocate();
    const piece = arena.pieceOf(buffer);
    assert.ok(piece);
    let freeCount = 0;
    const count = () => {
      freeCount += 1;
    };
    assert.equal(arena.waitsForHolds(buffer, count), false);
    arena.hold(piece);
    arena.hold(piece);
    assert.equal(arena.waitsForHolds(buffer, count), true);
    arena.letGo(piece);
    assert.equal(freeCount, 0);
    arena.letGo(piece);
    assert.equal(freeCount, 1);
    arena.hold(piece);
    arena.letGo(piece);
    assert.equal(freeCount, 1);
  });

  it('takes back, empty, what nobody refers to', async () => {
    const { arena, allocate } = setUp(1);
    let view: Buffer | undefined = Buffer.from(allocate()).fill(7).subarray(5, 9);
    collectGarbage();
    await nextTurn();
    assert.equal(arena.allocate(1), undefined);
    assert.equal(view[0], 7);
    view = undefined;
    let again: ArrayBuffer | undefined;
    for (let turn = 0; turn < 100 && !again; turn += 1) {
      collectGarbage();
      await nextTurn();
      again = arena.allocate(PAGE_BYTES);
    }
    assert.ok(again);
    assert.deepEqual(Buffer.from(again), Buffer.alloc(PAGE_BYTES));
  });
});

describe('the arena of the process', { skip: process.platform !== 'linux' }, () => {
  it('is there once somebody has opened it', () => {
    assert.equal(processArena(), undefined);
    const arena = openProcessArena();
    assert.ok(arena);
    assert.equal(openProcessArena(), arena);
    assert.equal(processArena(), arena);
  });
});

setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('globalThis.gc');

function collectGarbage(): void {
  assert.ok(typeof gc === 'function');
  gc();
}
