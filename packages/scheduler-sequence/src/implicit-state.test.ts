import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  type InitialStateConfig,
  isInferError,
  type ModelConfig,
  type ModelSequenceBatching,
  type PendingRequest,
  type SequenceStateConfig,
  type Tensor,
} from '@nereid/core';
import {
  bytesTensor,
  FakePendingRequest,
  FakeSchedulerContext,
  fakeModelConfig,
  fp32Tensor,
  fp32Values,
  makeTemporaryModel,
} from '@nereid/testing';
import plugin from './sequence-plugin.js';

const INITIAL: InitialStateConfig = {
  dataType: 'TYPE_FP32',
  dims: [2],
  zeroData: undefined,
  dataFile: 'first',
  name: 'first',
};

const STATE: SequenceStateConfig = {
  inputName: 'ISTATE',
  outputName: 'OSTATE',
  dataType: 'TYPE_FP32',
  dims: [2],
  initialState: [],
  useSameBufferForInputOutput: false,
  useGrowableMemory: false,
};

function stateConfig(
  written: Partial<SequenceStateConfig> = {},
  batching: Partial<ModelSequenceBatching> = {},
): ModelConfig {
  return fakeModelConfig({
    maxBatchSize: 4,
    sequenceBatching: {
      direct: undefined,
      oldest: undefined,
      maxSequenceIdleMicroseconds: 1e6,
      controlInput: [],
      state: [{ ...STATE, ...written }],
      iterativeSequence: false,
      ...batching,
    },
  });
}

async function setUp(t: TestContext, config: ModelConfig, files: Record<string, Buffer> = {}) {
  const { source, remove } = await makeTemporaryModel(config, {});
  t.after(remove);
  const folder = join(source.directory, 'initial_state');
  await mkdir(folder);
  for (const [name, data] of Object.entries(files)) await writeFile(join(folder, name), data);
  const context = Object.assign(new FakeSchedulerContext({ config }), {
    directory: source.directory,
  });
  const scheduler = plugin.createScheduler(context);
  await scheduler.prepared;
  const executing: PendingRequest[] = [];
  const send = (correlationId: bigint, flags = '', requested: readonly string[] = []) => {
    const pending = new FakePendingRequest({
      sequence: { correlationId, start: flags.includes('s'), end: flags.includes('e') },
      requestedOutputs: requested.map((name) => ({ name, classificationCount: 0 })),
    });
    scheduler.enqueue(pending);
    return pending;
  };
  /** Answers the batch that runs: the first request that is no filler with these outputs. */
  const answer = async (...outputs: readonly Tensor[]) => {
    const real = context.batches.at(-1)?.find(({ placeholder }) => !placeholder);
    real?.respond({ outputs });
    await context.completeAll();
  };
  return { context, scheduler, send, answer, executing };
}

function stateOf(context: FakeSchedulerContext, row = 0): Tensor {
  const request = context.batches.at(-1)?.[row]?.request;
  const state = request?.inputs.find(({ name }) => name === 'ISTATE');
  assert.ok(state);
  return state;
}

function floats(...values: readonly number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

describe('implicit state', () => {
  it('is zero for the first request, with the batch dimension', async (t) => {
    const { context, send } = await setUp(t, stateConfig({ dims: [2, -1] }));
    send(1n, 's');
    const state = stateOf(context);
    assert.deepEqual([state.datatype, state.shape], ['FP32', [1, 2, 1]]);
    assert.deepEqual(fp32Values(state), [0, 0]);
  });

  it('outlives memory that the model uses again once the response is sent', async (t) => {
    const { context, send } = await setUp(t, stateConfig());
    send(1n, 's');
    const output = fp32Tensor('OSTATE', [1, 2], [3, 4]);
    const release = () => output.data.fill(0xff);
    context.batches.at(-1)?.[0]?.respond({ outputs: [output], release });
    release();
    await context.completeAll();
    send(1n);
    assert.deepEqual(fp32Values(stateOf(context)), [3, 4]);
  });

  it('passes from the output of one request to the input of the next', async (t) => {
    const { context, send, answer } = await setUp(t, stateConfig());
    send(1n, 's');
    await answer(fp32Tensor('OSTATE', [1, 2], [3, 4]));
    send(1n);
    assert.deepEqual(fp32Values(stateOf(context)), [3, 4]);
    await answer(fp32Tensor('OSTATE', [1, 3], [5, 6, 7]));
    send(1n);
    assert.deepEqual(stateOf(context).shape, [1, 3]);
    assert.deepEqual(fp32Values(stateOf(context)), [5, 6, 7]);
  });

  it('stays as it is when an answer does not have it', async (t) => {
    const { context, send, answer } = await setUp(t, stateConfig());
    send(1n, 's');
    await answer(fp32Tensor('OSTATE', [1, 2], [3, 4]));
    send(1n);
    await answer(fp32Tensor('OTHER', [1, 2], [8, 8]));
    send(1n);
    assert.deepEqual(fp32Values(stateOf(context)), [3, 4]);
  });

  it('belongs to one sequence, and begins anew at a START', async (t) => {
    const { context, send, answer } = await setUp(t, stateConfig());
    send(1n, 's');
    await answer(fp32Tensor('OSTATE', [1, 2], [3, 4]));
    send(2n, 's');
    assert.deepEqual(fp32Values(stateOf(context, 1)), [0, 0]);
    await context.completeAll();
    send(1n, 's');
    assert.deepEqual(fp32Values(stateOf(context)), [0, 0]);
  });

  it('is zero in rows that only fill the batch', async (t) => {
    const { context, send, answer } = await setUp(t, stateConfig({ dims: [-1] }));
    send(1n, 's');
    await context.completeAll();
    send(2n, 's');
    await answer(fp32Tensor('OSTATE', [1, 3], [1, 2, 3]));
    send(2n);
    assert.deepEqual(stateOf(context, 0).shape, [1, 3]);
    assert.deepEqual(fp32Values(stateOf(context, 0)), [0, 0, 0]);
    assert.deepEqual(fp32Values(stateOf(context, 1)), [1, 2, 3]);
  });

  it('keeps states of different sizes out of one batch', async (t) => {
    const { context, send, answer } = await setUp(t, stateConfig({ dims: [-1] }));
    send(1n, 's');
    send(2n, 's');
    await answer(fp32Tensor('OSTATE', [1, 3], [1, 2, 3]));
    send(1n);
    send(1n);
    send(2n);
    await context.completeAll();
    for (const batch of context.batches) {
      const shapes = batch.map(({ request }) => String(request.inputs.at(-1)?.shape));
      assert.equal(new Set(shapes).size, 1);
    }
  });

  it('is asked for even when the client asks for other outputs', async (t) => {
    const { context, send } = await setUp(t, stateConfig());
    send(1n, 's', ['OUTPUT']);
    const names = context.batches[0]?.[0]?.request.requestedOutputs.map(({ name }) => name);
    assert.deepEqual(names, ['OUTPUT', 'OSTATE']);
  });

  it('holds on to no more memory than its own', async (t) => {
    const { context, send, answer } = await setUp(t, stateConfig());
    const large = new Uint8Array(4096);
    large.set(floats(1, 2), 128);
    send(1n, 's');
    const data = large.subarray(128, 136);
    await answer({ name: 'OSTATE', datatype: 'FP32', shape: [1, 2], data });
    send(1n);
    assert.deepEqual(fp32Values(stateOf(context)), [1, 2]);
    assert.equal(stateOf(context).data.buffer.byteLength, 8);
  });

  it('begins as the file of the initial state says', async (t) => {
    const files = { first: floats(1.5, 2.5, 9) };
    const { context, send } = await setUp(t, stateConfig({ initialState: [INITIAL] }), files);
    send(1n, 's');
    assert.deepEqual(fp32Values(stateOf(context)), [1.5, 2.5]);
  });

  it('reads BYTES elements from the file as they are', async (t) => {
    const initial = { ...INITIAL, dataType: 'TYPE_STRING' } as const;
    const { data } = bytesTensor('', [2], ['state', '']);
    const config = stateConfig({ dataType: 'TYPE_STRING', initialState: [initial] });
    const { context, send } = await setUp(t, config, { first: Buffer.from(data) });
    send(1n, 's');
    assert.equal(stateOf(context).datatype, 'BYTES');
    assert.deepEqual(Buffer.from(stateOf(context).data), Buffer.from(data));
  });

  it('takes the dimensions of the initial state where the state may have any', async (t) => {
    const zero = { ...INITIAL, dims: [3], zeroData: true, dataFile: undefined };
    const config = stateConfig({ dims: [-1], initialState: [zero] });
    const { context, send } = await setUp(t, config);
    send(1n, 's');
    assert.deepEqual(stateOf(context).shape, [1, 3]);
  });

  it('may share its buffer with the output, which changes nothing here', async (t) => {
    const { context, send } = await setUp(t, stateConfig({ useSameBufferForInputOutput: true }));
    send(1n, 's');
    assert.deepEqual(fp32Values(stateOf(context)), [0, 0]);
  });
});

describe('a model with implicit state fails to load', () => {
  const cases: readonly (readonly [string, Partial<SequenceStateConfig>, string | RegExp])[] = [
    [
      'with two initial states',
      { initialState: [INITIAL, INITIAL] },
      "initial_state field for state input 'ISTATE' must contain exactly one or zero element. " +
        "Found '2' elements.",
    ],
    [
      'with an initial state of another datatype',
      { initialState: [{ ...INITIAL, dataType: 'TYPE_INT32' }] },
      "The data type used for 'initial_state' field of state 'ISTATE' does not match the state " +
        'data type.',
    ],
    [
      'with a nameless initial state',
      { initialState: [{ ...INITIAL, name: '' }] },
      "Field 'name' must be set when using initial_state for state input 'ISTATE'.",
    ],
    [
      'with another number of dimensions',
      { initialState: [{ ...INITIAL, dims: [1, 2] }] },
      "Number of dimensions in 'initial_state' doesn't match the size of 'state' dimensions for " +
        "state input 'ISTATE'. 2 != 1",
    ],
    [
      'with an initial state of any size',
      { initialState: [{ ...INITIAL, dims: [-1] }] },
      "'initial_state' field for state input name 'ISTATE' contains variable dimensions.",
    ],
    [
      'with another dimension',
      { initialState: [{ ...INITIAL, dims: [3] }] },
      "'initial_state' dim for input name 'ISTATE' doesn't match 'state' dim description. 3 != 2",
    ],
    [
      'with an initial state without data',
      { initialState: [{ ...INITIAL, dataFile: undefined }] },
      /expects state'ISTATE' to have state_data set/,
    ],
    [
      'with a file that is too short',
      { initialState: [{ ...INITIAL, dataFile: 'short' }] },
      'initial_state setting expects 8 bytes, but the data provided from short only has 4 bytes.',
    ],
    ['without its file', { initialState: [{ ...INITIAL, dataFile: 'none' }] }, /ENOENT/],
    [
      'with a file outside of its folder',
      { initialState: [{ ...INITIAL, dataFile: '../config.pbtxt' }] },
      "initial_state file '../config.pbtxt' is outside its folder",
    ],
    [
      'with growable memory, which is memory of a GPU',
      { useGrowableMemory: true, useSameBufferForInputOutput: true },
      /'use_growable_memory' can only work with KIND_GPU model instances right now/,
    ],
    [
      'with growable memory but two buffers',
      { useGrowableMemory: true },
      /In order to 'use_growable_memory', you must also enable 'use_single_buffer'/,
    ],
  ];
  for (const [what, written, message] of cases) {
    it(what, async (t) => {
      const files = { short: floats(1) };
      await assert.rejects(setUp(t, stateConfig(written), files), (error: unknown) => {
        assert.ok(isInferError(error));
        if (typeof message === 'string') assert.equal(error.message, message);
        else assert.match(error.message, message);
        return true;
      });
    });
  }
});
