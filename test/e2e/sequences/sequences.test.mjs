import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { grpcClient, inferStream } from '../grpc-client.mjs';
import { infer, startServer } from '../server-process.mjs';

const models = join(dirname(fileURLToPath(import.meta.url)), 'models');
/** Of the models; see their configurations. */
const IDLE_MS = 1500;
const WORK_MS = 300;

let server;
before(async () => {
  // A model that fails to load would keep the server from being ready.
  const flags = ['--exit-on-error=false', '--strict-readiness=false'];
  server = await startServer([`--model-repository=${models}`, ...flags]);
});
after(() => server.kill());

function body(value, parameters) {
  return {
    parameters,
    inputs: [{ name: 'INPUT', datatype: 'INT32', shape: [1, 1], data: [value] }],
  };
}

/** Sends one request of a sequence; resolves with its number, or its error's text. */
async function send(model, value, parameters) {
  const answer = await infer(server, model, body(value, parameters));
  return answer.status === 200 ? answer.body.outputs[0].data[0] : answer.body.error;
}

const START = { sequence_start: true };
const END = { sequence_end: true };

async function statistics(model) {
  const response = await fetch(`${server.http}/v2/models/${model}/stats`);
  return (await response.json()).model_stats[0];
}

test('fills the rows of idle sequences, and counts no inference for them', async () => {
  assert.equal(await send('rows', 1, { sequence_id: 1, ...START }), 1);
  assert.equal(await send('rows', 2, { sequence_id: 2, ...START }), 1001);
  assert.equal(await send('rows', 3, { sequence_id: 2, ...END }), 1001);
  assert.equal(await send('rows', 4, { sequence_id: 1, ...END }), 1);
  const { inference_count, execution_count, batch_stats } = await statistics('rows');
  assert.deepEqual([inference_count, execution_count], [4, 4]);
  const executions = batch_stats.map((batch) => [batch.batch_size, batch.compute_infer.count]);
  assert.deepEqual(executions, [
    [1, 2],
    [2, 2],
  ]);
});

test('ends an idle sequence, and gives its slot to the one that waits', async () => {
  assert.equal(await send('single', 1, { sequence_id: 'first', ...START }), 1);
  const startMs = performance.now();
  assert.equal(await send('single', 5, { sequence_id: 'second', ...START, ...END }), 5);
  assert.ok(performance.now() - startMs > IDLE_MS / 2);
  assert.match(await send('single', 1, { sequence_id: 'first' }), /must specify the START flag/);
});

test('refuses a sequence that waits for a slot longer than its timeout', async () => {
  assert.equal(await send('single', 1, { sequence_id: 'first', ...START }), 1);
  const timeout = { timeout: 50_000 };
  const answer = await send('single', 1, { sequence_id: 'second', ...START, ...timeout });
  assert.equal(answer, 'timeout of the corresponding sequence has been expired');
  assert.equal(await send('single', 1, { sequence_id: 'first', ...END }), 2);
});

test('a client that goes away takes its sequence along, and frees the slot', async () => {
  const controller = new AbortController();
  const leaving = fetch(`${server.http}/v2/models/single/infer`, {
    method: 'POST',
    body: JSON.stringify(body(-1, { sequence_id: 'leaving', ...START })),
    signal: controller.signal,
  }).catch(() => 'gone');
  await sleep(WORK_MS / 3);
  const startMs = performance.now();
  const next = send('single', 7, { sequence_id: 'next', ...START, ...END });
  controller.abort();
  assert.equal(await leaving, 'gone');
  assert.equal(await next, 7);
  assert.ok(performance.now() - startMs < IDLE_MS);
  assert.match(await send('single', 1, { sequence_id: 'leaving' }), /must specify the START flag/);
});

test('a cancelled stream takes all its sequences along', async (t) => {
  const call = inferStream(t, grpcClient(t, server)).on('error', () => {});
  call.on('data', () => {});
  const value = Buffer.alloc(4);
  for (const [id, isStart] of [
    [11, true],
    [11, false],
    [12, true],
    [12, false],
  ]) {
    value.writeInt32LE(-1);
    call.write({
      modelName: 'rows',
      parameters: { sequence_id: { int64Param: id }, sequence_start: { boolParam: isStart } },
      inputs: [{ name: 'INPUT', datatype: 'INT32', shape: [1, 1] }],
      rawInputContents: [value],
    });
  }
  await sleep(WORK_MS / 3);
  call.cancel();
  await sleep(WORK_MS * 2);
  for (const id of [11, 12]) {
    assert.match(await send('rows', 1, { sequence_id: id }), /must specify the START flag/);
  }
});

test('an iterative model executes a request until it has answered it', async () => {
  const answers = await Promise.all(
    [5, 1, 3, 8].map((count) => infer(server, 'iterative', body(count))),
  );
  const outputs = answers.map(({ body: { outputs } }) => outputs?.[0].data[0]);
  assert.deepEqual(outputs, [5, 1, 3, 8]);
  const { inference_count, execution_count } = await statistics('iterative');
  assert.ok(execution_count >= 8, `${execution_count} executions`);
  assert.ok(inference_count >= 4);
});

test('a configuration that asks for growable memory fails the load with the reason', async () => {
  const response = await fetch(`${server.http}/v2/repository/index`, { method: 'POST' });
  const entry = (await response.json()).find(({ name }) => name === 'growable');
  assert.equal(entry.state, 'UNAVAILABLE');
  assert.match(entry.reason, /'use_growable_memory' can only work with KIND_GPU/);
});
