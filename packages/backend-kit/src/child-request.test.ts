import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CancelSource, InferError, type InferenceRequest, type ResponseSink } from '@nereid/core';
import { ChildRequest } from './child-request.js';

const REQUEST: Omit<InferenceRequest, 'signal'> = {
  modelName: 'callee',
  modelVersion: undefined,
  id: '',
  inputs: [],
  requestedOutputs: [],
  sequence: undefined,
  priority: 0,
  timeoutUs: 0,
  parameters: new Map(),
};

function start(...parents: readonly InferenceRequest[]) {
  const sent: { request: InferenceRequest; sink: ResponseSink }[] = [];
  const ends: (InferError | undefined)[] = [];
  const child = new ChildRequest({
    infer: (request, sink) => sent.push({ request, sink }),
    caller: 'caller',
    parents,
    request: REQUEST,
    sink: { response: () => undefined, end: (error) => ends.push(error) },
  });
  const [first] = sent;
  assert.ok(first);
  return { child, ends, ...first };
}

test('carries the chain of models that wait for it', () => {
  const signal = new CancelSource();
  assert.deepEqual(start().request.callers, ['caller']);
  const nested = start({ ...REQUEST, signal, callers: ['outer'] });
  assert.deepEqual(nested.request.callers, ['outer', 'caller']);
});

test('is cancelled when all of its parents are', () => {
  const [first, second] = [new CancelSource(), new CancelSource()];
  const { request } = start({ ...REQUEST, signal: first }, { ...REQUEST, signal: second });
  second.cancel();
  assert.equal(request.signal.cancelled, false);
  first.cancel();
  assert.equal(request.signal.cancelled, true);
});

test('is cancelled with its parent, also when that happened before', () => {
  const signal = new CancelSource();
  const { request } = start({ ...REQUEST, signal });
  assert.equal(request.signal.cancelled, false);
  signal.cancel();
  assert.equal(request.signal.cancelled, true);
  assert.equal(start({ ...REQUEST, signal }).request.signal.cancelled, true);
});

test('is forgotten by its parent once it has ended', () => {
  const signal = new CancelSource();
  const { request, sink, child, ends } = start({ ...REQUEST, signal });
  sink.end(new InferError('INTERNAL', 'no'));
  signal.cancel();
  assert.equal(request.signal.cancelled, false);
  assert.equal(child.ended, true);
  assert.equal(ends[0]?.message, 'no');
});

test('can be cancelled alone', () => {
  const signal = new CancelSource();
  const { request, child } = start({ ...REQUEST, signal });
  child.cancel();
  assert.equal(request.signal.cancelled, true);
  assert.equal(signal.cancelled, false);
});
