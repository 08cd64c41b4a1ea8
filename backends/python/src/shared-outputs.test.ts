import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BodyMemory } from '@nereid/mapped-memory';
import { FakeClock } from '@nereid/testing';
import { SharedFile } from './shared-file.js';
import { SharedOutputs } from './shared-outputs.js';

const SIZE_BYTES = 100_000;
const POSITION = 64;

function setUp(t: TestContext, file = SharedFile.create(4 * SIZE_BYTES, 'nereid-test')) {
  t.after(() => file.close());
  const freed: number[] = [];
  const outputs = new SharedOutputs({
    file,
    memory: new BodyMemory(new FakeClock()),
    freed: (position) => freed.push(position),
  });
  /** As when a stub has left an output. */
  const receive = (fill: number, sizeBytes = SIZE_BYTES) => {
    file.writeNow(Buffer.alloc(sizeBytes, fill), POSITION);
    const data = outputs.take(sizeBytes, POSITION);
    return [{ position: POSITION, data }] as const;
  };
  return { file, outputs, freed, receive };
}

describe('SharedOutputs', () => {
  it('gives outputs as they lie, and their memory back when they are released, once', (t) => {
    const { file, outputs, freed, receive } = setUp(t);
    assert.ok(file.hasViews);
    const first = receive(1);
    assert.equal(outputs.fill(first), undefined);
    assert.deepEqual(first[0].data, Buffer.alloc(SIZE_BYTES, 1));
    assert.deepEqual(freed, []);
    outputs.release(first);
    outputs.release(first);
    assert.deepEqual(freed, [POSITION]);
  });

  it('uses a view again where an output of at most its size comes to lie', (t) => {
    const { outputs, receive } = setUp(t);
    const first = receive(1);
    outputs.release(first);
    const smaller = receive(2, SIZE_BYTES - 1);
    assert.equal(smaller[0].data.buffer, first[0].data.buffer);
    assert.deepEqual(smaller[0].data, Buffer.alloc(SIZE_BYTES - 1, 2));
    outputs.release(smaller);
    const larger = receive(3, SIZE_BYTES + 1);
    assert.deepEqual(larger[0].data, Buffer.alloc(SIZE_BYTES + 1, 3));
  });

  it('frees what nobody released once nobody refers to any part of it', async (t) => {
    const { freed, receive } = setUp(t);
    let part: Buffer | undefined = receive(7)[0].data.subarray(10, 20);
    await collectGarbage();
    assert.deepEqual([part[0], freed], [7, []]);
    part = undefined;
    for (let turn = 0; turn < 100 && freed.length === 0; turn += 1) await collectGarbage();
    assert.deepEqual(freed, [POSITION]);
  });

  it('does not free by itself what it has forgotten after the release', async (t) => {
    const { outputs, freed, receive } = setUp(t);
    outputs.release(receive(1));
    outputs.forgetViews();
    for (let turn = 0; turn < 10; turn += 1) await collectGarbage();
    assert.deepEqual(freed, [POSITION]);
  });
});

describe('SharedOutputs of a file that is not mapped', () => {
  it('are read, so that the memory is free at once', (t) => {
    const unmapped = SharedFile.createUnmapped(4 * SIZE_BYTES, 'nereid-test');
    const { file, outputs, freed, receive } = setUp(t, unmapped);
    const shared = receive(1);
    assert.equal(outputs.fill(shared), undefined);
    file.writeNow(Buffer.alloc(SIZE_BYTES, 2), POSITION);
    assert.deepEqual(shared[0].data, Buffer.alloc(SIZE_BYTES, 1));
    outputs.release(shared);
    assert.deepEqual(freed, [POSITION]);
  });
});

setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('globalThis.gc');

async function collectGarbage(): Promise<void> {
  assert.ok(typeof gc === 'function');
  gc();
  await nextTurn();
}
