import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type InferenceServer, NO_PARAMETERS, type ResponseSink, systemClock } from '@nereid/core';
import { BodyMemory } from '@nereid/mapped-memory';
import { FakeTracing, fakeModelConfig } from '@nereid/testing';
import { FakeCall } from './grpc-test-kit.js';
import { unaryInfer } from './unary-infer.js';

/** A ModelInferRequest without inputs for the model `m`. */
const REQUEST = Buffer.from([0x0a, 1, 0x6d]);
/** From here on, outputs are sent from where they lie. */
const LARGE_BYTES = 64 * 1024;

function answer(sizeBytes: number) {
  const sinks: ResponseSink[] = [];
  const server: Pick<InferenceServer, 'modelConfig' | 'infer' | 'tracing'> = {
    tracing: new FakeTracing(),
    modelConfig: () => fakeModelConfig(),
    infer: (_, sink) => void sinks.push(sink),
  };
  const call = new FakeCall();
  unaryInfer({
    server: server as InferenceServer,
    clock: systemClock,
    forwarding: () => NO_PARAMETERS,
    memory: new BodyMemory(systemClock),
  }).handle(call, REQUEST);
  const counts = { released: 0 };
  void sinks[0]?.response({
    modelName: 'm',
    modelVersion: 1,
    id: '',
    parameters: NO_PARAMETERS,
    outputs: [
      { name: 'o', datatype: 'UINT8', shape: [sizeBytes], data: Buffer.alloc(sizeBytes, 97) },
    ],
    final: true,
    release: () => {
      counts.released += 1;
    },
  });
  assert.equal(counts.released, 0);
  sinks[0]?.end();
  return { call, counts };
}

describe('a unary inference request', () => {
  it('lets the memory of small outputs go at once, since it has copied them', () => {
    const { call, counts } = answer(3);
    assert.equal(counts.released, 1);
    assert.ok(call.written[0]?.includes('aaa'));
  });

  it('lets the memory of large outputs go when they have been sent', () => {
    const { call, counts } = answer(LARGE_BYTES);
    assert.equal(counts.released, 0);
    call.sent?.();
    assert.equal(counts.released, 1);
  });
});
