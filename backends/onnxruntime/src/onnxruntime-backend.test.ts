import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isInferError, type ModelConfig, type Tensor } from '@nereid/core';
import {
  type BackendSubject,
  bytesTensor,
  CollectingLogger,
  describeBackend,
  fakeInputConfig,
  fakeModelConfig,
  fakeOutputConfig,
  fakePluginContext,
  fp32Tensor,
  fp32Values,
  makeTemporaryModel,
  RecordedRequest,
} from '@nereid/testing';
import { type GraphSpec, type ValueSpec, writeOnnx } from './fixtures/onnx-writer.js';
import plugin from './index.js';

const PLACEMENT = {
  name: 'model_0_0',
  kind: 'CPU',
  deviceId: 0,
  threadCount: 1,
  profiles: [],
  hostPolicy: '',
} as const;

const TIMER = { inputEnd() {}, outputStart() {} };

const value = (name: string, dims: ValueSpec['dims'], element: ValueSpec['element'] = 'float') => ({
  name,
  element,
  dims,
});

const ADD_SUB: GraphSpec = {
  nodes: [
    ['Add', ['A', 'B'], ['SUM']],
    ['Sub', ['A', 'B'], ['DIFFERENCE']],
  ],
  inputs: [value('A', ['N', 2]), value('B', ['N', 2])],
  outputs: [value('SUM', ['N', 2]), value('DIFFERENCE', ['N', 2])],
};

const ADD_SUB_CONFIG = fakeModelConfig({
  maxBatchSize: 8,
  input: ['A', 'B'].map((name) => fakeInputConfig({ name, dims: [2] })),
  output: ['SUM', 'DIFFERENCE'].map((name) => fakeOutputConfig({ name, dims: [2] })),
});

/** Writes a model's file and its configuration. */
const layOut = (graph: GraphSpec, config: Partial<ModelConfig> = {}) =>
  makeTemporaryModel(fakeModelConfig(config), { 'model.onnx': writeOnnx(graph) });

const CONTRACT: BackendSubject = {
  plugin,
  model: () => layOut(ADD_SUB, ADD_SUB_CONFIG),
  inputs: (batchSize, seed) => [
    fp32Tensor('A', [batchSize, 2], new Array(batchSize * 2).fill(seed + 0.5)),
    fp32Tensor('B', [batchSize, 2], new Array(batchSize * 2).fill(2)),
  ],
  outputs: ([a, b]) => {
    assert.ok(a && b);
    const pairs = fp32Values(a).map((x, index) => [x, fp32Values(b)[index] ?? 0] as const);
    const sums = pairs.map(([x, y]) => x + y);
    return [
      fp32Tensor('SUM', a.shape, sums),
      fp32Tensor(
        'DIFFERENCE',
        a.shape,
        pairs.map(([x, y]) => x - y),
      ),
    ];
  },
  missingFile: async () => ({
    model: await makeTemporaryModel(ADD_SUB_CONFIG),
    fileName: '1/model.onnx',
  }),
};

describeBackend('onnxruntime', CONTRACT);
describeBackend('onnxruntime on the main thread', {
  ...CONTRACT,
  model: () => {
    const parameters = { execute_inline: { stringValue: '1' } };
    return layOut(ADD_SUB, { ...ADD_SUB_CONFIG, parameters });
  },
});

interface Setup {
  readonly config?: Partial<ModelConfig>;
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
}

/** Loads a model, with what its file says where the configuration says nothing. */
async function serve(graph: GraphSpec, { config: written = {}, files = {} }: Setup = {}) {
  const config = fakeModelConfig(written);
  const temporary = await makeTemporaryModel(config, { 'model.onnx': writeOnnx(graph), ...files });
  try {
    return { ...(await load(temporary.source)), remove: temporary.remove };
  } catch (error) {
    await temporary.remove();
    throw error;
  }
}

async function load(source: Awaited<ReturnType<typeof layOut>>['source']) {
  const logger = new CollectingLogger();
  const backend = plugin.createBackend(fakePluginContext({ logger }));
  const config = (await backend.completeConfig?.(source)) ?? source.config;
  const model = await backend.loadModel({ ...source, config });
  const instance = await model.createInstance(PLACEMENT);
  return { instance, config, logger };
}

type Served = Awaited<ReturnType<typeof serve>>;

async function withModel(
  graph: GraphSpec,
  test: (served: Served) => Promise<void>,
  setup: Setup = {},
): Promise<void> {
  const served = await serve(graph, setup);
  try {
    await test(served);
  } finally {
    await served.instance.close();
    await served.remove();
  }
}

async function infer({ instance }: Pick<Served, 'instance'>, inputs: readonly Tensor[]) {
  const pending = new RecordedRequest({ inputs });
  await instance.execute([pending], TIMER);
  if (pending.error) throw pending.error;
  return pending.responses[0]?.outputs ?? [];
}

describe('a ragged batch', () => {
  const graph: GraphSpec = {
    nodes: [
      ['Identity', ['A'], ['X']],
      ['Identity', ['ITEMS'], ['SHAPES']],
    ],
    inputs: [value('A', ['N']), value('ITEMS', ['M', 1], 'int32')],
    outputs: [value('X', ['N']), value('SHAPES', ['M', 1], 'int32')],
  };
  const config = fakeModelConfig({
    maxBatchSize: 8,
    input: [fakeInputConfig({ name: 'A', dims: [-1], allowRaggedBatch: true })],
    output: [
      fakeOutputConfig({ name: 'X', dims: [-1] }),
      fakeOutputConfig({ name: 'SHAPES', dims: [1], dataType: 'TYPE_INT32' }),
    ],
    batchInput: [
      {
        kind: 'BATCH_ITEM_SHAPE',
        targetName: ['ITEMS'],
        dataType: 'TYPE_INT32',
        sourceInput: ['A'],
      },
    ],
    batchOutput: [
      { targetName: ['X'], kind: 'BATCH_SCATTER_WITH_INPUT_SHAPE', sourceInput: ['A'] },
    ],
  });

  it('reaches the model in one row, with what the batch inputs tell of it', () =>
    withModel(
      graph,
      async ({ instance }) => {
        const batch = [
          [1, 2],
          [3, 4, 5],
        ].map((values) => {
          const inputs = [fp32Tensor('A', [1, values.length], values)];
          return new RecordedRequest({ inputs });
        });
        await instance.execute(batch, TIMER);
        const answers = batch.map(({ responses: [answer] }) => {
          const [x, shapes] = answer?.outputs ?? [];
          return x && shapes && [x.shape, fp32Values(x), shapes.shape, shapes.data[0]];
        });
        assert.deepEqual(answers, [
          [[1, 2], [1, 2], [1, 1], 2],
          [[1, 3], [3, 4, 5], [1, 1], 3],
        ]);
      },
      { config },
    ));

  it('needs a model that takes one row', () =>
    assert.rejects(
      serve(
        { ...graph, inputs: [value('A', ['N', 'M']), value('ITEMS', ['K', 1], 'int32')] },
        { config },
      ),
      isError(
        'INVALID_ARG',
        /provides input with shape \[-1\] for ragged input 'A', model provides/,
      ),
    ));
});

const identity = (element: ValueSpec['element'], dims: ValueSpec['dims'] = ['L']): GraphSpec => ({
  nodes: [['Identity', ['A'], ['X']]],
  inputs: [value('A', dims, element)],
  outputs: [value('X', dims, element)],
});

const isError = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(isInferError(error), String(error));
  assert.match(error.message, message);
  return error.code === code;
};

describe('onnxruntime datatypes', () => {
  const bytes = (...values: readonly number[]) => Uint8Array.from(values);
  const samples = {
    BOOL: ['bool', bytes(1, 0)],
    UINT8: ['uint8', bytes(0, 255)],
    INT8: ['int8', bytes(128, 127)],
    UINT16: ['uint16', bytes(255, 255, 1, 0)],
    INT16: ['int16', bytes(0, 128, 1, 0)],
    UINT32: ['uint32', bytes(255, 255, 255, 255, 1, 0, 0, 0)],
    INT32: ['int32', bytes(0, 0, 0, 128, 1, 0, 0, 0)],
    UINT64: ['uint64', new Uint8Array(16).fill(255)],
    INT64: ['int64', new Uint8Array(16).fill(254)],
    FP16: ['float16', bytes(0, 60, 1, 252)],
    FP32: ['float', new Uint8Array(Float32Array.of(0.1, -3e38).buffer)],
    FP64: ['double', new Uint8Array(Float64Array.of(0.1, -1e300).buffer)],
    BYTES: ['string', bytesTensor('', [2], ['\ufeffé', '']).data],
  } as const satisfies Partial<Record<Tensor['datatype'], readonly [string, Uint8Array]>>;

  for (const [name, [element, data]] of Object.entries(samples)) {
    const datatype = name as keyof typeof samples;
    it(`carries ${name} both ways, and an empty tensor`, () =>
      withModel(identity(element), async (served) => {
        const [output] = await infer(served, [{ name: 'A', datatype, shape: [2], data }]);
        assert.deepEqual(output, { name: 'X', datatype, shape: [2], data: Uint8Array.from(data) });
        const none = { name: 'A', datatype, shape: [0], data: new Uint8Array(0) };
        assert.deepEqual(await infer(served, [none]), [{ ...none, name: 'X' }]);
      }));
  }

  it('refuses strings that onnxruntime-node would change', () =>
    withModel(identity('string'), async (served) => {
      for (const element of [Uint8Array.of(0xff, 0), Uint8Array.of(0x61, 0xc3)]) {
        const inputs = [bytesTensor('A', [2], ['fine', element])];
        await assert.rejects(
          infer(served, inputs),
          isError('INVALID_ARG', /^element 1 of input 'A' is not UTF-8 text/),
        );
      }
    }));

  it('ends strings at a NUL, as Triton does', () =>
    withModel(identity('string'), async (served) => {
      const elements = [Uint8Array.of(0x61, 0, 0xff), Uint8Array.of(0, 0xff)];
      const [output] = await infer(served, [bytesTensor('A', [2], elements)]);
      assert.deepEqual(output, bytesTensor('X', [2], ['a', '']));
    }));

  it('names the tensor and the type that it cannot carry', async () => {
    await assert.rejects(
      serve(identity('bfloat16')),
      isError('UNSUPPORTED', /model\.onnx has tensor 'A' of type tensor\(bfloat16\) that onnxrunt/),
    );
    const sequence: GraphSpec = {
      nodes: [['SequenceConstruct', ['A'], ['S']]],
      inputs: [value('A', [2])],
      outputs: [{ ...value('S', [2]), sequence: true }],
    };
    await assert.rejects(
      serve(sequence),
      isError('UNSUPPORTED', /tensor 'S' of type seq\(tensor\(float\)\)/),
    );
  });
});

describe('onnxruntime shapes', () => {
  it('completes a batching model from its file', () =>
    withModel(ADD_SUB, async ({ config }) => {
      assert.equal(config.maxBatchSize, 4);
      assert.deepEqual(
        [...config.input, ...config.output].map(({ dataType, dims }) => [dataType, dims]),
        new Array(4).fill(['TYPE_FP32', [2]]),
      );
    }));

  it('serves a model without a batch dimension', () =>
    withModel(identity('float', [2, 'M']), async (served) => {
      assert.equal(served.config.maxBatchSize, 0);
      assert.deepEqual(served.config.input[0]?.dims, [2, -1]);
      const outputs = await infer(served, [fp32Tensor('A', [2, 1], [1, 2])]);
      assert.deepEqual(outputs.map(fp32Values), [[1, 2]]);
    }));

  it('serves scalars as tensors of one element', () =>
    withModel(identity('float', []), async (served) => {
      assert.deepEqual(served.config.input[0]?.dims, [1]);
      const [output] = await infer(served, [fp32Tensor('A', [1], [7])]);
      assert.deepEqual([output?.shape, output && fp32Values(output)], [[1], [7]]);
    }));

  it('fails a request whose shape the model refuses, and serves the next', () =>
    withModel(identity('float', [2, 'M']), async (served) => {
      await assert.rejects(
        infer(served, [fp32Tensor('A', [3, 1], [1, 2, 3])]),
        isError('INTERNAL', /^onnx runtime error: Got invalid dimensions for input: A/),
      );
      assert.equal((await infer(served, [fp32Tensor('A', [2, 0], [])])).length, 1);
      assert.equal((await infer(served, [fp32Tensor('A', [2, 1], [1, 2])])).length, 1);
    }));

  it('returns the state of a sequence even if it is not requested', async () => {
    const dims = ['N', 1] as const;
    const graph: GraphSpec = {
      nodes: [
        ['Add', ['A', 'ISTATE'], ['OSTATE']],
        ['Mul', ['OSTATE', 'START'], ['X']],
      ],
      inputs: [value('A', dims), value('ISTATE', dims), value('START', dims)],
      outputs: [value('X', dims), value('OSTATE', dims)],
    };
    const control = [
      {
        kind: 'CONTROL_SEQUENCE_START',
        int32FalseTrue: [],
        fp32FalseTrue: [0, 1],
        boolFalseTrue: [],
        dataType: 'TYPE_INVALID',
      },
    ] as const;
    const state = {
      inputName: 'ISTATE',
      outputName: 'OSTATE',
      dataType: 'TYPE_FP32',
      dims: [1],
      initialState: [],
      useSameBufferForInputOutput: false,
      useGrowableMemory: false,
    } as const;
    const config = {
      maxBatchSize: 8,
      input: [fakeInputConfig({ name: 'A' })],
      output: [fakeOutputConfig({ name: 'X' })],
      sequenceBatching: {
        direct: undefined,
        oldest: undefined,
        maxSequenceIdleMicroseconds: 0,
        controlInput: [{ name: 'START', control }],
        state: [state],
        iterativeSequence: false,
      },
    };
    await withModel(
      graph,
      async ({ instance }) => {
        const requestedOutputs = [{ name: 'X', classificationCount: 0 }];
        const inputs = ['A', 'ISTATE', 'START'].map((name) => fp32Tensor(name, [1, 1], [2]));
        const pending = new RecordedRequest({ inputs, requestedOutputs });
        await instance.execute([pending], TIMER);
        const [response] = pending.responses;
        assert.deepEqual(
          response?.outputs.map((output) => [output.name, fp32Values(output)]),
          [
            ['X', [8]],
            ['OSTATE', [4]],
          ],
        );
      },
      { config },
    );
  });
});

describe('onnxruntime model file', () => {
  for (const [what, content, message] of [
    [
      'text',
      'not a model',
      /onnx runtime error 7: Load model from .*1\/model\.onnx failed:Protobuf pa/,
    ],
    ['empty', '', /onnx runtime error: Load model from .*1\/model\.onnx failed:/],
    ['truncated', writeOnnx(ADD_SUB).subarray(0, 60), /Load model from .*1\/model\.onnx failed:/],
  ] as const) {
    it(`is named with the cause when it is ${what}`, () =>
      assert.rejects(
        serve(ADD_SUB, { files: { 'model.onnx': content } }),
        isError('INTERNAL', message),
      ));
  }

  it('is named when its graph is not valid', () =>
    assert.rejects(
      serve({ ...identity('float'), nodes: [['NoSuchOperator', ['A'], ['X']]] }),
      isError('INTERNAL', /onnx runtime error.*1\/model\.onnx.*NoSuchOperator/),
    ));

  it('may lie in a folder of its name', async () => {
    const { source, remove } = await makeTemporaryModel(fakeModelConfig());
    await mkdir(join(source.versionDirectory, 'model.onnx'));
    await writeFile(join(source.versionDirectory, 'model.onnx/model.onnx'), writeOnnx(ADD_SUB));
    const served = await load(source);
    const inputs = ['A', 'B'].map((name) => fp32Tensor(name, [1, 2], [1, 2]));
    assert.deepEqual((await infer(served, inputs)).map(fp32Values), [
      [2, 4],
      [0, 0],
    ]);
    await served.instance.close();
    await remove();
  });

  it('may have another name, and weights in a file next to it', async () => {
    const graph: GraphSpec = {
      nodes: [['Add', ['A', 'W'], ['X']]],
      inputs: [value('A', ['N', 2])],
      outputs: [value('X', ['N', 2])],
      weights: [{ name: 'W', dims: [2], values: { location: 'weights.bin' } }],
    };
    const weights = new Uint8Array(Float32Array.of(10, 20).buffer);
    const layout = await makeTemporaryModel(
      fakeModelConfig({ defaultModelFilename: 'other.onnx' }),
      { 'other.onnx': writeOnnx(graph), 'weights.bin': weights },
    );
    const served = await load(layout.source);
    const outputs = await infer(served, [fp32Tensor('A', [1, 2], [1, 2])]);
    assert.deepEqual(outputs.map(fp32Values), [[11, 22]]);
    await served.instance.close();
    await rename(
      join(layout.source.versionDirectory, 'weights.bin'),
      join(layout.source.versionDirectory, 'elsewhere.bin'),
    );
    await assert.rejects(load(layout.source), isError('INTERNAL', /other\.onnx.*weights\.bin/s));
    await layout.remove();
  });
});

describe('onnxruntime instance', () => {
  it('is not made on a GPU', async () => {
    const { source, remove } = await layOut(ADD_SUB, ADD_SUB_CONFIG);
    const model = await plugin.createBackend(fakePluginContext()).loadModel(source);
    await assert.rejects(
      model.createInstance({ ...PLACEMENT, kind: 'GPU' }),
      isError('UNSUPPORTED', /runs models on the CPU only/),
    );
    await remove();
  });

  it('refuses a configuration that does not fit the model', async () => {
    const input = [fakeInputConfig({ name: 'A', dims: [2] })];
    await assert.rejects(
      serve(ADD_SUB, { config: { ...ADD_SUB_CONFIG, input } }),
      isError(
        'INVALID_ARG',
        /^unable to load model 'model', configuration expects 1 inputs, model p/,
      ),
    );
  });

  it('passes session configuration entries on', () =>
    assert.rejects(
      serve(ADD_SUB, {
        config: {
          ...ADD_SUB_CONFIG,
          parameters: { 'session.load_model_format': { stringValue: 'ORT' } },
        },
      }),
      isError('INTERNAL', /ORT model verification failed/),
    ));

  it('warns of a parameter without effect', async () => {
    const parameters = { no_such_parameter: { stringValue: '1' } };
    await withModel(
      ADD_SUB,
      async ({ logger }) =>
        assert.deepEqual(logger.messages('warn'), [
          "model 'model': parameter no_such_parameter has no effect",
        ]),
      { config: { ...ADD_SUB_CONFIG, parameters } },
    );
  });

  it('loads large weights without keeping the event loop from turning', async () => {
    const size = 3000;
    const graph: GraphSpec = {
      nodes: [['MatMul', ['A', 'W'], ['X']]],
      inputs: [value('A', ['N', size])],
      outputs: [value('X', ['N', size])],
      weights: [{ name: 'W', dims: [size, size], values: new Array(size * size).fill(1) }],
    };
    const { source, remove } = await layOut(graph);
    const row = new Array(size).fill(1);
    const round = async () => {
      let last = performance.now();
      let longestMs = 0;
      const watch = setInterval(() => {
        longestMs = Math.max(longestMs, performance.now() - last);
        last = performance.now();
      }, 1);
      const served = await load(source);
      const [output] = await infer(served, [fp32Tensor('A', [1, size], row)]);
      clearInterval(watch);
      assert.equal(output && fp32Values(output)[0], size);
      await served.instance.close();
      return longestMs;
    };
    // Other work on the machine delays single rounds; a load on this thread would stall them all.
    const stallsMs = [await round(), await round(), await round()];
    assert.ok(Math.min(...stallsMs) < 100, `stalled for ${stallsMs} ms`);
    await remove();
  });

  it('can be made and closed fifty times, several at a time', async () => {
    const { source, remove } = await layOut(ADD_SUB, ADD_SUB_CONFIG);
    const model = await plugin.createBackend(fakePluginContext()).loadModel(source);
    for (let round = 0; round < 10; round++) {
      const names = ['a', 'b', 'c', 'd', 'e'];
      const instances = await Promise.all(
        names.map((name) => model.createInstance({ ...PLACEMENT, name })),
      );
      const inputs = ['A', 'B'].map((name) => fp32Tensor(name, [1, 2], [1, 2]));
      for (const instance of instances) assert.equal((await infer({ instance }, inputs)).length, 2);
      await Promise.all(instances.map((instance) => instance.close()));
    }
    await remove();
  });

  it('does not disturb the end of the process', async () => {
    const script = fileURLToPath(new URL('./fixtures/exit-with-session.js', import.meta.url));
    for (let round = 0; round < 3; round++) {
      await promisify(execFile)(process.execPath, [script]);
    }
  });
});

const RELU: GraphSpec = {
  nodes: [['Relu', ['A'], ['X']]],
  inputs: [value('A', ['N', 2])],
  outputs: [value('X', ['N', 2])],
};

const dynamicBatchingConfig = () => ({
  preferredBatchSize: [],
  maxQueueDelayMicroseconds: 0,
  preserveOrdering: false,
  priorityLevels: 0,
  defaultPriorityLevel: 0,
  defaultQueuePolicy: undefined,
  priorityQueuePolicy: {},
});

const executeInline = (stringValue: string): Setup => ({
  config: { parameters: { execute_inline: { stringValue } } },
});

/** True when the request was answered before `execute` returned. */
async function isAnsweredAtOnce({ instance }: Served, inputs: readonly Tensor[]) {
  const pending = new RecordedRequest({ inputs, batchSize: inputs[0]?.shape[0] ?? 1 });
  const execution = instance.execute([pending], TIMER);
  const atOnce = pending.responses.length === 1;
  await execution;
  assert.deepEqual(pending.error, undefined);
  return atOnce;
}

describe('execution on the main thread', () => {
  it('begins when a shape has proved to be fast, for that shape only', () =>
    withModel(RELU, async (served) => {
      const small = [fp32Tensor('A', [1, 2], [-1, 2])];
      const isFast = async () => isAnsweredAtOnce(served, small);
      assert.equal(await isFast(), false);
      // As often as it takes on a machine that is busy with something else.
      for (let tries = 0; !(await isFast()); tries++) assert.ok(tries < 20_000);
      const large = [fp32Tensor('A', [64, 2], new Array(128).fill(1))];
      assert.equal(await isAnsweredAtOnce(served, large), false);
      assert.deepEqual((await infer(served, small)).map(fp32Values), [[0, 2]]);
    }));

  it('is what execute_inline 1 asks for', () =>
    withModel(
      RELU,
      async (served) => {
        assert.equal(await isAnsweredAtOnce(served, [fp32Tensor('A', [1, 2], [1, 2])]), true);
      },
      executeInline('1'),
    ));

  it('never happens with execute_inline 0', () =>
    withModel(
      RELU,
      async (served) => {
        for (let count = 0; count < 100; count++) {
          const inputs = [fp32Tensor('A', [1, 2], [1, 2])];
          assert.equal(await isAnsweredAtOnce(served, inputs), false);
        }
      },
      executeInline('0'),
    ));

  it('joins and splits a batch', () =>
    withModel(
      ADD_SUB,
      async ({ instance }) => {
        const batch = [1, 2].map((seed) => {
          const inputs = ['A', 'B'].map((name) => fp32Tensor(name, [1, 2], [seed, seed * 10]));
          return new RecordedRequest({ inputs });
        });
        await instance.execute(batch, TIMER);
        const answers = batch.map(({ responses: [answer] }) => answer?.outputs.map(fp32Values));
        assert.deepEqual(answers, [
          [
            [2, 20],
            [0, 0],
          ],
          [
            [4, 40],
            [0, 0],
          ],
        ]);
      },
      { config: { ...ADD_SUB_CONFIG, ...executeInline('1').config } },
    ));

  it('makes a batch of what arrives with a request, where there is a batcher', async () => {
    const done = { ...ADD_SUB_CONFIG, ...executeInline('1').config };
    for (const dynamicBatching of [undefined, dynamicBatchingConfig()]) {
      await withModel(
        ADD_SUB,
        async ({ instance }) => {
          const inputs = ['A', 'B'].map((name) => fp32Tensor(name, [1, 2], [1, 2]));
          const pending = new RecordedRequest({ inputs });
          const execution = instance.execute([pending], TIMER);
          assert.equal(pending.responses.length, 1);
          assert.equal(execution === undefined, dynamicBatching === undefined);
          await execution;
        },
        { config: { ...done, dynamicBatching } },
      );
    }
  });

  it('takes data that begins anywhere in memory', () =>
    withModel(
      RELU,
      async (served) => {
        const { shape, datatype, data } = fp32Tensor('A', [1, 2], [3, -4]);
        const body = new Uint8Array(data.length + 1);
        body.set(data, 1);
        const input = { name: 'A', shape, datatype, data: body.subarray(1) };
        assert.deepEqual((await infer(served, [input])).map(fp32Values), [[3, 0]]);
      },
      executeInline('1'),
    ));

  it('fails with the words of ONNX Runtime, and goes on', () =>
    withModel(
      { ...RELU, inputs: [value('A', ['N', 3])] },
      async (served) => {
        const wrong = [fp32Tensor('A', [1, 2], [1, 2])];
        await assert.rejects(infer(served, wrong), /onnx runtime error: .*invalid dimensions/);
        const right = [fp32Tensor('A', [1, 3], [-1, 2, 3])];
        assert.deepEqual((await infer(served, right)).map(fp32Values), [[0, 2, 3]]);
      },
      executeInline('1'),
    ));

  it('leaves an instance that is bound to cores on its thread', async () => {
    const temporary = await layOut(RELU, executeInline('1').config);
    const backend = plugin.createBackend(fakePluginContext({ logger: new CollectingLogger() }));
    const config = (await backend.completeConfig?.(temporary.source)) ?? temporary.source.config;
    const model = await backend.loadModel({ ...temporary.source, config });
    const instance = await model.createInstance({ ...PLACEMENT, cpuCores: [0] });
    const served = { instance, config, logger: new CollectingLogger(), remove: temporary.remove };
    assert.equal(await isAnsweredAtOnce(served, [fp32Tensor('A', [1, 2], [1, 2])]), false);
    await instance.close();
    await model.close();
    await temporary.remove();
  });
});
