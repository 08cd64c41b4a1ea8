import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, type InferenceRequest, silentLogger, type TracedModel } from '@nereid/core';
import type { StatisticsRecorder } from '@nereid/observability';
import {
  CollectingSink,
  FakeClock,
  FakeTrace,
  fakeInferenceRequest,
  fakeInputConfig,
  fakeModelConfig,
  fakeOutputConfig,
  fp32Tensor,
} from '@nereid/testing';
import { BatchTimer } from './batch-timer.js';
import { InflightCounter } from './inflight-counter.js';
import { compileRequestRules } from './request-rules.js';
import { enterTrace } from './trace-request.js';
import { TrackedRequest } from './tracked-request.js';

const RULES = compileRequestRules(
  fakeModelConfig({
    name: 'm',
    maxBatchSize: 8,
    input: [fakeInputConfig()],
    output: [fakeOutputConfig({ name: 'OUT' })],
  }),
);

/** Counts nothing. */
const RECORDER: Pick<
  StatisticsRecorder,
  'accepted' | 'left' | 'ended' | 'executed' | 'firstResponse' | 'responded'
> = {
  accepted() {},
  left() {},
  ended() {},
  executed() {},
  firstResponse() {},
  responded() {},
};

function track(request: InferenceRequest, clock: FakeClock): TrackedRequest {
  const scope = {
    modelName: 'm',
    modelVersion: 3,
    decoupled: false,
    rules: RULES,
    outputRules: { table: RULES.outputs, labels: new Map() },
    recorder: RECORDER,
    inflight: new InflightCounter(),
    clock,
    logger: silentLogger,
  };
  return new TrackedRequest(scope, request, new CollectingSink());
}

function setUp() {
  const clock = new FakeClock();
  const trace = new FakeTrace();
  const inputs = [fp32Tensor('INPUT', [2, 1], [1, 2])];
  const request = { ...fakeInferenceRequest({ inputs, id: 'r' }), trace };
  return { clock, trace, request };
}

/** Makes a part of its own for each model it enters. */
class SplittingTrace extends FakeTrace {
  readonly parts: SplittingTrace[] = [];

  override enter(model: TracedModel): this {
    super.enter(model);
    const part = new SplittingTrace();
    this.parts.push(part);
    return part as this;
  }
}

describe('a traced request', () => {
  it('records its way through queue and computation, with the times of its batch', () => {
    const { clock, trace, request } = setUp();
    const tracked = track(enterTrace(request, trace, { modelName: 'm', modelVersion: 3 }), clock);
    const acceptedNs = clock.nowNs();
    clock.advanceUs(5);
    const timer = new BatchTimer(clock);
    tracked.taken();
    tracked.started(timer);
    clock.advanceUs(5);
    timer.inputEnd();
    clock.advanceUs(5);
    timer.outputStart();
    void tracked.respond({ outputs: [fp32Tensor('OUT', [2, 1], [1, 2])] });
    clock.advanceUs(5);
    tracked.finish();
    assert.deepEqual(trace.events, [
      'enter m 3 r',
      'REQUEST_START',
      'QUEUE_START',
      'TENSOR_QUEUE_INPUT INPUT',
      'TENSOR_BACKEND_OUTPUT OUT',
      'COMPUTE_START',
      'COMPUTE_INPUT_END',
      'COMPUTE_OUTPUT_START',
      'COMPUTE_END',
      'REQUEST_END',
      'leave',
    ]);
    const timesUs = [...trace.timesNs].map(([name, ns]) => [name, (ns - acceptedNs) / 1000]);
    assert.deepEqual(timesUs, [
      ['QUEUE_START', 0],
      ['COMPUTE_START', 5],
      ['COMPUTE_INPUT_END', 10],
      ['COMPUTE_OUTPUT_START', 15],
      ['COMPUTE_END', 20],
      ['REQUEST_END', 20],
    ]);
  });

  it('that never executes has no computation', () => {
    const { clock, trace, request } = setUp();
    const tracked = track(request, clock);
    tracked.finish(new InferError('UNAVAILABLE', 'the queue is full'));
    tracked.finish();
    assert.deepEqual(trace.events, [
      'QUEUE_START',
      'TENSOR_QUEUE_INPUT INPUT',
      'REQUEST_END',
      'leave',
    ]);
  });

  it('that asks other models leaves the computation to their traces', () => {
    const { clock, trace, request } = setUp();
    const tracked = track(request, clock);
    tracked.taken();
    tracked.started({ startNs: 1, inputEndNs: 2, outputStartNs: 3 });
    void tracked.respond({ outputs: [fp32Tensor('OUT', [2, 1], [1, 2])] });
    tracked.finish();
    assert.equal(trace.events.includes('COMPUTE_START'), false);
    assert.equal(trace.events.at(-2), 'REQUEST_END');
  });

  it('carries the part of the model that it has entered', () => {
    const { request } = setUp();
    const whole = new SplittingTrace();
    const entered = enterTrace({ ...request, trace: whole }, whole, {
      modelName: 'm',
      modelVersion: 3,
    });
    assert.equal(entered.trace, whole.parts[0]);
    assert.equal(entered.inputs, request.inputs);
    assert.deepEqual(whole.parts[0]?.events, ['REQUEST_START']);
  });
});
