import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInferError } from '@nereid/core';
import { bytesTensor, FakePendingRequest, fp32Tensor, fp32Values } from '@nereid/testing';
import { respondBatch, scatterOutputs } from './scatter-outputs.js';

const wanting = (...names: readonly string[]) =>
  names.map((name) => ({ name, classificationCount: 0 }));

describe('scatterOutputs', () => {
  it('splits outputs by batch size, as views', () => {
    const batch = [1, 2].map((batchSize) => new FakePendingRequest({ batchSize }));
    const output = fp32Tensor('A', [3, 2], [1, 2, 3, 4, 5, 6]);
    const [[first] = [], [second] = []] = scatterOutputs(batch, [output]);
    assert.ok(first && second);
    assert.deepEqual(
      [first.shape, fp32Values(first)],
      [
        [1, 2],
        [1, 2],
      ],
    );
    assert.deepEqual(
      [second.shape, fp32Values(second)],
      [
        [2, 2],
        [3, 4, 5, 6],
      ],
    );
    assert.equal(second.data.buffer, output.data.buffer);
  });

  it('splits BYTES outputs between elements', () => {
    const batch = [2, 1].map((batchSize) => new FakePendingRequest({ batchSize }));
    const output = bytesTensor('S', [3, 1], ['a', '', 'long']);
    const scattered = scatterOutputs(batch, [output]);
    assert.deepEqual(scattered[0]?.[0]?.data, bytesTensor('S', [2, 1], ['a', '']).data);
    assert.deepEqual(scattered[1]?.[0]?.data, bytesTensor('S', [1, 1], ['long']).data);
  });

  it('gives each request only the outputs it asks for', () => {
    const batch = [
      new FakePendingRequest({ requestedOutputs: wanting('B') }),
      new FakePendingRequest(),
    ];
    const outputs = [fp32Tensor('A', [2], [1, 2]), fp32Tensor('B', [2], [3, 4])];
    const names = scatterOutputs(batch, outputs).map((own) => own.map(({ name }) => name));
    assert.deepEqual(names, [['B'], ['A', 'B']]);
  });

  it('passes the outputs of a single request through', () => {
    const outputs = [fp32Tensor('A', [], [1])];
    assert.equal(scatterOutputs([new FakePendingRequest()], outputs)[0], outputs);
  });

  it('refuses an output with fewer rows than the batch', () => {
    const batch = [new FakePendingRequest(), new FakePendingRequest()];
    assert.throws(
      () => scatterOutputs(batch, [fp32Tensor('A', [1, 2], [1, 2])]),
      (error) =>
        isInferError(error) &&
        error.message ===
          "failed to split the output tensor 'A' in responses: expected batch size of atleast 2 " +
            'in model output, got 1',
    );
  });
});

describe('respondBatch', () => {
  it('responds to each request and finishes it', () => {
    const batch = [new FakePendingRequest(), new FakePendingRequest()];
    respondBatch(batch, [fp32Tensor('A', [2], [1, 2])]);
    assert.deepEqual(
      batch.map(({ responses, finished }) => [responses.length, finished]),
      [
        [1, true],
        [1, true],
      ],
    );
  });
});
