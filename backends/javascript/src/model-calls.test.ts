import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CancelSource,
  InferError,
  type InferenceRequest,
  type PluginContext,
  type ResponseSink,
} from '@nereid/core';
import {
  fakeModelConfig,
  fakeOutputConfig,
  fakePluginContext,
  fp32Tensor,
  fp32Values,
  makeTemporaryModel,
  RecordedRequest,
} from '@nereid/testing';
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

const CONFIG = fakeModelConfig({
  output: [
    fakeOutputConfig({ name: 'X', dims: [-1] }),
    fakeOutputConfig({ name: 'TEXT', dataType: 'TYPE_STRING', dims: [1] }),
  ],
});

/** The beginning of every model here. */
const PRELUDE = `
const text = (value) => ({ outputs: { TEXT: { shape: [1], data: [JSON.stringify(value)] } } });
const call = (values) => ({
  modelName: 'other',
  inputs: { A: { datatype: 'FP32', shape: [values.length], data: values } },
});
`;

type Server = Partial<Pick<PluginContext, 'infer' | 'models'>>;

/** Executes one request with the model. */
async function run(code: string, server: Server, request = new RecordedRequest()) {
  const temporary = await makeTemporaryModel(CONFIG, { 'model.js': PRELUDE + code });
  const backend = plugin.createBackend(fakePluginContext(server));
  const model = await backend.loadModel(temporary.source);
  const instance = await model.createInstance(PLACEMENT);
  try {
    await instance.execute([request], TIMER);
    return request;
  } finally {
    await instance.close();
    await temporary.remove();
  }
}

function told(request: RecordedRequest): unknown {
  assert.equal(request.error, undefined);
  const data = request.responses[0]?.outputs[0]?.data;
  return JSON.parse(Buffer.from(data ?? []).toString('utf8', 4));
}

/** Answers with as many responses, each with its number as the only element. */
function answer(sink: ResponseSink, count: number): void {
  for (let value = 0; value < count; value += 1) {
    void sink.response({
      modelName: 'other',
      modelVersion: 3,
      id: '',
      parameters: new Map([['n', BigInt(value)]]),
      outputs: [fp32Tensor('B', [1], [value])],
      final: value === count - 1,
    });
  }
  sink.end();
}

describe('a javascript model that calls another', () => {
  it('sends what it says and gets the answer', async () => {
    const sent: InferenceRequest[] = [];
    const request = await run(
      `export async function execute([request], { infer }) {
         const reply = await infer({ ...call([1, 2]), id: 'x', modelVersion: 3, timeoutUs: 5,
           requestedOutputs: ['B'], parameters: { p: 'v' }, sequence:
             { correlationId: 7n, start: true, end: false } });
         const { outputs: { B }, parameters: { n }, modelName, modelVersion } = reply;
         return [text([modelName, modelVersion, Number(n), B.datatype, B.shape, [...B.data]])];
       }`,
      {
        infer: (child, sink) => {
          sent.push(child);
          answer(sink, 1);
        },
      },
    );
    assert.deepEqual(told(request), ['other', 3, 0, 'FP32', [1], [0]]);
    const [child] = sent;
    assert.ok(child);
    assert.deepEqual(child.inputs.map(fp32Values), [[1, 2]]);
    assert.deepEqual([child.modelName, child.modelVersion, child.id], ['other', 3, 'x']);
    assert.deepEqual(child.requestedOutputs, [{ name: 'B', classificationCount: 0 }]);
    assert.deepEqual(child.sequence, { correlationId: 7n, start: true, end: false });
    assert.equal(child.timeoutUs, 5);
    assert.equal(child.parameters.get('p'), 'v');
    assert.deepEqual(child.callers, ['model']);
  });

  it('may have many calls open at once', async () => {
    const request = await run(
      `export async function execute([request], { infer }) {
         const replies = await Promise.all([1, 2, 3].map((value) => infer(call([value]))));
         return [text(replies.map(({ outputs }) => outputs.B.data[0]))];
       }`,
      {
        // The later one is sent, the earlier it is answered.
        infer: ({ inputs: [input] }, sink) => {
          const value = (input && fp32Values(input)[0]) ?? 0;
          setTimeout(
            () => {
              void sink.response({
                modelName: 'other',
                modelVersion: 1,
                id: '',
                parameters: new Map(),
                outputs: [fp32Tensor('B', [1], [value * 10])],
                final: true,
              });
              sink.end();
            },
            30 - value * 10,
          );
        },
      },
    );
    assert.deepEqual(told(request), [10, 20, 30]);
  });

  it('gets the error of the other model with its code', async () => {
    const request = await run(
      `export async function execute([request], { infer }) {
         const error = await infer(call([1])).catch((error) => error);
         return [text([error.code, error.message])];
       }`,
      { infer: (_, sink) => sink.end(new InferError('UNAVAILABLE', 'later')) },
    );
    assert.deepEqual(told(request), ['UNAVAILABLE', 'later']);
  });

  it('is told when the model does not answer exactly once', async () => {
    const code = `export async function execute([request], { infer }) {
      return [text(await infer(call([1])).catch((error) => error.message))];
    }`;
    const none = await run(code, { infer: (_, sink) => answer(sink, 0) });
    assert.equal(told(none), "model 'other' ended without a response");
    const two = await run(code, { infer: (_, sink) => answer(sink, 2) });
    assert.match(String(told(two)), /has more than one response; use context\.stream/);
  });

  it('is told when its call is wrong', async () => {
    const request = await run(
      `export async function execute([request], { infer }) {
         const input = { datatype: 'FP32', shape: [3], data: [1] };
         const error = await infer({ modelName: 'other', inputs: { A: input } }).catch((e) => e);
         return [text(error.message)];
       }`,
      {},
    );
    assert.equal(told(request), "input 'A' of the call has 1 elements, but its shape [3] holds 3");
  });

  it('loads, unloads and asks for models', async () => {
    const done: unknown[] = [];
    const request = await run(
      `export async function execute([request], context) {
         await context.loadModel('m', { config: '{}', files: { '1/x': new Uint8Array([7]) } });
         await context.unloadModel('m', { unloadDependents: true });
         const error = await context.loadModel('bad').catch((error) => error.code);
         const ready = [await context.isModelReady('m', 2), await context.isModelReady('n')];
         return [text([...ready, error])];
       }`,
      {
        models: {
          loadModel: async (name, { config, files }) => {
            if (name === 'bad') throw new InferError('NOT_FOUND', 'no');
            done.push([name, config, [...(files?.get('1/x') ?? [])]]);
          },
          unloadModel: async (name, options) => void done.push([name, options]),
          isModelReady: (name, version) => name === 'm' && version === 2,
        },
      },
    );
    assert.deepEqual(told(request), [true, false, 'NOT_FOUND']);
    assert.deepEqual(done, [
      ['m', '{}', [7]],
      ['m', { unloadDependents: true }],
    ]);
  });
});

describe('a javascript model that takes a stream', () => {
  it('gets all responses in order', async () => {
    const request = await run(
      `export async function execute([request], { stream }) {
         const values = [];
         for await (const { outputs } of stream(call([1]))) values.push(outputs.B.data[0]);
         return [text(values)];
       }`,
      { infer: (_, sink) => answer(sink, 5) },
    );
    assert.deepEqual(told(request), [0, 1, 2, 3, 4]);
  });

  it('holds up a model that is faster', async () => {
    let sentAhead = 0;
    const request = await run(
      `export async function execute([request], { stream }) {
         let count = 0;
         for await (const { outputs } of stream(call([1]))) count += 1;
         return [text(count)];
       }`,
      {
        infer: async (child, sink) => {
          let ahead = 0;
          for (let value = 0; value < 100; value += 1) {
            ahead += 1;
            const caughtUp = sink.response({
              modelName: child.modelName,
              modelVersion: 1,
              id: '',
              parameters: new Map(),
              outputs: [],
              final: false,
            });
            sentAhead = Math.max(sentAhead, ahead);
            if (!caughtUp) continue;
            await caughtUp;
            ahead = 0;
          }
          sink.end();
        },
      },
    );
    assert.equal(told(request), 100);
    assert.ok(sentAhead <= 16, `${sentAhead} responses were sent ahead`);
  });

  it('cancels the call when it leaves the loop', async () => {
    let cancelled = false;
    const request = await run(
      `export async function execute([request], { stream }) {
         for await (const reply of stream(call([1]))) return [text('left')];
       }`,
      {
        infer: (child, sink) => {
          child.signal.onCancel(() => {
            cancelled = true;
            sink.end(new InferError('CANCELLED', 'cancelled'));
          });
          void sink.response({
            modelName: 'other',
            modelVersion: 1,
            id: '',
            parameters: new Map(),
            outputs: [],
            final: false,
          });
        },
      },
    );
    assert.equal(told(request), 'left');
    assert.equal(cancelled, true);
  });
});

describe('a call of a javascript model', () => {
  const waiting: Server['infer'] = (child, sink) => {
    child.signal.onCancel(() => sink.end(new InferError('CANCELLED', 'cancelled')));
  };

  it('is cancelled with the request that needs it', async () => {
    const signal = new CancelSource();
    const request = await run(
      `export async function execute([request], { infer }) {
         return [text(await infer(call([1])).catch((error) => error.code))];
       }`,
      {
        infer: (child, sink) => {
          waiting(child, sink);
          signal.cancel();
        },
      },
      new RecordedRequest({ signal }),
    );
    assert.equal(told(request), 'CANCELLED');
  });

  it('is cancelled by a signal of the model', async () => {
    const request = await run(
      `export async function execute([request], { infer }) {
         const signal = AbortSignal.timeout(20);
         return [text(await infer({ ...call([1]), signal }).catch((error) => error.code))];
       }`,
      { infer: waiting },
    );
    assert.equal(told(request), 'CANCELLED');
  });

  it('is cancelled when the model dies', async () => {
    let cancelled = false;
    const request = await run(
      `export function execute([request], { infer }) {
         void infer(call([1]));
         setTimeout(() => process.exit(3), 50);
         return new Promise(() => {});
       }`,
      {
        infer: (child, sink) => {
          child.signal.onCancel(() => {
            cancelled = true;
            sink.end(new InferError('CANCELLED', 'cancelled'));
          });
        },
      },
    );
    assert.match(request.error?.message ?? '', /exit/);
    assert.equal(cancelled, true);
  });
});
