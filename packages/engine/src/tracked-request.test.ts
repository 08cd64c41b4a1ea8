import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  InferError,
  type InferenceRequest,
  type ModelResponse,
  NEVER_CANCELLED,
} from '@nereid/core';
import type { RequestOutcome, ResponseOutcome } from '@nereid/observability';
import {
  CollectingLogger,
  CollectingSink,
  FakeClock,
  type FakeRequestOptions,
  fakeInferenceRequest,
  fakeInputConfig,
  fakeModelConfig,
  fakeOutputConfig,
  fp32Tensor,
} from '@nereid/testing';
import { BatchTimer } from './batch-timer.js';
import { InflightCounter } from './inflight-counter.js';
import { compileRequestRules } from './request-rules.js';
import { TrackedRequest } from './tracked-request.js';

class CountingRecorder {
  pendingCount = 0;
  readonly outcomes: RequestOutcome[] = [];
  executedOnes = 0;
  readonly firstResponseUs: number[] = [];
  readonly responses: string[] = [];

  accepted(): void {
    this.pendingCount += 1;
  }

  left(): void {
    this.pendingCount -= 1;
  }

  ended(outcome: RequestOutcome, _acceptedNs: number, times: unknown): void {
    this.outcomes.push(outcome);
    if (times) this.executedOnes += 1;
  }

  executed(): void {
    this.executedOnes += 1;
  }

  firstResponse(acceptedNs: number, nowNs: number): void {
    this.firstResponseUs.push((nowNs - acceptedNs) / 1000);
  }

  responded(index: number, outcome: ResponseOutcome): void {
    this.responses.push(`${index} ${outcome}`);
  }
}

const RULES = compileRequestRules(
  fakeModelConfig({
    name: 'm',
    maxBatchSize: 8,
    input: [fakeInputConfig()],
    output: [fakeOutputConfig({ name: 'A' }), fakeOutputConfig({ name: 'B' })],
  }),
);

interface SetUp extends FakeRequestOptions {
  readonly decoupled?: boolean;
  readonly countsResponses?: boolean;
  readonly copiesInputs?: boolean;
}

function setUp(options: SetUp = {}) {
  const clock = new FakeClock();
  const recorder = new CountingRecorder();
  const inflight = new InflightCounter();
  const logger = new CollectingLogger();
  const sink = new CollectingSink();
  const request: InferenceRequest = fakeInferenceRequest({
    inputs: [fp32Tensor('INPUT', [2, 1], [1, 2])],
    ...options,
  });
  const scope = {
    modelName: 'm',
    modelVersion: 3,
    decoupled: options.decoupled ?? false,
    countsResponses: options.countsResponses ?? true,
    rules: RULES,
    outputRules: { table: RULES.outputs, labels: new Map() },
    recorder,
    inflight,
    clock,
    logger,
  };
  const tracked = new TrackedRequest(scope, request, sink);
  const timer = new BatchTimer(clock, options.copiesInputs);
  const begin = () => {
    tracked.taken();
    tracked.started(timer);
  };
  return { tracked, sink, recorder, clock, inflight, logger, timer, begin };
}

function outputs(...names: string[]): ModelResponse {
  return { outputs: names.map((name) => fp32Tensor(name, [2, 1], [1, 2])) };
}

describe('a request that succeeds', () => {
  it('gets a response with the names of model, version and request', async () => {
    const { tracked, sink, begin } = setUp({ id: 'r7' });
    begin();
    const response = outputs('A', 'B');
    void tracked.respond(response);
    tracked.finish();
    assert.equal(await sink.ended, undefined);
    const [received] = sink.responses;
    assert.equal(received?.modelName, 'm');
    assert.equal(received?.modelVersion, 3);
    assert.equal(received?.id, 'r7');
    assert.equal(received?.final, true);
    assert.equal(received?.outputs, response.outputs);
  });

  it('has the batch size of its inputs', () => {
    assert.equal(setUp().tracked.batchSize, 2);
  });

  it('counts as pending, in flight and successful in turn', () => {
    const { tracked, recorder, inflight, timer, begin } = setUp();
    assert.deepEqual([recorder.pendingCount, inflight.count], [1, 1]);
    begin();
    assert.deepEqual([recorder.pendingCount, inflight.count, timer.unfinishedCount], [0, 1, 1]);
    void tracked.respond(outputs('A'));
    tracked.finish();
    assert.deepEqual([inflight.count, timer.unfinishedCount, timer.failedSize], [0, 0, 0]);
    assert.deepEqual(recorder.outcomes, ['SUCCESS']);
  });

  it('passes on whether the receiver has to be waited for', () => {
    const { tracked, sink, begin } = setUp();
    const wait = Promise.resolve();
    sink.whenResponse = () => wait;
    begin();
    assert.equal(tracked.respond(outputs('A')), wait);
  });
});

describe('the outputs of a response', () => {
  function shown(options: FakeRequestOptions, response: ModelResponse): string[] {
    const { tracked, sink, begin } = setUp(options);
    begin();
    void tracked.respond(response);
    tracked.finish();
    return sink.responses.flatMap((received) => received.outputs.map(({ name }) => name));
  }

  it('are those that were asked for, in the order of the backend', () => {
    const wanted = (name: string) => ({ name, classificationCount: 0 });
    assert.deepEqual(shown({ requestedOutputs: [wanted('B')] }, outputs('A', 'B')), ['B']);
    const both = { requestedOutputs: [wanted('A'), wanted('B'), wanted('A')] };
    assert.deepEqual(shown(both, outputs('B', 'A')), ['B', 'A']);
  });

  it('are all that the configuration knows when none were asked for', () => {
    assert.deepEqual(shown({}, outputs('SECRET', 'B', 'A')), ['B', 'A']);
  });

  it('are classified where that was asked for', () => {
    const { tracked, sink, begin } = setUp({
      requestedOutputs: [{ name: 'A', classificationCount: 1 }],
    });
    begin();
    void tracked.respond(outputs('A', 'B'));
    assert.equal(sink.responses[0]?.outputs[0]?.datatype, 'BYTES');
  });

  it('must have data that fits their shape', async () => {
    const { tracked, sink, recorder, begin } = setUp();
    begin();
    const short = { ...fp32Tensor('A', [2, 1], [1, 2]), shape: [3, 1] };
    void tracked.respond({ outputs: [short] });
    tracked.finish();
    const error = await sink.ended;
    assert.equal(error?.code, 'INTERNAL');
    assert.match(
      error?.message ?? '',
      /returned output 'A' of type FP32 and shape \[3,1\].*8 bytes/,
    );
    assert.equal(sink.responses.length, 0);
    assert.deepEqual(recorder.outcomes, ['BACKEND']);
  });
});

describe('a request that fails', () => {
  it('ends with the error of its backend, and its elements do not count as inferred', async () => {
    const { tracked, sink, recorder, timer, begin } = setUp();
    begin();
    tracked.finish(new InferError('UNAVAILABLE', 'model says no'));
    assert.equal((await sink.ended)?.message, 'model says no');
    assert.deepEqual(recorder.outcomes, ['BACKEND']);
    assert.equal(timer.failedSize, 2);
  });

  it('ends with an error when its backend gave no response', async () => {
    const { tracked, sink, begin } = setUp();
    begin();
    tracked.finish();
    assert.match((await sink.ended)?.message ?? '', /model 'm' finished the request without/);
  });

  it('counts as rejected, cancelled or other when it never executes', () => {
    const cases = { UNAVAILABLE: 'REJECTED', CANCELLED: 'CANCELED', INTERNAL: 'OTHER' } as const;
    for (const [code, outcome] of Object.entries(cases)) {
      const { tracked, recorder } = setUp();
      tracked.taken();
      tracked.finish(new InferError(code as keyof typeof cases, ''));
      assert.deepEqual(recorder.outcomes, [outcome]);
      assert.deepEqual([recorder.pendingCount, recorder.executedOnes], [0, 0]);
    }
  });

  it('counts as successful when its client was answered before it was cancelled', async () => {
    const signal = { ...NEVER_CANCELLED, cancelled: true, answered: true };
    const { tracked, sink, recorder, timer, begin } = setUp({ decoupled: true, signal });
    begin();
    void tracked.respond(outputs('A'));
    tracked.finish(new InferError('CANCELLED', ''));
    assert.equal((await sink.ended)?.code, 'CANCELLED');
    assert.deepEqual(recorder.outcomes, ['SUCCESS']);
    assert.equal(timer.failedSize, 0);
  });

  it('counts nowhere when its scheduler refuses it at once', () => {
    const { tracked, sink, recorder, inflight } = setUp();
    tracked.finish(new InferError('UNAVAILABLE', 'full'));
    tracked.taken();
    assert.ok(sink.hasEnded);
    assert.deepEqual(recorder.outcomes, []);
    assert.deepEqual([recorder.pendingCount, inflight.count], [0, 0]);
  });
});

describe('a holder that violates the protocol', () => {
  it('is not heard after the end', () => {
    const { tracked, sink, recorder, inflight, logger, begin } = setUp();
    begin();
    void tracked.respond(outputs('A'));
    tracked.finish();
    void tracked.respond(outputs('A'));
    tracked.finish(new InferError('INTERNAL', 'late'));
    assert.equal(sink.responses.length, 1);
    assert.equal(recorder.outcomes.length, 1);
    assert.equal(inflight.count, 0);
    assert.equal(logger.messages('verbose').length, 2);
  });

  it('gives no second response unless the model is decoupled', () => {
    for (const decoupled of [false, true]) {
      const { tracked, sink, begin } = setUp({ decoupled });
      begin();
      void tracked.respond(outputs('A'));
      void tracked.respond(outputs('A'));
      assert.equal(sink.responses.length, decoupled ? 2 : 1);
    }
  });
});

describe('a request to a decoupled model', () => {
  it('may have no response at all', async () => {
    const { tracked, sink, begin } = setUp({ decoupled: true });
    begin();
    tracked.finish();
    assert.equal(await sink.ended, undefined);
  });

  it('knows its last response only if the backend tells', () => {
    const { tracked, sink, begin } = setUp({ decoupled: true });
    begin();
    void tracked.respond(outputs('A'));
    void tracked.respond({ ...outputs('A'), final: true });
    assert.deepEqual(
      sink.responses.map(({ final }) => final),
      [false, true],
    );
  });

  it('goes on after an error among its responses, where the receiver can tell', async () => {
    const { tracked, sink, recorder, begin } = setUp({ decoupled: true });
    const failures: string[] = [];
    const failed = (error: InferError) => failures.push(error.message);
    Object.assign(sink, { failed });
    begin();
    void tracked.respond({ outputs: [], error: new InferError('INTERNAL', 'one item') });
    void tracked.respond({ ...outputs('A'), final: true });
    tracked.finish();
    assert.equal(await sink.ended, undefined);
    assert.deepEqual(failures, ['one item']);
    assert.equal(sink.responses.length, 1);
    assert.deepEqual(recorder.responses, ['0 fail', '1 success']);
  });

  it('ends with an error among its responses, where its receiver cannot tell', async () => {
    const { tracked, sink, begin } = setUp({ decoupled: true });
    begin();
    void tracked.respond({ outputs: [], error: new InferError('INTERNAL', 'one item') });
    void tracked.respond(outputs('A'));
    tracked.finish();
    assert.equal((await sink.ended)?.message, 'one item');
    assert.equal(sink.responses.length, 0);
  });

  it('is counted by response, and its end where no response was the last', () => {
    const { tracked, recorder, clock, begin } = setUp({ decoupled: true });
    clock.advanceUs(5);
    begin();
    clock.advanceUs(7);
    void tracked.respond(outputs('A'));
    clock.advanceUs(9);
    void tracked.respond({ outputs: [] });
    tracked.finish();
    assert.deepEqual(recorder.firstResponseUs, [12]);
    assert.deepEqual(recorder.responses, ['0 success', '1 emptyResponse', '2 emptyResponse']);
  });

  it('is not counted by response where the model does not want it', () => {
    const { tracked, recorder, begin } = setUp({ decoupled: true, countsResponses: false });
    begin();
    void tracked.respond(outputs('A'));
    void tracked.respond(outputs('A'));
    tracked.finish();
    assert.deepEqual(recorder.responses, []);
    assert.deepEqual(recorder.firstResponseUs, [0]);
    assert.deepEqual(recorder.outcomes, ['SUCCESS']);
  });

  it('has no end to count after its last response', () => {
    const { tracked, recorder, begin } = setUp({ decoupled: true });
    begin();
    void tracked.respond({ ...outputs('A'), final: true });
    tracked.finish();
    assert.deepEqual(recorder.responses, ['0 success']);
  });

  it('is counted as failed or cancelled at the response that did not come', () => {
    for (const [code, outcome] of [
      ['INTERNAL', 'fail'],
      ['CANCELLED', 'cancel'],
    ] as const) {
      const { tracked, recorder, begin } = setUp({ decoupled: true });
      begin();
      void tracked.respond(outputs('A'));
      tracked.finish(new InferError(code, 'no more'));
      assert.deepEqual(recorder.responses, ['0 success', `1 ${outcome}`]);
    }
  });
});

describe('a request to any other model', () => {
  it('is not counted by response', () => {
    const { tracked, recorder, begin } = setUp();
    begin();
    void tracked.respond(outputs('A', 'B'));
    tracked.finish();
    assert.deepEqual([recorder.firstResponseUs, recorder.responses], [[], []]);
  });
});

describe('a sink that throws', () => {
  it('fails its own request only', () => {
    const { tracked, sink, recorder, logger, begin } = setUp();
    begin();
    sink.whenResponse = () => {
      throw new Error('the front end is broken');
    };
    void tracked.respond(outputs('A'));
    sink.end = () => {
      throw new Error('very broken');
    };
    tracked.finish();
    assert.deepEqual(recorder.outcomes, ['BACKEND']);
    assert.equal(logger.messages('error').length, 1);
  });
});

describe('the memory of outputs', () => {
  const release = () => {};

  it('may be released by the one who gets the response', () => {
    const { tracked, sink, begin } = setUp();
    begin();
    void tracked.respond({ ...outputs('A'), release });
    assert.equal(sink.responses[0]?.release, release);
  });

  it('is not released where a response cache may refer to it', () => {
    const { tracked, sink, begin } = setUp();
    begin();
    tracked.missed({ ended() {} });
    void tracked.respond({ ...outputs('A'), release });
    assert.equal(sink.responses[0]?.release, undefined);
  });
});

describe('the memory of inputs', () => {
  function watched(options: SetUp) {
    const setup = setUp(options);
    let releasedCount = 0;
    Object.assign(setup.sink, { released: () => (releasedCount += 1) });
    setup.begin();
    return { ...setup, released: () => releasedCount };
  }

  it('is released when the request has ended and its batch was executed', () => {
    for (const late of [false, true]) {
      const { tracked, timer, released } = watched({ copiesInputs: true });
      if (late) timer.executed();
      void tracked.respond(outputs('A'));
      assert.equal(released(), 0);
      tracked.finish();
      if (!late) {
        assert.equal(released(), 0);
        timer.executed();
      }
      assert.equal(released(), 1);
    }
  });

  it('is not released while anybody may refer to it', () => {
    const failed = watched({ copiesInputs: true });
    failed.tracked.finish(new InferError('INTERNAL', 'no'));
    const kept = watched({});
    const cached = watched({ copiesInputs: true });
    cached.tracked.missed({ ended() {} });
    for (const { tracked, timer, released } of [failed, kept, cached]) {
      void tracked.respond(outputs('A'));
      tracked.finish();
      timer.executed();
      assert.equal(released(), 0);
    }
  });
});
