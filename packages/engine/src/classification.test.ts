import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DataType, isInferError, splitBytesElements, type Tensor } from '@nereid/core';
import { fp32Tensor } from '@nereid/testing';
import { classify } from './classification.js';
import { formatClassValue } from './format-class-value.js';
import { topIndices } from './top-indices.js';

const LABELS = ['cat', 'dog', 'bird', 'fish'];

function texts(tensor: Tensor): string[] {
  return splitBytesElements(tensor.data).map((element) => Buffer.from(element).toString());
}

describe('classify', () => {
  it('gives the top classes of each batch element, with labels', () => {
    const output = fp32Tensor('OUT', [2, 4], [0.1, 0.7, 0.05, 0.15, 4, 3, 2, 1]);
    const result = classify(output, { classCount: 2, batching: true, labels: LABELS });
    assert.deepEqual(texts(result), [
      '0.700000:1:dog',
      '0.150000:3:fish',
      '4.000000:0:cat',
      '3.000000:1:dog',
    ]);
    assert.deepEqual(result.shape, [2, 2]);
    assert.equal(result.datatype, 'BYTES');
    assert.equal(result.name, 'OUT');
  });

  it('takes the values of an output that is a part of a received message', () => {
    const { data, ...output } = fp32Tensor('OUT', [1, 3], [1, 3, 2]);
    const received = Buffer.concat([Buffer.from([255]), data, Buffer.alloc(6, 255)]);
    const part = { ...output, data: received.subarray(1, 1 + data.length) };
    const result = classify(part, { classCount: 2, batching: true, labels: LABELS });
    assert.deepEqual(texts(result), ['3.000000:1:dog', '2.000000:2:bird']);
  });

  it('takes all values as classes of one element without batching', () => {
    const output = fp32Tensor('Y', [2, 4], [0, 32, 17, 10, 0, 65, 35, 19]);
    const result = classify(output, { classCount: 2, batching: false, labels: [] });
    assert.deepEqual(texts(result), ['65.000000:5', '35.000000:6']);
    assert.deepEqual(result.shape, [2]);
  });

  it('gives no more classes than there are', () => {
    const output = fp32Tensor('OUT', [1, 2], [1, 2]);
    const result = classify(output, { classCount: 9, batching: true, labels: ['only'] });
    assert.deepEqual(texts(result), ['2.000000:1', '1.000000:0:only']);
    assert.deepEqual(result.shape, [1, 2]);
  });

  it('prints integers as they are', () => {
    const data = new Uint8Array(BigInt64Array.of(-1n, 2n ** 62n).buffer);
    const output: Tensor = { name: 'OUT', datatype: 'INT64', shape: [2], data };
    const result = classify(output, { classCount: 2, batching: false, labels: [] });
    assert.deepEqual(texts(result), ['4611686018427387904:1', '-1:0']);
  });

  it('refuses datatypes without an order of classes', () => {
    for (const datatype of ['BOOL', 'FP16', 'BF16', 'BYTES'] satisfies DataType[]) {
      const output: Tensor = { name: 'OUT', datatype, shape: [0], data: new Uint8Array(0) };
      assert.throws(
        () => classify(output, { classCount: 1, batching: false, labels: [] }),
        (error) =>
          isInferError(error) &&
          error.code === 'INVALID_ARG' &&
          error.message ===
            `class result not available for output due to unsupported type '${datatype}'`,
      );
    }
  });

  it('refuses to sort more than a million classes', () => {
    const count = 1_000_001;
    const data = new Uint8Array(count);
    const output: Tensor = { name: 'OUT', datatype: 'UINT8', shape: [count], data };
    assert.throws(
      () => classify(output, { classCount: 1, batching: false, labels: [] }),
      /classification output tensor too large/,
    );
  });
});

describe('topIndices', () => {
  it('finds the same with and without sorting everything', () => {
    const values = Array.from({ length: 300 }, (_, index) => (index * 7919) % 101);
    const sorted = topIndices(values, 300);
    for (const count of [1, 2, 10, 64]) {
      assert.deepEqual(topIndices(values, count), sorted.slice(0, count));
    }
  });

  it('puts equal values in their order and what is not a number last', () => {
    assert.deepEqual(topIndices([1, Number.NaN, 2, 2], 4), [2, 3, 0, 1]);
    assert.deepEqual(topIndices([1, Number.NaN, 2, 2], 100), [2, 3, 0, 1]);
  });
});

describe('formatClassValue', () => {
  it('prints like %f', () => {
    const expected: [number, string][] = [
      [0, '0.000000'],
      [-0, '-0.000000'],
      [Math.fround(0.1), '0.100000'],
      [-1.5, '-1.500000'],
      [1e-9, '0.000000'],
      [-1e-9, '-0.000000'],
      [123456789.125, '123456789.125000'],
      [Math.fround(3.4e38), '339999995214436424907732413799364296704.000000'],
      [1e21, '1000000000000000000000.000000'],
      [Number.NaN, 'nan'],
      [Number.POSITIVE_INFINITY, 'inf'],
      [Number.NEGATIVE_INFINITY, '-inf'],
    ];
    for (const [value, text] of expected) assert.equal(formatClassValue(value), text);
  });

  it('rounds ties to the even digit', () => {
    assert.equal(formatClassValue(1 / 128), '0.007812');
    assert.equal(formatClassValue(3 / 128), '0.023438');
    assert.equal(formatClassValue(-5 / 128), '-0.039062');
  });
});
