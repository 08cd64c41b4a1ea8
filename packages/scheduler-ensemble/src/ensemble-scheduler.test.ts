import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import {
  CancelSource,
  type EnsembleStep,
  type HeldModel,
  InferError,
  type InferenceRequest,
  type ModelConfig,
  type ParameterValue,
  type PendingRequest,
  type ResponseSink,
  type SchedulerContext,
  type SchedulerPlugin,
  type Tensor,
} from '@nereid/core';
import {
  describeScheduler,
  FakePendingRequest,
  type FakeRequestOptions,
  FakeSchedulerContext,
  fakeInputConfig,
  fakeModelConfig,
  fakeOutputConfig,
  fp32Tensor,
  fp32Values,
} from '@nereid/testing';
import plugin from './ensemble-plugin.js';

/** A request to a composing model, which the test answers. */
class ModelCall {
  readonly request: InferenceRequest;
  readonly #sink: ResponseSink;

  constructor(request: InferenceRequest, sink: ResponseSink) {
    this.request = request;
    this.#sink = sink;
  }

  respond(
    outputs: readonly Tensor[],
    options: { parameters?: Record<string, ParameterValue>; final?: boolean } = {},
  ): Promise<void> | undefined {
    return this.#sink.response({
      modelName: this.request.modelName,
      modelVersion: 1,
      id: this.request.id,
      outputs,
      parameters: new Map(Object.entries(options.parameters ?? {})),
      final: options.final ?? false,
    });
  }

  end(error?: InferError): void {
    if (!error) this.#sink.executed?.({ inputNs: 1, inferNs: 10, outputNs: 100 }, 0);
    this.#sink.end(error);
  }

  /** What a model does that answers once. */
  answer(outputs: readonly Tensor[], parameters: Record<string, ParameterValue> = {}): void {
    void this.respond(outputs, { parameters, final: true });
    this.end();
  }
}

/** The composing models, which remember what they are asked. */
class Models {
  readonly calls: ModelCall[] = [];
  heldCount = 0;
  /** Answers a call at once, if set. */
  react: ((call: ModelCall) => void) | undefined;
  readonly #configs: Readonly<Record<string, Partial<ModelConfig>>>;

  constructor(configs: Readonly<Record<string, Partial<ModelConfig>>>) {
    this.#configs = configs;
  }

  hold(name: string): HeldModel {
    const written = this.#configs[name];
    if (!written) throw new InferError('NOT_FOUND', `Request for unknown model: '${name}'`);
    this.heldCount += 1;
    return {
      config: fakeModelConfig({ name, ...IO, ...written }),
      infer: (request, sink) => {
        const call = new ModelCall(request, sink);
        this.calls.push(call);
        this.react?.(call);
      },
      release: () => {
        this.heldCount -= 1;
      },
    };
  }

  /** The one call of a model that has not been taken yet. */
  async take(name: string): Promise<ModelCall> {
    await settled();
    const index = this.calls.findIndex(({ request }) => request.modelName === name);
    const [call] = index < 0 ? [] : this.calls.splice(index, 1);
    if (!call) throw new Error(`no request to ${name}`);
    return call;
  }

  /** What is asked of models and has not been taken yet. */
  async names(): Promise<string[]> {
    await settled();
    return this.calls.map(({ request }) => request.modelName);
  }
}

/** Lets the steps start that follow from a response. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const IO = {
  input: [fakeInputConfig({ name: 'I' })],
  output: [fakeOutputConfig({ name: 'O' })],
};

type Map = Readonly<Record<string, string>>;

function step(modelName: string, inputMap: Map, outputMap: Map): EnsembleStep {
  return { modelName, modelVersion: -1, inputMap, outputMap, modelNamespace: '' };
}

const CHAIN = [step('a', { I: 'X' }, { O: 'm' }), step('b', { I: 'm' }, { O: 'Y' })];

interface SetUp {
  readonly steps?: readonly EnsembleStep[];
  readonly models?: Readonly<Record<string, Partial<ModelConfig>>>;
  readonly config?: Partial<ModelConfig>;
  readonly limit?: number;
}

function setUp({ steps = CHAIN, models: written = { a: {}, b: {} }, config, limit = 0 }: SetUp) {
  const models = new Models(written);
  const context = new FakeSchedulerContext({
    config: fakeModelConfig({
      name: 'e',
      input: [fakeInputConfig({ name: 'X' })],
      output: [fakeOutputConfig({ name: 'Y' })],
      ensembleScheduling: { step: steps, maxInflightRequests: limit },
      ...config,
    }),
    hold: ({ name }) => models.hold(name),
  });
  const scheduler = plugin.createScheduler(context);
  const send = (options: FakeRequestOptions = {}) => {
    const pending = new FakePendingRequest({ inputs: [fp32Tensor('X', [1], [1])], ...options });
    scheduler.enqueue(pending);
    return pending;
  };
  return { models, scheduler, send };
}

const O = (...values: number[]) => [fp32Tensor('O', [values.length], values)];
const DECOUPLED = { modelTransactionPolicy: { decoupled: true } };

/** The values of each response's only output. */
function answers(pending: FakePendingRequest): (readonly number[])[] {
  return pending.responses.map(({ outputs: [output] }) => (output ? fp32Values(output) : []));
}

describe('a request to an ensemble', () => {
  it('runs each step as soon as its inputs are there, and is answered by the last', async () => {
    const { models, scheduler, send } = setUp({});
    const pending = send();
    assert.deepEqual(await models.names(), ['a']);
    assert.equal(scheduler.inflightCount, 1);
    assert.equal(scheduler.pendingCount, 0);
    (await models.take('a')).answer(O(2));
    assert.deepEqual(await models.names(), ['b']);
    assert.equal(pending.finished, false);
    (await models.take('b')).answer(O(3));
    assert.deepEqual(answers(pending), [[3]]);
    assert.equal(pending.finished, true);
    assert.equal(pending.error, undefined);
    assert.equal(scheduler.inflightCount, 0);
    assert.equal(models.heldCount, 0);
  });

  it('is answered also by models that answer at once', async () => {
    const { models, send } = setUp({});
    models.react = (call) => call.answer(O(4));
    const pending = send();
    assert.equal(pending.finished, false, 'a step does not run within the answer of another');
    await settled();
    assert.deepEqual(answers(pending), [[4]]);
    assert.equal(pending.finished, true);
  });

  it('passes tensors on without copying their data', async () => {
    const { models, send } = setUp({});
    const x = fp32Tensor('X', [1], [1]);
    const pending = send({ inputs: [x] });
    const first = await models.take('a');
    const [passed] = first.request.inputs;
    assert.equal(passed?.name, 'I');
    assert.equal(passed?.data, x.data);
    const [middle] = O(2);
    assert.ok(middle);
    first.answer([middle]);
    const second = await models.take('b');
    assert.equal(second.request.inputs[0]?.data, middle.data);
    second.answer([middle]);
    assert.equal(pending.responses[0]?.outputs[0]?.name, 'Y');
    assert.equal(pending.responses[0]?.outputs[0]?.data, middle.data);
  });

  it('gives its steps everything but its tensors', async () => {
    const { models, send } = setUp({});
    const parameters = new Map([['temperature', 0.5]]);
    const sequence = { correlationId: 5n, start: true, end: false };
    send({ id: 'r1', priority: 2, timeoutUs: 70, parameters, sequence });
    const { request } = await models.take('a');
    assert.equal(request.id, 'r1');
    assert.equal(request.priority, 2);
    assert.equal(request.timeoutUs, 70);
    assert.equal(request.parameters, parameters);
    assert.deepEqual(request.sequence, sequence);
    assert.deepEqual(request.requestedOutputs, [{ name: 'O', classificationCount: 0 }]);
  });

  it('asks for the version of a step, or for the latest', async () => {
    const { models, send } = setUp({
      steps: [{ ...step('a', { I: 'X' }, { O: 'm' }), modelVersion: 3 }, ...CHAIN.slice(1)],
    });
    send();
    const first = await models.take('a');
    assert.equal(first.request.modelVersion, 3);
    first.answer(O(1));
    assert.equal((await models.take('b')).request.modelVersion, undefined);
  });

  it('runs independent steps side by side, and waits for both', async () => {
    const { models, send } = setUp({
      steps: [
        step('a', { I: 'X' }, { O: 'm' }),
        step('b', { I: 'X' }, { O: 'n' }),
        step('c', { A: 'm', B: 'n', C: 'm' }, { O: 'Y' }),
      ],
      models: { a: {}, b: {}, c: {} },
    });
    const pending = send();
    assert.deepEqual(await models.names(), ['a', 'b']);
    (await models.take('b')).answer(O(2));
    assert.deepEqual(await models.names(), ['a']);
    (await models.take('a')).answer(O(1));
    const last = await models.take('c');
    assert.deepEqual(
      last.request.inputs.map((tensor) => [tensor.name, ...fp32Values(tensor)]),
      [
        ['A', 1],
        ['B', 2],
        ['C', 1],
      ],
    );
    last.answer(O(3));
    assert.deepEqual(answers(pending), [[3]]);
  });

  it('runs only the steps that the requested outputs need', async () => {
    const { models, send } = setUp({
      config: { output: ['Y', 'Z'].map((name) => fakeOutputConfig({ name })) },
      steps: [...CHAIN, step('c', { I: 'm' }, { O: 'Z' })],
      models: { a: {}, b: {}, c: {} },
    });
    const pending = send({ requestedOutputs: [{ name: 'Z', classificationCount: 0 }] });
    (await models.take('a')).answer(O(1));
    assert.deepEqual(await models.names(), ['c']);
    (await models.take('c')).answer(O(2));
    assert.deepEqual(
      pending.responses[0]?.outputs.map(({ name }) => name),
      ['Z'],
    );
    assert.equal(pending.finished, true);
  });

  it('adds up the times of its steps', async () => {
    const { models, send } = setUp({});
    const pending = send();
    (await models.take('a')).answer(O(1));
    (await models.take('b')).answer(O(1));
    assert.deepEqual(pending.times?.durations, { inputNs: 2, inferNs: 20, outputNs: 200 });
  });
});

describe('batches', () => {
  it('of one are stripped for a model without batches, and added again after it', async () => {
    const { models, send } = setUp({
      config: { maxBatchSize: 4 },
      models: { a: {}, b: { maxBatchSize: 4 } },
    });
    const pending = send({ inputs: [fp32Tensor('X', [1, 1], [1])] });
    const first = await models.take('a');
    assert.deepEqual(first.request.inputs[0]?.shape, [1]);
    first.answer(O(2));
    const second = await models.take('b');
    assert.deepEqual(second.request.inputs[0]?.shape, [1, 1]);
    second.answer([fp32Tensor('O', [1, 1], [3])]);
    assert.deepEqual(pending.responses[0]?.outputs[0]?.shape, [1, 1]);
  });

  it('of one are stripped from the answer of an ensemble without batches', async () => {
    const { models, send } = setUp({ models: { a: {}, b: { maxBatchSize: 4 } } });
    const pending = send();
    (await models.take('a')).answer(O(1));
    (await models.take('b')).answer([fp32Tensor('O', [1, 1], [3])]);
    assert.deepEqual(pending.responses[0]?.outputs[0]?.shape, [1]);
  });

  it('of more than one pass unchanged, for the model to refuse', async () => {
    const { models, send } = setUp({ config: { maxBatchSize: 4 } });
    send({ inputs: [fp32Tensor('X', [2, 1], [1, 2])], batchSize: 2 });
    assert.deepEqual((await models.take('a')).request.inputs[0]?.shape, [2, 1]);
  });
});

describe('a tensor that is missing', () => {
  it('as an optional input is left out of the requests to steps', async () => {
    const { models, send } = setUp({
      config: {
        input: [fakeInputConfig({ name: 'X' }), fakeInputConfig({ name: 'Q', optional: true })],
      },
      steps: [step('a', { A: 'X', B: 'Q' }, { O: 'Y' })],
    });
    const pending = send();
    const call = await models.take('a');
    assert.deepEqual(
      call.request.inputs.map(({ name }) => name),
      ['A'],
    );
    call.answer(O(1));
    assert.equal(pending.responses.length, 1);
  });

  it('in a response of a step is left out, too, and so in the answer', async () => {
    const { models, send } = setUp({});
    const pending = send();
    (await models.take('a')).answer([]);
    const call = await models.take('b');
    assert.deepEqual(call.request.inputs, []);
    call.answer([]);
    assert.deepEqual(pending.responses[0]?.outputs, []);
    assert.equal(pending.error, undefined);
  });

  it('because a step gives no response is told as a deadlock', async () => {
    const { models, send } = setUp({});
    const pending = send({ id: 'r2' });
    (await models.take('a')).end();
    assert.equal(pending.error?.code, 'INVALID_ARG');
    assert.equal(
      pending.error?.message,
      "in ensemble 'e', [request id: r2] unexpected deadlock, at least one output is not set " +
        'while no more ensemble steps can be made',
    );
  });
});

describe('sequence parameters', () => {
  const parametersOf = (pending: FakePendingRequest) =>
    Object.fromEntries(pending.responses[0]?.parameters ?? []);

  it('come with every response, also outside of sequences', async () => {
    const { models, send } = setUp({});
    models.react = (call) => call.answer(O(1));
    const outside = send();
    const sequence = { correlationId: 'talk', start: false, end: true };
    const inside = send({ sequence });
    await settled();
    assert.deepEqual(parametersOf(outside), {
      sequence_id: 0n,
      sequence_start: false,
      sequence_end: false,
    });
    assert.deepEqual(parametersOf(inside), {
      sequence_id: 'talk',
      sequence_start: false,
      sequence_end: true,
    });
  });

  it('of a step override those of the request for all that follows', async () => {
    const { models, send } = setUp({});
    const pending = send({ sequence: { correlationId: 5n, start: false, end: true } });
    (await models.take('a')).answer(O(1), { sequence_id: 7n, sequence_start: true });
    const second = await models.take('b');
    assert.deepEqual(second.request.sequence, { correlationId: 7n, start: true, end: false });
    second.answer(O(1));
    assert.deepEqual(parametersOf(pending), {
      sequence_id: 7n,
      sequence_start: true,
      sequence_end: false,
    });
  });

  it('of another type fail the request', async () => {
    const { models, send } = setUp({});
    const pending = send();
    (await models.take('a')).answer(O(1), { sequence_end: 'yes' });
    assert.equal(
      pending.error?.message,
      "in ensemble 'e', expect parameter 'sequence_end' to be TRITONSERVER_PARAMETER_BOOL",
    );
  });

  it('are missing where an input is an output', async () => {
    const { models, send } = setUp({
      config: { output: [fakeOutputConfig({ name: 'X' })] },
      steps: [step('a', { I: 'X' }, { O: 'unused' })],
    });
    const pending = send();
    assert.deepEqual(await models.names(), []);
    assert.deepEqual(parametersOf(pending), {});
    assert.deepEqual(answers(pending), [[1]]);
    assert.equal(pending.finished, true);
  });
});

describe('a decoupled step', () => {
  const repeat = { config: DECOUPLED, models: { a: DECOUPLED, b: {} } };

  it('makes the steps after it run once for each of its responses', async () => {
    const { models, send } = setUp(repeat);
    const pending = send();
    const source = await models.take('a');
    void source.respond(O(1));
    void source.respond(O(2));
    source.end();
    assert.deepEqual(await models.names(), ['b', 'b']);
    (await models.take('b')).answer(O(10));
    assert.equal(pending.finished, false);
    (await models.take('b')).answer(O(20));
    assert.deepEqual(answers(pending), [[10], [20]]);
    assert.deepEqual(
      pending.responses.map(({ final }) => final),
      [false, true],
    );
    assert.equal(pending.finished, true);
  });

  it('may give no response at all', async () => {
    const { models, send } = setUp(repeat);
    const pending = send();
    (await models.take('a')).end();
    assert.deepEqual(pending.responses, []);
    assert.equal(pending.error, undefined);
    assert.equal(pending.finished, true);
  });

  it('is passed on at once, not when it ends', async () => {
    const { models, send } = setUp(repeat);
    const pending = send();
    const source = await models.take('a');
    void source.respond(O(1));
    (await models.take('b')).answer(O(10));
    assert.deepEqual(answers(pending), [[10]]);
    assert.equal(pending.responses[0]?.final, false);
    source.end();
    assert.equal(pending.finished, true);
  });

  it('keeps apart what belongs to different responses, in whatever order steps end', async () => {
    const { models, send } = setUp({
      config: DECOUPLED,
      steps: [
        step('a', { I: 'X' }, { O: 'm' }),
        step('b', { I: 'm' }, { O: 'n' }),
        step('c', { I: 'm' }, { O: 'o' }),
        step('d', { A: 'n', B: 'o' }, { O: 'Y' }),
      ],
      models: { a: DECOUPLED, b: {}, c: {}, d: {} },
    });
    send();
    const source = await models.take('a');
    void source.respond(O(1));
    void source.respond(O(2));
    const [b1, b2] = [await models.take('b'), await models.take('b')];
    const [c1, c2] = [await models.take('c'), await models.take('c')];
    b2.answer(O(2));
    c1.answer(O(1));
    assert.deepEqual(await models.names(), []);
    b1.answer(O(1));
    c2.answer(O(2));
    await settled();
    const pairs = models.calls.map(({ request }) => request.inputs.flatMap(fp32Values));
    assert.deepEqual(pairs, [
      [1, 1],
      [2, 2],
    ]);
  });

  it('waits while the client is slow, however many steps are between them', async () => {
    const { models, scheduler } = setUp(repeat);
    let caughtUp = () => {};
    class SlowRequest extends FakePendingRequest {
      override respond(): Promise<void> {
        return new Promise((resolve) => {
          caughtUp = resolve;
        });
      }
    }
    scheduler.enqueue(new SlowRequest({ inputs: [fp32Tensor('X', [1], [1])] }));
    const source = await models.take('a');
    assert.equal(source.respond(O(1)), undefined);
    (await models.take('b')).answer(O(10));
    const wait = source.respond(O(2));
    assert.ok(wait);
    caughtUp();
    await wait;
    assert.equal(source.respond(O(3)), undefined);
  });
});

describe('max_inflight_requests', () => {
  const limited = { config: DECOUPLED, models: { a: DECOUPLED, b: {} }, limit: 1 };

  it('lets a step run so often at a time, and makes its producer wait', async () => {
    const { models, send } = setUp(limited);
    const pending = send();
    const source = await models.take('a');
    assert.equal(source.respond(O(1)), undefined);
    const turn = source.respond(O(2));
    assert.ok(turn);
    let came = false;
    void turn.then(() => {
      came = true;
    });
    assert.deepEqual(await models.names(), ['b']);
    await new Promise(setImmediate);
    assert.equal(came, false);
    (await models.take('b')).answer(O(10));
    assert.deepEqual(await models.names(), ['b']);
    await turn;
    (await models.take('b')).answer(O(20));
    source.end();
    assert.deepEqual(answers(pending), [[10], [20]]);
    assert.equal(pending.finished, true);
  });

  it('holds for all requests together, first come, first served', async () => {
    const { models, send } = setUp(limited);
    const requests = ['1', '2', '3'].map((id) => send({ id }));
    assert.deepEqual(await models.names(), ['a']);
    for (const id of ['1', '2', '3']) {
      const call = await models.take('a');
      assert.equal(call.request.id, id);
      call.end();
    }
    assert.ok(requests.every(({ finished, error }) => finished && !error));
  });

  it('does not keep a cancelled request waiting', async () => {
    const { models, send } = setUp(limited);
    send({ id: '1' });
    const signal = new CancelSource();
    const waiting = send({ id: '2', signal });
    const third = send({ id: '3' });
    signal.cancel();
    assert.equal(waiting.error?.code, 'CANCELLED');
    (await models.take('a')).end();
    assert.equal(models.calls[0]?.request.id, '3');
    (await models.take('a')).end();
    assert.equal(third.finished, true);
  });
});

describe('a failure', () => {
  it('of a step fails the request, with its code and the name of the ensemble', async () => {
    const { models, send } = setUp({});
    const pending = send();
    (await models.take('a')).end(new InferError('UNAVAILABLE', 'no luck'));
    assert.equal(pending.error?.code, 'UNAVAILABLE');
    assert.equal(pending.error?.message, "in ensemble 'e', no luck");
    assert.equal(models.heldCount, 0);
  });

  it('cancels the other steps, and is told when they have ended', async () => {
    const { models, send } = setUp({
      steps: [
        step('a', { I: 'X' }, { O: 'm' }),
        step('b', { I: 'X' }, { O: 'n' }),
        step('c', { A: 'm', B: 'n' }, { O: 'Y' }),
      ],
      models: { a: {}, b: {}, c: {} },
    });
    const pending = send();
    const other = await models.take('b');
    (await models.take('a')).end(new InferError('INTERNAL', 'no luck'));
    assert.equal(other.request.signal.cancelled, true);
    assert.equal(pending.finished, false);
    other.answer(O(1));
    assert.deepEqual(await models.names(), []);
    assert.equal(pending.error?.message, "in ensemble 'e', no luck");
  });

  it('of a step that fails at once keeps its siblings from starting', async () => {
    const { models, send } = setUp({
      steps: [
        step('a', { I: 'X' }, { O: 'm' }),
        step('b', { I: 'X' }, { O: 'n' }),
        step('c', { A: 'm', B: 'n' }, { O: 'Y' }),
      ],
      models: { a: {}, b: {}, c: {} },
    });
    models.react = (call) => call.end(new InferError('UNAVAILABLE', 'full'));
    const pending = send();
    assert.deepEqual(await models.names(), ['a']);
    assert.equal(pending.error?.message, "in ensemble 'e', full");
  });

  it('is a model that is gone', async () => {
    const { models, scheduler, send } = setUp({ models: { a: {} } });
    const pending = send();
    assert.equal(pending.error?.code, 'NOT_FOUND');
    assert.equal(pending.error?.message, "in ensemble 'e', Request for unknown model: 'b'");
    assert.equal(models.heldCount, 0);
    assert.equal(scheduler.inflightCount, 0);
  });
});

test('a client that goes away cancels the steps that run', async () => {
  const { models, send } = setUp({});
  const signal = new CancelSource();
  const pending = send({ signal });
  const call = await models.take('a');
  assert.equal(call.request.signal.cancelled, false);
  signal.cancel();
  assert.equal(call.request.signal.cancelled, true);
  call.end(new InferError('CANCELLED', ''));
  assert.equal(pending.error?.code, 'CANCELLED');
});

test('a model that needs others tells which', async () => {
  const config = fakeModelConfig({ ensembleScheduling: { step: CHAIN, maxInflightRequests: 0 } });
  assert.deepEqual(plugin.dependencies?.(config), [
    { name: 'a', version: -1 },
    { name: 'b', version: -1 },
  ]);
});

/** An ensemble of one step, whose model runs on the instances of the test's context. */
const OVER_INSTANCES: SchedulerPlugin = {
  createScheduler: (context) => {
    const { config, clock, logger, modelName, modelVersion, directory, instanceCount } = context;
    const infer = (request: InferenceRequest, sink: ResponseSink) => {
      void context.runBatch([new StepPending(request, sink)]);
    };
    const inner: SchedulerContext = {
      config,
      clock,
      logger,
      modelName,
      modelVersion,
      directory,
      instanceCount,
      runBatch: (batch, instance) => context.runBatch(batch, instance),
      infer,
      hold: () => ({ config: fakeModelConfig(IO), infer, release: () => {} }),
    };
    return plugin.createScheduler(inner);
  },
};

class StepPending extends FakePendingRequest {
  readonly #sink: ResponseSink;

  constructor(request: InferenceRequest, sink: ResponseSink) {
    super({ id: request.id, inputs: request.inputs, signal: request.signal });
    this.#sink = sink;
  }

  override respond(response: Parameters<PendingRequest['respond']>[0]): Promise<void> | undefined {
    const { modelName, id } = this.request;
    const parameters = response.parameters ?? new Map();
    const { outputs } = response;
    return this.#sink.response({
      modelName,
      modelVersion: 1,
      id,
      parameters,
      outputs,
      final: true,
    });
  }

  override finish(error?: InferError): void {
    super.finish(error);
    this.#sink.end(error);
  }
}

describeScheduler('an ensemble', () => ({
  plugin: OVER_INSTANCES,
  queues: false,
  config: fakeModelConfig({
    name: 'e',
    input: [fakeInputConfig({ name: 'X' })],
    output: [fakeOutputConfig({ name: 'Y' })],
    ensembleScheduling: { step: [step('a', { I: 'X' }, { O: 'Y' })], maxInflightRequests: 0 },
  }),
}));
