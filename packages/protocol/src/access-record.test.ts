import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessEntry,
  InferError,
  type InferenceRequest,
  type InferenceResponse,
  NEVER_CANCELLED,
  NO_PARAMETERS,
  type ResponseSink,
} from '@nereid/core';
import { AccessRecord } from './access-record.js';

const REQUEST: InferenceRequest = {
  modelName: 'm',
  modelVersion: undefined,
  id: 'r1',
  inputs: [],
  requestedOutputs: [],
  sequence: undefined,
  priority: 0,
  timeoutUs: 0,
  parameters: NO_PARAMETERS,
  signal: NEVER_CANCELLED,
};

const RESPONSE: InferenceResponse = {
  modelName: 'm',
  modelVersion: 3,
  id: 'r1',
  parameters: NO_PARAMETERS,
  outputs: [],
  final: true,
};

const COMPUTE = { inputNs: 1, inferNs: 2, outputNs: 3 };

function setUp() {
  const entries: AccessEntry[] = [];
  const ends: unknown[] = [];
  let nowNs = 1000;
  const clock = {
    nowNs: () => nowNs,
    wallTimeMs: () => 0,
    schedule: () => () => {},
  };
  const record = new AccessRecord({ write: (entry) => entries.push(entry) }, clock, {
    protocol: 'HTTP',
    client: 'c',
    method: 'POST',
    path: '/p',
  });
  const sink: ResponseSink = { response: () => undefined, end: (error) => ends.push(error) };
  const advance = (ns: number) => {
    nowNs += ns;
  };
  return { entries, ends, record, sink, advance };
}

describe('AccessRecord', () => {
  it('is written once, when the client has its answer', () => {
    const { entries, record, advance } = setUp();
    record.sent(5);
    record.sent(6);
    assert.equal(entries.length, 0);
    advance(70);
    record.answered(404);
    record.answered(200);
    assert.deepEqual(entries, [
      {
        protocol: 'HTTP',
        client: 'c',
        method: 'POST',
        path: '/p',
        status: 404,
        sentBytes: 11,
        durationNs: 70,
        modelName: '',
        modelVersion: undefined,
        requestId: '',
        queueNs: undefined,
        compute: undefined,
      },
    ]);
  });

  it('waits for the times of the model, whichever comes last', () => {
    for (const answeredFirst of [true, false]) {
      const { entries, ends, record, sink } = setUp();
      const watched = record.watch(REQUEST, sink);
      void watched.response(RESPONSE);
      if (answeredFirst) record.answered(200);
      assert.equal(entries.length, 0);
      watched.executed?.(COMPUTE, 9);
      watched.end();
      if (!answeredFirst) record.answered(200);
      const [entry] = entries;
      assert.equal(entries.length, 1);
      assert.deepEqual(
        [entry?.modelName, entry?.modelVersion, entry?.requestId, entry?.queueNs, entry?.compute],
        ['m', 3, 'r1', 9, COMPUTE],
      );
      assert.deepEqual(ends, [undefined]);
    }
  });

  it('passes on what the server says', () => {
    const { ends, record, sink } = setUp();
    const error = new InferError('INTERNAL', 'x');
    record.watch(REQUEST, sink).end(error);
    assert.deepEqual(ends, [error]);
  });
});
