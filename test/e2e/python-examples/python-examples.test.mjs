/**
 * The examples that Triton publishes for its Python backend, written anew from their documentation,
 * over HTTP and gRPC.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ensurePython } from '../../../tools/python-environment.mjs';
import { grpcClient, grpcInfer, inferStream } from '../grpc-client.mjs';
import { infer, startServer } from '../server-process.mjs';

const models = join(dirname(fileURLToPath(import.meta.url)), 'models');
const python = ensurePython();

let server;
before(async () => {
  server = await startServer([
    `--model-repository=${models}`,
    `--backend-config=python,python-runtime=${python}`,
  ]);
  assert.ok(!server.exited, server.log);
});
after(() => server.stop());

const fp32 = (name, data, shape = [data.length]) => ({ name, datatype: 'FP32', shape, data });
const int32 = (name, data) => ({ name, datatype: 'INT32', shape: [data.length], data });
const uint32 = (name, data) => ({ name, datatype: 'UINT32', shape: [data.length], data });
const text = (name, value) => ({ name, datatype: 'BYTES', shape: [1], data: [value] });

const PAIR = [fp32('INPUT0', [1, 2, 3, 4]), fp32('INPUT1', [10, 20, 30, 40])];
const SUM = [11, 22, 33, 44];
const DIFFERENCE = [-9, -18, -27, -36];

/** Asks over HTTP; returns the outputs' elements by name. */
async function outputs(model, inputs) {
  const { status, body } = await infer(server, model, { inputs });
  assert.equal(status, 200, body.error);
  return Object.fromEntries(body.outputs.map(({ name, data }) => [name, data]));
}

/** A gRPC message with INT32 or UINT32 tensors. */
function message(modelName, tensors) {
  return {
    modelName,
    inputs: tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    rawInputContents: tensors.map(({ data }) => Buffer.from(new Int32Array(data).buffer)),
  };
}

/** Resolves with the messages of a stream up to the final response. */
function responses(t, sent) {
  const call = inferStream(t, grpcClient(t, server));
  const parameters = { triton_enable_empty_final_response: { boolParam: true } };
  return new Promise((resolve, reject) => {
    const received = [];
    call.on('error', reject).on('data', ({ inferResponse, errorMessage }) => {
      if (errorMessage) reject(new Error(errorMessage));
      if (inferResponse.outputs.length > 0) received.push(inferResponse.rawOutputContents);
      if (inferResponse.parameters.triton_final_response.boolParam) resolve(received);
    });
    call.write({ ...sent, parameters });
  });
}

test('add_sub answers over HTTP', async () => {
  assert.deepEqual(await outputs('add_sub', PAIR), { OUTPUT0: SUM, OUTPUT1: DIFFERENCE });
});

test('add_sub answers over gRPC', async (t) => {
  const { error, response } = await grpcInfer(grpcClient(t, server), {
    modelName: 'add_sub',
    inputs: PAIR.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    rawInputContents: PAIR.map(({ data }) => Buffer.from(new Float32Array(data).buffer)),
  });
  assert.ifError(error);
  assert.deepEqual(
    response.rawOutputContents,
    [SUM, DIFFERENCE].map((data) => Buffer.from(new Float32Array(data).buffer)),
  );
});

test('auto-complete models configure themselves', async () => {
  const batched = PAIR.map(({ name, data }) => fp32(name, [...data, ...data], [2, 4]));
  const sums = (await outputs('batch_auto_complete', batched)).OUTPUT0;
  assert.deepEqual(sums, [...SUM, ...SUM]);
  assert.deepEqual((await outputs('nobatch_auto_complete', PAIR)).OUTPUT0, SUM);
  const config = async (model) => (await fetch(`${server.http}/v2/models/${model}/config`)).json();
  const batching = await config('batch_auto_complete');
  assert.equal(batching.max_batch_size, 4);
  assert.ok(batching.dynamic_batching);
  assert.deepEqual(
    batching.input.map(({ name, data_type, dims }) => [name, data_type, dims]),
    [
      ['INPUT0', 'TYPE_FP32', [4]],
      ['INPUT1', 'TYPE_FP32', [4]],
    ],
  );
  assert.equal((await config('nobatch_auto_complete')).max_batch_size, 0);
});

for (const model of ['bls_sync', 'bls_async']) {
  test(`${model} answers through other models`, async () => {
    const answer = await outputs(model, [text('MODEL_NAME', 'add_sub'), ...PAIR]);
    assert.deepEqual(answer, { OUTPUT0: SUM, OUTPUT1: DIFFERENCE });
  });

  test(`${model} passes on the error of a model that does not exist`, async () => {
    const inputs = [text('MODEL_NAME', 'nobody'), ...PAIR];
    const { status, body } = await infer(server, model, { inputs });
    assert.equal(status, 500);
    assert.match(body.error, /Model nobody - Error when running inference: .*'nobody' is not/);
  });
}

test('BLS reads the responses of a decoupled model, one call or two at a time', async () => {
  const inputs = [int32('IN', [5])];
  assert.deepEqual(await outputs('bls_decoupled_sync', inputs), { SUM: [25] });
  assert.deepEqual(await outputs('bls_decoupled_async', inputs), { SUM: [50] });
  assert.deepEqual(await outputs('bls_decoupled_sync', [int32('IN', [0])]), { SUM: [0] });
});

test('square_int32 sends as many responses as it is asked for', async (t) => {
  const received = await responses(t, message('square_int32', [int32('IN', [4])]));
  assert.deepEqual(
    received.map(([out]) => out.readInt32LE()),
    [4, 4, 4, 4],
  );
  assert.deepEqual(await responses(t, message('square_int32', [int32('IN', [0])])), []);
});

test('repeat_int32 sends an element and its index per response', async (t) => {
  const tensors = [int32('IN', [7, -8, 9]), uint32('DELAY', [20, 0, 1]), uint32('WAIT', [1])];
  const received = await responses(t, message('repeat_int32', tensors));
  assert.deepEqual(
    received.map(([out, index]) => [out.readInt32LE(), index.readUInt32LE()]),
    [
      [7, 0],
      [-8, 1],
      [9, 2],
    ],
  );
});

test('custom_metrics appear on the metrics endpoint', async () => {
  for (let count = 0; count < 2; count += 1) {
    assert.deepEqual((await outputs('custom_metrics', PAIR)).OUTPUT0, SUM);
  }
  const page = await (await fetch(`${server.metrics}/metrics`)).text();
  const value = (series) => {
    const line = page.split('\n').find((candidate) => candidate.startsWith(`${series}{`));
    assert.ok(line?.includes('model="custom_metrics"') && line.includes('version="1"'), page);
    return Number(line.split(' ').at(-1));
  };
  assert.match(page, /# HELP requests_process_latency_ns Cumulative time spent processing/);
  assert.match(page, /# TYPE requests_process_latency_ns counter/);
  assert.ok(value('requests_process_latency_ns') > 0);
  assert.equal(value('largest_sum'), 44);
  assert.equal(value('sums_count'), 8);
  assert.equal(value('sums_sum'), 220);
  assert.match(server.log, /Cumulative requests processing latency: \d/);
});

test('parameters go to the model, and come back from it', async () => {
  const parameters = { text: 'value', number: 7, flag: true };
  const inputs = [fp32('IN', [1])];
  const { body } = await infer(server, 'parameters', { parameters, inputs });
  const [keys, values] = body.outputs;
  assert.deepEqual(keys.data, ['flag', 'number', 'text']);
  assert.deepEqual(values.data, ['True', '7', 'value']);
  assert.deepEqual(body.parameters, { count: 3, all: true, first: 'flag', half: 0.5 });
});

test('preprocessing decodes an image, and refuses what is none', async () => {
  const script =
    'import io, sys; from PIL import Image; b = io.BytesIO(); ' +
    "Image.new('RGB', (20, 30), (255, 0, 128)).save(b, 'PNG'); sys.stdout.buffer.write(b.getvalue())";
  const image = [...execFileSync(python, ['-c', script])];
  const input = (data) => ({ name: 'IMAGE', datatype: 'UINT8', shape: [1, data.length], data });
  const { PIXELS } = await outputs('preprocessing', [input(image)]);
  assert.equal(PIXELS.length, 3 * 8 * 8);
  const expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, (128 / 255 - 0.406) / 0.225];
  expected.forEach((value, channel) => {
    const plane = PIXELS.slice(channel * 64, channel * 64 + 64);
    assert.ok(plane.every((pixel) => Math.abs(pixel - value) < 1e-4));
  });
  const { status, body } = await infer(server, 'preprocessing', { inputs: [input([1, 2, 3])] });
  assert.equal(status, 400);
  assert.match(body.error, /cannot identify image file/);
});
