import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeOnnx } from '../../../backends/onnxruntime/dist/fixtures/onnx-writer.js';
import { writeModels } from '../model-folder.mjs';
import { startServer } from '../server-process.mjs';

const SIZE = 192;
const STEPS = 12;
const CLIENTS = 24;
const ROUNDS = 4;
const MAX_POLLS = 500;

/** Squares a matrix again and again, which takes milliseconds, and adds what came in. */
const tensor = (name) => ({ name, element: 'float', dims: ['N', SIZE, SIZE] });
const steps = Array.from({ length: STEPS }, (_, step) => [
  ['MatMul', [`x${step}`, `x${step}`], [`y${step}`]],
  ['Softmax', [`y${step}`], [`x${step + 1}`]],
]).flat();
const GRAPH = {
  nodes: [
    ['Sub', ['INPUT0', 'INPUT0'], ['x0']],
    ...steps,
    ['Add', [`x${STEPS}`, 'INPUT0'], ['OUTPUT0']],
  ],
  inputs: [tensor('INPUT0')],
  outputs: [tensor('OUTPUT0')],
};

const config = (instances, more) => `backend: "onnxruntime"
max_batch_size: 2
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ ${SIZE}, ${SIZE} ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ ${SIZE}, ${SIZE} ] } ]
instance_group [ { kind: KIND_CPU count: ${instances} } ]
${more}
`;

const MODELS = {
  batched: config(1, 'dynamic_batching { }'),
  'batched-on-two': config(2, 'dynamic_batching { }'),
  'one-by-one': config(1, ''),
};

test('requests that go ahead of a busy instance get their own answers, or are cancelled', async (t) => {
  const server = await start(t);
  for (const model of Object.keys(MODELS)) {
    const values = Array.from({ length: CLIENTS }, (_, index) => index);
    // Some of them leave at any time: while they are queued, with an instance, or executed.
    const answers = await Promise.all(values.map((value) => send(server, { model, value })));
    for (const [index, answer] of answers.entries()) check(answer, index);
    await untilNothingIsPending(server, model);
    await checkTimes(server, model);
  }
  assert.equal(await server.stop(), 0);
});

test('a model that is unloaded answers what has gone ahead', async (t) => {
  const server = await start(t);
  const model = 'batched';
  const values = Array.from({ length: CLIENTS }, (_, index) => index);
  const answers = Promise.all(values.map((value) => once(server, { model, value })));
  await sleep(50);
  const unloaded = await fetch(`${server.http}/v2/repository/models/${model}/unload`, {
    method: 'POST',
    body: '{}',
  });
  assert.equal(unloaded.status, 200);
  const results = await answers;
  for (const [index, answer] of results.entries()) {
    // What came after the model was gone is refused; nothing is left without an answer.
    if (answer.status === 200) check(answer, index);
    else assert.match(answer.text, /^\{"error":"/);
  }
  assert.equal(await server.stop(), 0);
});

async function start(t) {
  const models = Object.entries(MODELS).map(([name, text]) => [name, { config: text, source: '' }]);
  const repository = await writeModels(t, Object.fromEntries(models));
  for (const name of Object.keys(MODELS)) {
    await writeFile(join(repository, name, '1', 'model.onnx'), writeOnnx(GRAPH));
  }
  const server = await startServer([
    `--model-repository=${repository}`,
    '--model-control-mode=explicit',
    '--load-model=*',
  ]);
  t.after(() => server.kill());
  return server;
}

/** Several requests, one after the other; every third client cancels some of its own. */
async function send(server, { model, value }) {
  let answer = await once(server, { model, value });
  for (let round = 1; round < ROUNDS; round++) {
    if (value % 3 === 0) await cancelled(server, { model, value, afterMs: value * round });
    answer = await once(server, { model, value });
    if (answer.status !== 200) return answer;
  }
  return answer;
}

async function once(server, { model, value, signal }) {
  const body = Buffer.from(new Float32Array(SIZE * SIZE).fill(value).buffer);
  const response = await fetch(`${server.http}/v2/models/${model}/infer`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': '0' },
    signal,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const headerLength = Number(response.headers.get('inference-header-content-length') ?? 0);
  const first = response.status === 200 ? bytes.readFloatLE(headerLength) : Number.NaN;
  return { status: response.status, text: bytes.toString('latin1', 0, 1000), first };
}

async function cancelled(server, { model, value, afterMs }) {
  const request = once(server, { model, value, signal: AbortSignal.timeout(afterMs) });
  await request.catch((error) => assert.match(String(error), /Timeout|abort/i));
}

function check({ status, text, first }, value) {
  assert.equal(status, 200, text);
  assert.ok(Math.abs(first - value - 1 / SIZE) < 1e-4, `${first} is not the answer to ${value}`);
}

async function untilNothingIsPending(server, model) {
  const line = new RegExp(`nv_inference_pending_request_count\\{model="${model}"[^}]*\\} (\\d+)`);
  let pending;
  for (let polls = 0; polls < MAX_POLLS && pending !== '0'; polls++) {
    pending = line.exec(await (await fetch(`${server.metrics}/metrics`)).text())?.[1];
    if (pending !== '0') await sleep(20);
  }
  assert.equal(pending, '0');
}

/** The phases of a request follow each other, also where its batch was prepared. */
async function checkTimes(server, model) {
  const answer = await fetch(`${server.http}/v2/models/${model}/stats`);
  const { inference_stats: stats } = (await answer.json()).model_stats[0];
  const phases = ['queue', 'compute_input', 'compute_infer', 'compute_output'];
  const sum = phases.reduce((total, name) => total + stats[name].ns, 0);
  assert.ok(stats.success.count > 0);
  assert.ok(sum <= stats.success.ns, `${sum} ns in phases, ${stats.success.ns} ns in all`);
}
