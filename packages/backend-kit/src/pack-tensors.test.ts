import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInferError } from '@nereid/core';
import { bytesTensor, FakePendingRequest, fp32Tensor, fp32Values } from '@nereid/testing';
import { gatherBatch, packBatch, packTensors, unpackTensors } from './pack-tensors.js';

const pendingWith = (...inputs: readonly ReturnType<typeof fp32Tensor>[]) =>
  new FakePendingRequest({ inputs, batchSize: inputs[0]?.shape[0] ?? 1 });

describe('packTensors', () => {
  it('copies tensors, aligned, into a buffer of their own', () => {
    const tensors = [bytesTensor('S', [1], ['abc']), fp32Tensor('F', [2], [1, 2])];
    const packed = packTensors(tensors);
    assert.deepEqual(
      packed.slots.map(({ offset, sizeBytes }) => [offset, sizeBytes]),
      [
        [0, 7],
        [8, 8],
      ],
    );
    assert.equal(packed.buffer.byteLength, 16);
    assert.deepEqual([...new Float32Array(packed.buffer, 8, 2)], [1, 2]);
  });

  it('gives a buffer that can be transferred', () => {
    const { buffer } = packTensors([fp32Tensor('F', [1], [7])]);
    const moved = structuredClone(buffer, { transfer: [buffer] });
    assert.equal(buffer.byteLength, 0);
    assert.deepEqual([...new Float32Array(moved, 0, 1)], [7]);
  });

  it('keeps empty tensors', () => {
    const tensors = [fp32Tensor('E', [0, 3], []), fp32Tensor('F', [1], [1])];
    const unpacked = unpackTensors(packTensors(tensors));
    assert.deepEqual(unpacked.map(fp32Values), [[], [1]]);
    assert.deepEqual(unpacked[0]?.shape, [0, 3]);
  });
});

describe('packBatch', () => {
  it('joins the inputs of several requests along the first dimension', () => {
    const batch = [
      pendingWith(fp32Tensor('A', [1, 2], [1, 2]), fp32Tensor('B', [1], [10])),
      pendingWith(fp32Tensor('A', [2, 2], [3, 4, 5, 6]), fp32Tensor('B', [2], [20, 30])),
    ];
    const [a, b] = unpackTensors(packBatch(batch));
    assert.ok(a && b);
    assert.deepEqual(
      [a.shape, fp32Values(a)],
      [
        [3, 2],
        [1, 2, 3, 4, 5, 6],
      ],
    );
    assert.deepEqual([b.shape, fp32Values(b)], [[3], [10, 20, 30]]);
  });

  it('finds inputs by name, whatever their order in a request', () => {
    const a = fp32Tensor('A', [1], [1]);
    const b = fp32Tensor('B', [1], [2]);
    const joined = unpackTensors(packBatch([pendingWith(a, b), pendingWith(b, a)]));
    assert.deepEqual(joined.map(fp32Values), [
      [1, 1],
      [2, 2],
    ]);
  });

  it('joins BYTES elements', () => {
    const batch = [
      pendingWith(bytesTensor('S', [1], ['a'])),
      pendingWith(bytesTensor('S', [1], ['bc'])),
    ];
    const [joined] = unpackTensors(packBatch(batch));
    assert.deepEqual([...(joined?.data ?? [])], [...bytesTensor('S', [2], ['a', 'bc']).data]);
  });

  it('uses a spare buffer that is large enough, unless it is far too large', () => {
    const batch = [1, 2].map((value) => pendingWith(fp32Tensor('A', [1, 2], [value, value])));
    const reused = (sizeBytes: number) => {
      const spare = new ArrayBuffer(sizeBytes);
      const packed = packBatch(batch, spare);
      assert.deepEqual(unpackTensors(packed).map(fp32Values), [[1, 1, 2, 2]]);
      return packed.buffer === spare;
    };
    assert.deepEqual([8, 16, 64, 72].map(reused), [false, true, true, false]);
  });

  it('refuses requests that cannot be one batch', () => {
    const first = pendingWith(fp32Tensor('A', [1, 2], [1, 2]));
    const isInternal = (error: unknown) => isInferError(error) && error.code === 'INTERNAL';
    assert.throws(
      () => packBatch([first, pendingWith(fp32Tensor('B', [1, 2], [1, 2]))]),
      isInternal,
    );
    assert.throws(() => packBatch([first, pendingWith(fp32Tensor('A', [1, 1], [1]))]), isInternal);
  });
});

describe('gatherBatch', () => {
  it('passes the views of a single request through', () => {
    const input = fp32Tensor('A', [1], [1]);
    assert.equal(gatherBatch([pendingWith(input)])[0]?.data, input.data);
  });

  it('joins several requests', () => {
    const batch = [1, 2].map((value) => pendingWith(fp32Tensor('A', [1], [value])));
    assert.deepEqual(gatherBatch(batch).map(fp32Values), [[1, 2]]);
  });
});
