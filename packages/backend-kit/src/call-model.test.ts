import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferError, type InferenceResponse, type PluginContext } from '@nereid/core';
import { type CallModelOptions, callModel } from './call-model.js';

const REQUEST: CallModelOptions['request'] = {
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

const response = (final: boolean): InferenceResponse => ({
  modelName: 'callee',
  modelVersion: 1,
  id: '',
  parameters: new Map(),
  outputs: [],
  final,
});

/** Calls a model that does what `infer` does; returns what the caller gets. */
function call(infer: PluginContext['infer'], { decoupled = false, ready = true } = {}) {
  const responses: InferenceResponse[] = [];
  const ends: (string | undefined)[] = [];
  const child = callModel({
    context: {
      infer,
      models: {
        loadModel: async () => {},
        unloadModel: async () => {},
        isModelReady: () => ready,
      },
    },
    caller: 'caller',
    parents: [],
    request: REQUEST,
    decoupled,
    sink: {
      response: (one) => void responses.push(one),
      end: (error) => ends.push(error?.message),
    },
  });
  return { child, responses, ends };
}

test('passes the response of a model on', () => {
  const { responses, ends } = call((_, sink) => {
    void sink.response(response(true));
    sink.end();
  });
  assert.equal(responses.length, 1);
  assert.deepEqual(ends, [undefined]);
});

test('passes any number of responses on, when that is expected', () => {
  const infer: PluginContext['infer'] = (_, sink) => {
    for (let index = 0; index < 3; index++) void sink.response(response(false));
    sink.end();
  };
  const { responses, ends } = call(infer, { decoupled: true });
  assert.equal(responses.length, 3);
  assert.deepEqual(ends, [undefined]);
});

test('explains a decoupled model to a caller that expects one response, and cancels it', () => {
  let cancelled = false;
  const { child, responses, ends } = call(({ signal }, sink) => {
    signal.onCancel(() => {
      cancelled = true;
    });
    setImmediate(() => {
      void sink.response(response(false));
      sink.end(new InferError('CANCELLED', 'as was asked'));
    });
  });
  assert.ok(child);
  return new Promise<void>((resolve) => {
    setImmediate(() => {
      assert.deepEqual(responses, []);
      assert.equal(ends.length, 1);
      assert.match(ends[0] ?? '', /^Model callee - Error .* Please use 'decoupled=True' argument/);
      assert.ok(cancelled);
      resolve();
    });
  });
});

test('refuses a call of a model that is not ready', () => {
  const { child, ends } = call(() => assert.fail('was called'), { ready: false });
  assert.equal(child, undefined);
  const text = "Failed for execute the inference request. Model 'callee' is not ready.";
  assert.deepEqual(ends, [`Model callee - Error when running inference: ${text}`]);
});

test('tells a request that is refused from one that fails as it executes', () => {
  const error = new InferError('INVALID_ARG', 'unexpected input');
  const refused = call((_, sink) => sink.end(error));
  assert.deepEqual(refused.ends, ['Model callee - Error when running inference: unexpected input']);
  let fail = () => {};
  const failed = call((_, sink) => {
    fail = () => sink.end(error);
  });
  fail();
  assert.deepEqual(failed.ends, ['unexpected input']);
});
