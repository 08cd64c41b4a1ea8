/** Sequences that run go on when instance groups change, and when the server is told to stop. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeModels } from '../model-folder.mjs';
import { eventually } from '../process-gauge.mjs';
import { infer, post, startServer } from '../server-process.mjs';

/** Adds up what comes in a sequence, in an implicit state. */
const CONFIG = `backend: "javascript"
max_batch_size: 4
input [ { name: "IN" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "OUT" data_type: TYPE_FP32 dims: [ 1 ] } ]
instance_group [ { kind: KIND_CPU count: 1 } ]
sequence_batching {
  max_sequence_idle_microseconds: 60000000
  state [ { input_name: "SUM_IN" output_name: "SUM_OUT" data_type: TYPE_FP32 dims: [ 1 ] } ]
}
`;

const SOURCE = `export const execute = (requests) => requests.map(({ inputs }) => {
  const { IN, SUM_IN } = inputs;
  const sum = { ...IN, data: IN.data.map((value, index) => value + SUM_IN.data[index]) };
  return { outputs: { OUT: sum, SUM_OUT: sum } };
});`;

async function start(t, flags = []) {
  const folder = await writeModels(t, { m: { config: CONFIG, source: SOURCE } });
  const server = await startServer([
    `--model-repository=${folder}`,
    '--model-control-mode=explicit',
    '--load-model=m',
    ...flags,
  ]);
  t.after(() => server.kill());
  return server;
}

/** Adds 1 in the sequence; resolves with its sum, or with status and error. */
async function add(server, sequence, { start: begins = false, end = false } = {}) {
  const { status, body } = await infer(server, 'm', {
    inputs: [{ name: 'IN', datatype: 'FP32', shape: [1, 1], data: [1] }],
    parameters: { sequence_id: sequence, sequence_start: begins, sequence_end: end },
  });
  return status === 200 ? body.outputs[0].data[0] : [status, body.error];
}

/** Loads the model with so many instances of a kind; resolves with the status. */
async function loadWith(server, group) {
  const config = await (await fetch(`${server.http}/v2/models/m/config`)).json();
  const changed = { ...config, instance_group: [{ ...config.instance_group[0], ...group }] };
  const parameters = { config: JSON.stringify(changed) };
  return (await post(server, '/v2/repository/models/m/load', { parameters })).status;
}

test('sequences go on when instances come and go', async (t) => {
  const server = await start(t);
  const ids = Array.from({ length: 8 }, (_, index) => index + 1);
  assert.equal(await add(server, 1, { start: true }), 1);
  assert.equal(await loadWith(server, { count: 2 }), 200);
  for (const id of ids.slice(1)) assert.equal(await add(server, id, { start: true }), 1);
  assert.equal(await add(server, 1), 2);
  // Another kind replaces both instances; those stay until their sequences have ended.
  assert.equal(await loadWith(server, { count: 2, kind: 'KIND_MODEL' }), 200);
  for (const id of ids) assert.equal(await add(server, id), id === 1 ? 3 : 2);
  assert.equal(await add(server, 100, { start: true, end: true }), 1);
  for (const id of ids) assert.equal(await add(server, id, { end: true }), id === 1 ? 4 : 3);
  assert.equal(await add(server, 1, { start: true, end: true }), 1);
  const { model_stats: stats } = await (await fetch(`${server.http}/v2/models/m/stats`)).json();
  assert.equal(stats[0].inference_stats.fail.count, 0, 'the model was not loaded anew');
  assert.ok(stats[0].inference_count >= 26);
  assert.equal(await server.stop(), 0);
});

test('SIGTERM lets running sequences end, and takes no new ones', async (t) => {
  const server = await start(t);
  assert.equal(await add(server, 7, { start: true }), 1);
  const exit = server.stop('SIGTERM');
  const readiness = async () => (await fetch(`${server.http}/v2/health/ready`)).status;
  assert.ok(await eventually(async () => (await readiness()) === 503, 10_000));
  assert.deepEqual(await add(server, 8, { start: true }), [503, 'Server exiting']);
  assert.equal(await add(server, 7), 2);
  assert.equal(await add(server, 7, { end: true }), 3);
  assert.equal(await exit, 0, server.log);
});

test('an abandoned sequence does not keep the server from its exit', async (t) => {
  const server = await start(t, ['--exit-timeout-secs=8']);
  assert.equal(await add(server, 7, { start: true }), 1);
  const startMs = performance.now();
  assert.equal(await server.stop('SIGTERM'), 0);
  assert.ok(performance.now() - startMs < 8000);
  assert.match(server.log, /Sequences that have not ended are given up/);
});
