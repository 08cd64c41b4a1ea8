import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CancelSource,
  InferError,
  isInferError,
  type ModelConfig,
  type ModelSequenceBatching,
} from '@nereid/core';
import {
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
  type RecordedRequestOptions,
} from '@nereid/testing';
import plugin from './index.js';

const DOUBLING = `
export function execute(requests) {
  return requests.map((request) => {
    const { data, shape } = request.inputs.A;
    return { outputs: { X: { shape, data: data.map((value) => value * 2) }, S: request.inputs.S } };
  });
}`;

const CONFIG = fakeModelConfig({
  maxBatchSize: 8,
  input: [
    fakeInputConfig({ name: 'A', dims: [2] }),
    fakeInputConfig({ name: 'S', dataType: 'TYPE_STRING' }),
  ],
  output: [
    fakeOutputConfig({ name: 'X', dims: [2] }),
    fakeOutputConfig({ name: 'S', dataType: 'TYPE_STRING' }),
  ],
});

const PLACEMENT = {
  name: 'model_0_0',
  kind: 'CPU',
  deviceId: 0,
  threadCount: 1,
  profiles: [],
  hostPolicy: '',
} as const;

const TIMER = { inputEnd() {}, outputStart() {} };

describeBackend('javascript', {
  plugin,
  model: () => makeTemporaryModel(CONFIG, { 'model.js': DOUBLING }),
  inputs: (batchSize, seed) => [
    fp32Tensor('A', [batchSize, 2], new Array(batchSize * 2).fill(seed + 0.5)),
    bytesTensor('S', [batchSize, 1], new Array(batchSize).fill(`text ${seed}`)),
  ],
  outputs: ([a, s]) => {
    assert.ok(a && s);
    return [
      fp32Tensor(
        'X',
        a.shape,
        fp32Values(a).map((value) => value * 2),
      ),
      s,
    ];
  },
  missingFile: async () => ({ model: await makeTemporaryModel(CONFIG), fileName: '1/model.js' }),
});

interface Setup {
  readonly files?: Readonly<Record<string, string>>;
  readonly config?: Partial<ModelConfig>;
  readonly settings?: ReadonlyMap<string, string>;
}

/** Serves a model that is given as the text of its file. */
async function serve(code: string, { files = {}, config = {}, settings = new Map() }: Setup = {}) {
  const temporary = await makeTemporaryModel(
    { ...CONFIG, ...config },
    Object.keys(files).length > 0 ? files : { 'model.js': code },
  );
  const logger = new CollectingLogger();
  const backend = plugin.createBackend(fakePluginContext({ logger, settings }));
  try {
    const model = await backend.loadModel(temporary.source);
    const instance = await model.createInstance(PLACEMENT);
    return {
      instance,
      logger,
      async run(options: RecordedRequestOptions = {}) {
        const pending = new RecordedRequest({ inputs: [input(1, 2)], ...options });
        await instance.execute([pending], TIMER);
        return pending;
      },
      async [Symbol.asyncDispose]() {
        await instance.close();
        await temporary.remove();
      },
    };
  } catch (error) {
    await temporary.remove();
    throw error;
  }
}

type Served = Awaited<ReturnType<typeof serve>>;

async function withModel(
  code: string,
  test: (served: Served) => Promise<void>,
  setup: Setup = {},
): Promise<void> {
  const served = await serve(code, setup);
  await test(served).finally(() => served[Symbol.asyncDispose]());
}

const input = (...values: readonly number[]) => fp32Tensor('A', [1, values.length], values);

/**
 * A model that answers with the JSON text of `expression`, in which `request` and `args` can be
 * used.
 */
const telling = (expression: string) => `
let args;
export function initialize(given) { args = given; }
export function execute([request]) {
  const text = JSON.stringify(${expression}, (key, value) =>
    typeof value === 'bigint' ? value + 'n' : value);
  return [{ outputs: { S: { shape: [1, 1], data: [text] } } }];
}`;

function told(pending: RecordedRequest): unknown {
  assert.equal(pending.error, undefined);
  const data = pending.responses[0]?.outputs[0]?.data;
  return JSON.parse(Buffer.from(data ?? []).toString('utf8', 4));
}

function hasError(code: string, message: RegExp) {
  return (error: unknown) => {
    assert.ok(isInferError(error));
    assert.match(error.message, message);
    return error.code === code;
  };
}

describe('javascript model file', () => {
  it('may be TypeScript, and import its neighbours', () =>
    withModel(
      '',
      async ({ run }) => {
        const pending = await run();
        assert.equal(pending.error, undefined);
        assert.deepEqual(
          pending.responses.flatMap((r) => r.outputs.map(fp32Values)),
          [[11, 12]],
        );
      },
      {
        files: {
          'model.ts': `
            import type { ModelRequest } from '@nereid/backend-javascript';
            import { OFFSET } from './offset.ts';
            export async function execute(requests: readonly ModelRequest[]) {
              return requests.map(({ inputs }) => {
                const values = inputs['A']!.data as Float32Array;
                const data = values.map((value: number) => value + OFFSET);
                return { outputs: [{ shape: inputs['A']!.shape, data }] };
              });
            }`,
          'offset.ts': 'export const OFFSET: number = 10;',
        },
      },
    ));

  it('may have another name', () =>
    withModel('', async ({ run }) => void told(await run()), {
      files: { 'other.mjs': telling('1') },
      config: { defaultModelFilename: 'other.mjs' },
    }));

  it('is named by the error for a syntax error', async () => {
    await assert.rejects(
      serve('export function execute( {'),
      hasError('INTERNAL', /cannot load the model file .*1\/model\.js: SyntaxError/),
    );
    await assert.rejects(
      serve('', { files: { 'model.ts': '\n\nenum Kind { A }' } }),
      hasError('INTERNAL', /model\.ts:3: TypeScript enum is not supported/),
    );
  });

  it('must export execute', () =>
    assert.rejects(
      serve('export const initialize = () => {};'),
      hasError('INTERNAL', /model\.js must export a function 'execute'/),
    ));

  it('is read anew at each load', async () => {
    await withModel(telling('"first"'), async ({ run }) =>
      assert.equal(told(await run()), 'first'),
    );
    await withModel(telling('"next"'), async ({ run }) => assert.equal(told(await run()), 'next'));
  });
});

describe('javascript model', () => {
  it('learns which instance it is, and its parameters', () =>
    withModel(
      telling('[args.modelName, args.modelVersion, args.instanceName, args.parameters]'),
      async ({ run }) =>
        assert.deepEqual(told(await run()), ['model', 1, 'model_0_0', { depth: '3' }]),
      { config: { parameters: { depth: { stringValue: '3' } } } },
    ));

  it('sees everything about a request', () =>
    withModel(
      telling(
        '[request.id, request.parameters, request.sequence, request.priority, request.timeoutUs, ' +
          'request.batchSize, request.requestedOutputs, request.inputs.A.shape]',
      ),
      async ({ run }) => {
        const pending = await run({
          id: 'r1',
          parameters: new Map<string, string | bigint>([
            ['mode', 'fast'],
            ['count', 7n],
          ]),
          sequence: { correlationId: 9n, start: true, end: false },
          priority: 2,
          timeoutUs: 300,
          requestedOutputs: [{ name: 'S', classificationCount: 0 }],
        });
        const sequence = { correlationId: '9n', start: true, end: false };
        const parameters = { mode: 'fast', count: '7n' };
        assert.deepEqual(told(pending), ['r1', parameters, sequence, 2, 300, 1, ['S'], [1, 2]]);
      },
    ));

  it('answers with parameters', () =>
    withModel(
      `export const execute = () => [{ outputs: {}, parameters: { score: 0.5, label: 'a' } }];`,
      async ({ run }) => {
        const [response] = (await run()).responses;
        assert.deepEqual(
          [...(response?.parameters ?? [])],
          [
            ['score', 0.5],
            ['label', 'a'],
          ],
        );
      },
    ));

  it('may return what it received, and keep what it returned', () =>
    withModel(
      `let kept;
       export const execute = ([{ inputs }]) => {
         kept ??= inputs.A.data;
         return [{ outputs: [{ shape: [1, 2], data: kept }] }];
       };`,
      async ({ run }) => {
        for (const inputs of [[input(1, 2)], [input(3, 4)]]) {
          const pending = await run({ inputs });
          assert.deepEqual(
            pending.responses.flatMap((r) => r.outputs.map(fp32Values)),
            [[1, 2]],
          );
        }
      },
    ));

  it('writes to the log of the server', () =>
    withModel(
      `export const execute = () => { console.log('seen'); return [{ outputs: {} }]; };`,
      async ({ run, logger }) => {
        await run();
        assert.deepEqual(logger.messages('info'), ['seen']);
        assert.equal(logger.lines.find(({ message }) => message === 'seen')?.component, 'model');
      },
    ));

  it('is told that its instance closes', async () => {
    const served = await serve(
      `export const execute = () => [];
       export async function finalize() { console.log('goodbye'); }`,
    );
    await served[Symbol.asyncDispose]();
    assert.deepEqual(served.logger.messages('info'), ['goodbye']);
  });

  it('sees that a request is cancelled while it waits', () =>
    withModel(
      `export async function execute([request]) {
         if (!request.signal.aborted) {
           await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
         }
         return [new Error('stopped')];
       }`,
      async ({ run }) => {
        const signal = new CancelSource();
        setTimeout(() => signal.cancel(), 20);
        assert.equal((await run({ signal })).error?.message, 'stopped');
        assert.equal((await run({ signal })).error?.message, 'stopped');
      },
    ));
});

describe('javascript model that fails', () => {
  it('fails the load with what initialize throws', () =>
    assert.rejects(
      serve(`export function execute() {} export function initialize() { throw new Error('no'); }`),
      hasError('INTERNAL', /^no$/),
    ));

  it('fails the load when it exits or takes too long', async () => {
    await assert.rejects(
      serve('process.exit(4); export function execute() {}'),
      hasError('INTERNAL', /thread of model instance 'model_0_0' exited with code 4/),
    );
    await assert.rejects(
      serve('while (true); export function execute() {}', {
        settings: new Map([['start-timeout-seconds', '0.3']]),
      }),
      hasError('INTERNAL', /did not start within 0.3 seconds/),
    );
  });

  it('fails one request of a batch without touching the others', () =>
    withModel(
      `export const execute = (requests) => requests.map(({ id }) =>
         id === 'bad'
           ? Object.assign(new Error('bad id'), { code: 'INVALID_ARG' })
           : { outputs: {} });`,
      async ({ instance }) => {
        const batch = ['a', 'bad', 'b'].map((id) => new RecordedRequest({ id }));
        await instance.execute(batch, TIMER);
        const errors = batch.map(({ error }) => error && [error.code, error.message]);
        assert.deepEqual(errors, [undefined, ['INVALID_ARG', 'bad id'], undefined]);
      },
    ));

  it('fails the whole batch when execute throws, and serves the next', () =>
    withModel(
      `let count = 0;
       export function execute() {
         if (count++ === 0) throw new TypeError('confused');
         return [{ outputs: {} }];
       }`,
      async ({ run }) => {
        const { error } = await run();
        assert.equal(
          error?.message,
          "Failed to process the request(s) for model 'model_0_0', message: TypeError: confused",
        );
        assert.equal((await run()).error, undefined);
      },
    ));

  for (const [what, code, message] of [
    ['the wrong number of answers', '[]', /must return an array of 1 answers, got 0 answers/],
    ['nothing', 'undefined', /must return an array of 1 answers, got undefined/],
    ['an answer without outputs', '[{}]', /neither outputs nor an error/],
    ['an unknown output', '[{ outputs: { Z: { shape: [1], data: [1] } } }]', /the output 'Z'; its/],
    [
      'data that does not fill the shape',
      '[{ outputs: { X: { shape: [3], data: [1] } } }]',
      /1 elem/,
    ],
    [
      'an array of another datatype',
      '[{ outputs: { X: { shape: [1], data: Int32Array.of(1) } } }]',
      /'X' of the model has the datatype FP32; expected Float32Array, got Int32Array/,
    ],
    ['no shape', '[{ outputs: { X: { data: [1] } } }]', /'X' of the model has the shape undefined/],
    [
      'a number for BYTES',
      '[{ outputs: { S: { shape: [1], data: [1] } } }]',
      /expected an array of s/,
    ],
  ] as const) {
    it(`fails the request when execute returns ${what}`, () =>
      withModel(`export const execute = () => (${code});`, async ({ run }) => {
        const { error, finished, violations } = await run();
        assert.ok(finished);
        assert.deepEqual(violations, []);
        assert.match(error?.message ?? '', message);
      }));
  }

  it('fails only the requests it holds when it dies, and is restarted', () =>
    withModel(
      `export async function execute([{ id }]) {
         if (id === 'exit') process.exit(9);
         if (id === 'crash') {
           setImmediate(() => { throw new Error('gone'); });
           await new Promise(() => {});
         }
         return [{ outputs: {} }];
       }`,
      async ({ run, instance }) => {
        assert.match((await run({ id: 'exit' })).error?.message ?? '', /exited with code 9/);
        assert.equal(instance.ready, true);
        assert.match((await run({ id: 'crash' })).error?.message ?? '', /failed: Error: gone/);
        assert.equal((await run({ id: 'fine' })).error, undefined);
      },
    ));

  it('refuses a start timeout that is not one', () => {
    const settings = new Map([['start-timeout-seconds', 'soon']]);
    assert.throws(() => plugin.createBackend(fakePluginContext({ settings })), InferError);
  });
});

const DECOUPLED = { config: { modelTransactionPolicy: { decoupled: true } } };

describe('decoupled javascript model', () => {
  it('sends any number of responses, also after execute has returned', () =>
    withModel(
      `export function execute(requests) {
         for (const request of requests) void answer(request);
       }
       async function answer(request) {
         for (let i = 0; i < 3; i++) {
           await request.send({ outputs: { X: { shape: [1, 1], data: [i] } }, parameters: { i } });
         }
         request.end();
       }`,
      async ({ instance }) => {
        const batch = [new RecordedRequest(), new RecordedRequest()];
        await instance.execute(batch, TIMER);
        for (const pending of batch) {
          assert.equal(await pending.ended, undefined);
          const values = pending.responses.flatMap(({ outputs }) => outputs.map(fp32Values));
          assert.deepEqual(values, [[0], [1], [2]]);
          assert.deepEqual(pending.violations, []);
        }
      },
      DECOUPLED,
    ));

  it('waits for a slow client', () =>
    withModel(
      `export async function execute([request]) {
         const started = performance.now();
         await request.send({ outputs: {} });
         const waited = performance.now() - started;
         await request.send({ outputs: { X: { shape: [1, 1], data: [waited] } } });
         request.end();
       }`,
      async ({ run }) => {
        const whenResponse = () => new Promise<void>((resolve) => setTimeout(resolve, 50));
        const pending = await run({ whenResponse });
        await pending.ended;
        const [waited = 0] = pending.responses[1]?.outputs.flatMap(fp32Values) ?? [];
        assert.ok(waited >= 40, `waited ${waited} ms`);
      },
      DECOUPLED,
    ));

  it('may fail a request after some responses', () =>
    withModel(
      `export async function execute([request]) {
         await request.send({ outputs: {} });
         request.end(new Error('that is all'));
       }`,
      async ({ run }) => {
        const pending = await run();
        assert.equal((await pending.ended)?.message, 'that is all');
        assert.equal(pending.responses.length, 1);
      },
      DECOUPLED,
    ));

  it('cannot send after the end', () =>
    withModel(
      `export async function execute([request]) {
         request.end();
         try { await request.send({ outputs: {} }); } catch (error) { console.log(error.message); }
       }`,
      async ({ run, logger }) => {
        const pending = await run();
        await pending.ended;
        assert.deepEqual(logger.messages('info'), ['send() after the request has ended']);
        assert.deepEqual(pending.violations, []);
      },
      DECOUPLED,
    ));

  it('leaves no request unanswered when it dies or is closed', async () => {
    const code = `export function execute([{ id }]) {
      if (id === 'die') setTimeout(() => process.exit(1), 20);
    }`;
    const served = await serve(code, DECOUPLED);
    const dying = await served.run({ id: 'die' });
    assert.match((await dying.ended)?.message ?? '', /exited with code 1/);
    const forgotten = await served.run();
    assert.equal(forgotten.finished, false);
    await served[Symbol.asyncDispose]();
    assert.equal(forgotten.error?.code, 'UNAVAILABLE');
  });

  it('is the only kind that can send', () =>
    withModel(
      `export const execute = ([request]) => { request.send({ outputs: {} }); };`,
      async ({ run }) =>
        assert.match((await run()).error?.message ?? '', /send\(\) is for models with a decoupled/),
    ));
});

const BATCHING: ModelSequenceBatching = {
  direct: undefined,
  oldest: undefined,
  maxSequenceIdleMicroseconds: 1e6,
  controlInput: [],
  state: [],
  iterativeSequence: false,
};

describe('javascript model with sequences', () => {
  it('answers with its implicit states, too', () => {
    const state = {
      inputName: 'IN',
      outputName: 'OUT',
      dataType: 'TYPE_INT32',
      dims: [1],
      initialState: [],
      useSameBufferForInputOutput: false,
      useGrowableMemory: false,
    } as const;
    return withModel(
      'export const execute = () => [{ outputs: { OUT: { shape: [1, 1], data: [5] } } }];',
      async ({ run }) => {
        const [response] = (await run()).responses;
        assert.deepEqual(
          response?.outputs.map(({ name, datatype, data }) => [name, datatype, [...data]]),
          [['OUT', 'INT32', [5, 0, 0, 0]]],
        );
      },
      { config: { sequenceBatching: { ...BATCHING, state: [state] } } },
    );
  });

  const ITERATIVE: ModelSequenceBatching = { ...BATCHING, iterativeSequence: true };

  for (const decoupled of [false, true]) {
    const kind = decoupled ? 'decoupled, ' : '';
    it(`${kind}asks for another execution in place of an answer`, () =>
      withModel(
        `export function execute(requests) {
           return requests.map((request) => {
             if (request.inputs.A.data[0] > 1) return request.reschedule();
             const answer = { outputs: { X: { shape: [1, 2], data: [7, 7] } } };
             if (!${decoupled}) return answer;
             void request.send(answer);
             request.end();
           });
         }`,
        async ({ instance }) => {
          let rescheduledCount = 0;
          const again = new RecordedRequest({ inputs: [input(2, 2)] });
          const reschedule = () => {
            rescheduledCount += 1;
            again.finish = () => {};
          };
          const answered = new RecordedRequest({ inputs: [input(1, 1)] });
          await instance.execute([Object.assign(again, { reschedule }), answered], TIMER);
          assert.equal(await answered.ended, undefined);
          assert.deepEqual([answered.responses.length, again.responses.length], [1, 0]);
          assert.equal(rescheduledCount, 1);
        },
        {
          config: {
            sequenceBatching: ITERATIVE,
            modelTransactionPolicy: { decoupled },
          },
        },
      ));
  }

  it('can ask for another execution only if its sequences are iterative', () =>
    withModel(
      'export const execute = ([request]) => [request.reschedule()];',
      async ({ run }) =>
        assert.match(
          (await run()).error?.message ?? '',
          /reschedule\(\) is for models with an iterative sequence only/,
        ),
      { config: { sequenceBatching: BATCHING } },
    ));
});

describe('autoCompleteConfig', () => {
  const complete = async (code: string, written: Partial<ModelConfig> = {}) => {
    const temporary = await makeTemporaryModel(fakeModelConfig(written), { 'model.js': code });
    const backend = plugin.createBackend(fakePluginContext());
    try {
      return await backend.completeConfig?.(temporary.source);
    } finally {
      await temporary.remove();
    }
  };
  const COMPLETING = `export function execute() {}
    export const autoCompleteConfig = (config) => ({
      maxBatchSize: 8,
      inputs: [{ name: 'A', datatype: 'FP32', dims: [-1] }],
      outputs: [{ name: 'X', datatype: 'BYTES', dims: [1] }],
      dynamicBatching: true,
      decoupled: true,
    });`;

  it('adds what is not written', async () => {
    const config = await complete(COMPLETING);
    assert.equal(config?.maxBatchSize, 8);
    assert.deepEqual(config.input, [fakeInputConfig({ name: 'A', dims: [-1] })]);
    assert.deepEqual(config.output, [fakeOutputConfig({ name: 'X', dataType: 'TYPE_STRING' })]);
    assert.equal(config.dynamicBatching?.maxQueueDelayMicroseconds, 0);
    assert.deepEqual(config.modelTransactionPolicy, { decoupled: true });
  });

  it('keeps what is written', async () => {
    const input = [fakeInputConfig({ name: 'A', dims: [-1], optional: true })];
    const config = await complete(COMPLETING, { maxBatchSize: 2, input });
    assert.equal(config?.maxBatchSize, 2);
    assert.deepEqual(config.input, input);
  });

  it('refuses a configuration that contradicts it', async () => {
    await assert.rejects(
      complete(COMPLETING, { input: [fakeInputConfig({ name: 'A', dataType: 'TYPE_INT8' })] }),
      hasError(
        'INVALID_ARG',
        /configuration expects datatype TYPE_INT8 for input 'A', model provides/,
      ),
    );
    await assert.rejects(
      complete(COMPLETING, { input: [fakeInputConfig({ name: 'A', dims: [3] })] }),
      hasError(
        'INVALID_ARG',
        /the model expects dims \[-1\] but the model configuration specifies/,
      ),
    );
    await assert.rejects(
      complete(COMPLETING, { maxBatchSize: 9 }),
      hasError('INVALID_ARG', /specifies max_batch_size 9, model supports 8/),
    );
    await assert.rejects(
      complete(COMPLETING, { modelTransactionPolicy: { decoupled: false } }),
      hasError('INVALID_ARG', /specifies decoupled false, model provides true/),
    );
  });

  it('is optional', async () => {
    const config = fakeModelConfig({ maxBatchSize: 3 });
    assert.deepEqual(await complete('export function execute() {}', { maxBatchSize: 3 }), config);
  });

  it('fails the load with a reason when it returns nonsense', () =>
    assert.rejects(
      complete(`export function execute() {}
        export const autoCompleteConfig = () => ({ inputs: [{ name: 'A', datatype: 'FLOAT' }] });`),
      hasError('INVALID_ARG', /inputs\[0\] has the datatype FLOAT, which does not exist/),
    ));
});
