import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ParameterValue, Tensor } from '@nereid/core';
import {
  bytesTensor,
  type FakeRequestOptions,
  FakeTrace,
  fakeInferenceRequest,
  fp32Tensor,
} from '@nereid/testing';
import { cacheKey } from './cache-key.js';

const A = fp32Tensor('A', [2], [1, 2]);
const B = fp32Tensor('B', [2], [3, 4]);
const BASE: FakeRequestOptions = { inputs: [A, B] };

const keyOf = (options: FakeRequestOptions = {}, identity = 'model 1') =>
  cacheKey(identity, fakeInferenceRequest({ ...BASE, ...options }));

const withParameters = (entries: readonly (readonly [string, ParameterValue])[]) =>
  keyOf({ parameters: new Map(entries) });

const rename = (tensor: Tensor, change: Partial<Tensor>): Tensor => ({ ...tensor, ...change });

describe('the key of a cached answer', () => {
  it('is the same for equal requests', () => {
    const copy = (tensor: Tensor) => ({ ...tensor, data: Uint8Array.from(tensor.data) });
    assert.equal(keyOf({ inputs: [copy(A), copy(B)] }), keyOf());
  });

  it('is short printable text', () => {
    assert.match(keyOf(), /^[\w-]{43}$/);
  });

  it('does not depend on the order of inputs and parameters', () => {
    assert.equal(keyOf({ inputs: [B, A] }), keyOf());
    const [a, b] = [['a', 1n] as const, ['b', 2n] as const];
    assert.equal(withParameters([b, a]), withParameters([a, b]));
  });

  it('does not depend on what changes no answer', () => {
    assert.equal(keyOf({ id: 'mine', priority: 2, timeoutUs: 5, acceptedNs: 7 }), keyOf());
    const request = { ...fakeInferenceRequest(BASE), trace: new FakeTrace() };
    assert.equal(cacheKey('model 1', request), keyOf());
  });

  const changes: Readonly<Record<string, string>> = {
    'the model, its version or its files': keyOf({}, 'model 2'),
    'one byte of an input': keyOf({ inputs: [A, fp32Tensor('B', [2], [3, 5])] }),
    "an input's name": keyOf({ inputs: [A, rename(B, { name: 'C' })] }),
    "an input's shape": keyOf({ inputs: [A, rename(B, { shape: [1, 2] })] }),
    "an input's datatype": keyOf({ inputs: [A, rename(B, { datatype: 'INT32' })] }),
    'a missing input': keyOf({ inputs: [A] }),
    'data that belongs to other inputs': keyOf({
      inputs: [
        rename(A, { shape: [1], data: A.data.subarray(0, 4) }),
        rename(B, { shape: [3], data: Buffer.concat([A.data.subarray(4), B.data]) }),
      ],
    }),
    'the requested outputs': keyOf({ requestedOutputs: [{ name: 'X', classificationCount: 0 }] }),
    'a classification': keyOf({ requestedOutputs: [{ name: 'X', classificationCount: 2 }] }),
    'the order of classifications': keyOf({
      requestedOutputs: [
        { name: 'X', classificationCount: 2 },
        { name: 'X', classificationCount: 0 },
      ],
    }),
    'a parameter': withParameters([['a', '1']]),
    "a parameter's name": withParameters([['b', '1']]),
    "a parameter's value": withParameters([['a', '2']]),
    "a parameter's type": withParameters([['a', 1n]]),
    'a number instead of an integer': withParameters([['a', 1]]),
    'names and values that run into each other': withParameters([['a1', '']]),
  };
  it('changes with all that can change the answer', () => {
    const keys = new Map(
      [...Object.entries(changes), ['nothing', keyOf()]].map((e) => [e[1], e[0]]),
    );
    assert.deepEqual([...keys.values()], [...Object.keys(changes), 'nothing']);
  });

  it('tells texts apart that look alike when put together', () => {
    const [first, second] = [
      keyOf({ inputs: [bytesTensor('A', [1], ['x']), bytesTensor('B;1:C', [1], ['x'])] }),
      keyOf({ inputs: [bytesTensor('A;1:B', [1], ['x']), bytesTensor('C', [1], ['x'])] }),
    ];
    assert.notEqual(first, second);
  });
});
