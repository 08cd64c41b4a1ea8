import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NEVER_CANCELLED } from '@nereid/core';
import { FakeSharedMemory } from '@nereid/testing';
import { decodeInferRequest } from './decode-infer-request.js';

const INPUT = '{"name":"A","datatype":"INT8","shape":[1,2],"parameters":{"binary_data_size":2}}';
const OUTPUTS = '"outputs":[{"name":"B","parameters":{"binary_data":true}}]';
const TEXT = `{"inputs":[${INPUT}],${OUTPUTS}}`;

function decode(json: string, tail: readonly number[], modelName = 'm') {
  return decodeInferRequest({
    modelName,
    modelVersion: undefined,
    inferenceHeaderLength: `${json.length}`,
    body: Buffer.concat([Buffer.from(json), Uint8Array.from(tail)]),
    maxInputSizeBytes: 1 << 20,
    forwardedHeaders: [],
    signal: NEVER_CANCELLED,
    sharedMemory: new FakeSharedMemory(),
  });
}

test('the same text gets the data and the model of its own request', () => {
  const first = decode(TEXT, [1, 2], 'one');
  const second = decode(TEXT, [3, 4], 'two');
  assert.deepEqual([...(first.request.inputs[0]?.data ?? [])], [1, 2]);
  assert.deepEqual([...(second.request.inputs[0]?.data ?? [])], [3, 4]);
  assert.deepEqual([first.request.modelName, second.request.modelName], ['one', 'two']);
  assert.deepEqual(second.outputPlan, first.outputPlan);
  assert.deepEqual(second.request.requestedOutputs, first.request.requestedOutputs);
});

test('the same text with too little or too much data is refused as when it is new', () => {
  decode(TEXT, [1, 2]);
  assert.throws(
    () => decode(TEXT, [1], 'other'),
    /unexpected size for input 'A', expecting 1 additional bytes for model 'other'/,
  );
  assert.throws(() => decode(TEXT, [1, 2, 3], 'other'), /additional input data for model 'other'/);
});

test('a text that differs in one byte, anywhere, is read', () => {
  const known = decode(TEXT, [1, 2]);
  for (let at = 0; at < TEXT.length; at += 1) {
    const changed = `${TEXT.slice(0, at)}}${TEXT.slice(at + 1)}`;
    if (changed !== TEXT) assert.throws(() => assert.deepEqual(decode(changed, [1, 2]), known));
  }
  const renamed = decode(TEXT.replace('"A"', '"C"'), [1, 2]);
  assert.equal(renamed.request.inputs[0]?.name, 'C');
});

test('what a model does to a shape does not reach other requests', () => {
  decode(TEXT, [1, 2]);
  const shape = decode(TEXT, [1, 2]).request.inputs[0]?.shape as number[];
  shape.push(7);
  assert.deepEqual(decode(TEXT, [1, 2]).request.inputs[0]?.shape, [1, 2]);
});

test('ids, sequences and parameters are those of each request', () => {
  for (const id of ['x', 'y']) {
    const { request } = decode(`{"id":"${id}","inputs":[${INPUT}]}`, [1, 2]);
    assert.equal(request.id, id);
  }
  for (const sequence of [5, 6, 5]) {
    const parameters = `"parameters":{"sequence_id":${sequence},"mine":${sequence}}`;
    const { request } = decode(`{${parameters},"inputs":[${INPUT}]}`, [1, 2]);
    assert.equal(request.sequence?.correlationId, BigInt(sequence));
    assert.equal(request.parameters.get('mine'), BigInt(sequence));
  }
});

test('reads texts right that push each other out', () => {
  for (let round = 0; round < 3; round += 1) {
    for (let count = 0; count < 2_000; count += 1) {
      const { request } = decode(TEXT.replace('"A"', `"A${count}"`), [1, count & 0xff]);
      assert.equal(request.inputs[0]?.name, `A${count}`);
      assert.equal(request.inputs[0]?.data[1], count & 0xff);
    }
  }
});
