import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  InferError,
  type InferenceRequest,
  type InferenceServer,
  NO_PARAMETERS,
  type ResponseSink,
  systemClock,
} from '@nereid/core';
import { BodyMemory } from '@nereid/mapped-memory';
import { FakeTracing, fakeModelConfig } from '@nereid/testing';
import { FakeCall } from './grpc-test-kit.js';
import { streamInfer } from './stream-infer.js';

const MAX_IN_FLIGHT = 1_024;
/** A ModelInferRequest without inputs for the model `m`. */
const REQUEST = Buffer.from([0x0a, 1, 0x6d]);

function setUp() {
  const accepted: { request: InferenceRequest; sink: ResponseSink }[] = [];
  const server: Pick<InferenceServer, 'modelConfig' | 'infer' | 'tracing'> = {
    tracing: new FakeTracing(),
    modelConfig: () => fakeModelConfig(),
    infer: (request, sink) => void accepted.push({ request, sink }),
  };
  const call = new FakeCall();
  const services = {
    server: server as InferenceServer,
    clock: systemClock,
    forwarding: () => NO_PARAMETERS,
    memory: new BodyMemory(systemClock),
  };
  const reader = streamInfer(services).open(call);
  return { accepted, call, reader };
}

describe('a stream of inference requests', () => {
  it('is not read from while too many of its requests are in flight', () => {
    const { accepted, call, reader } = setUp();
    for (let index = 1; index < MAX_IN_FLIGHT; index += 1) reader.message(REQUEST);
    assert.equal(call.paused, false);
    reader.message(REQUEST);
    assert.equal(call.paused, true);
    accepted[0]?.sink.end();
    assert.equal(call.paused, false);
  });

  it('ends when the client has sent all and has got all answers', () => {
    const { accepted, call, reader } = setUp();
    reader.message(REQUEST);
    reader.message(REQUEST);
    reader.halfClose();
    accepted[1]?.sink.end();
    assert.equal(call.ends.length, 0);
    accepted[0]?.sink.end();
    assert.deepEqual(call.ends, [{ code: 0, message: '' }]);
  });

  it('lets the memory of outputs go once it has copied them', () => {
    const { accepted, call, reader } = setUp();
    reader.message(REQUEST);
    const released: number[] = [];
    void accepted[0]?.sink.response({
      modelName: 'm',
      modelVersion: 1,
      id: '',
      parameters: NO_PARAMETERS,
      outputs: [{ name: 'o', datatype: 'UINT8', shape: [3], data: Buffer.from('abc') }],
      final: true,
      release: () => released.push(call.written.length),
    });
    accepted[0]?.sink.end();
    assert.equal(released.length, 1);
    assert.ok(call.written[0]?.includes('abc'));
  });

  it('tells an error among the responses, and that it is not the last', () => {
    const { accepted, call, reader } = setUp();
    reader.message(REQUEST);
    accepted[0]?.sink.failed?.(new InferError('INTERNAL', 'one item'));
    accepted[0]?.sink.end();
    reader.halfClose();
    const [written] = call.written;
    assert.ok(written?.includes('one item') && written.includes('triton_final_response'));
    assert.deepEqual(call.ends, [{ code: 0, message: '' }]);
  });

  it('takes no more requests once it stops, and ends when the accepted ones are answered', () => {
    const { accepted, call, reader } = setUp();
    reader.message(REQUEST);
    reader.stop();
    reader.message(REQUEST);
    assert.equal(accepted.length, 1);
    assert.equal(call.ends.length, 0);
    accepted[0]?.sink.end();
    assert.equal(call.ends[0]?.code, 14);
  });

  it('ends and gives up its requests when a message is no request', () => {
    const { accepted, call, reader } = setUp();
    reader.message(REQUEST);
    reader.message(Buffer.from([0x0a, 0xff]));
    assert.deepEqual(call.ends, [{ code: 13, message: 'Unable to parse request' }]);
    assert.equal(accepted[0]?.request.signal.cancelled, true);
  });
});
