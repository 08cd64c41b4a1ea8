import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fp32Message, grpcClient, inferStream } from '../grpc-client.mjs';
import { modelConfig, writeModels } from '../model-folder.mjs';
import { eventually, MEBIBYTE, MemoryWatch } from '../process-gauge.mjs';
import { startServer } from '../server-process.mjs';

const GROWTH_LIMIT_BYTES = 100 * MEBIBYTE;
const RESPONSES = 1_000_000;
/** How many are read to the end; a million of them take a minute. */
const LARGE_COUNT = Number(process.env.NEREID_STREAM_RESPONSES ?? 100_000);

/** Sends as many responses as the first input element says, each as long as the second one says. */
const source = `
let open = 0;
export async function execute(requests) {
  for (const request of requests) void answer(request);
}
async function answer(request) {
  const [count, length] = request.inputs.INPUT0.data;
  const data = new Float32Array(length);
  open += 1;
  for (let index = 0; index < count && !request.signal.aborted; index += 1) {
    data[0] = index;
    await request.send({ outputs: { OUTPUT0: { shape: [length], data } } });
  }
  open -= 1;
  console.log('answers being sent: ' + open);
  request.end();
}`;

const decoupled = 'model_transaction_policy { decoupled: true }';

async function start(t) {
  const models = { talker: { config: modelConfig('javascript', decoupled), source } };
  const server = await startServer([`--model-repository=${await writeModels(t, models)}`]);
  t.after(() => server.kill());
  return server;
}

test('a reader that stops reading makes its model wait, and is cleaned up when it leaves', async (t) => {
  const server = await start(t);
  const client = grpcClient(t, server);
  const watch = new MemoryWatch(server.pid);
  const call = inferStream(t, client).on('error', () => {});
  call.write(fp32Message('talker', [RESPONSES, 256]));
  await once(
    call.on('data', () => {}),
    'data',
  );
  call.pause();
  await sleep(4000);
  assert.doesNotMatch(server.log, /answers being sent/);
  call.cancel();
  const cleanedUp = await eventually(() => server.log.includes('answers being sent: 0'), 5000);
  const growth = watch.stop();
  t.diagnostic(`${Math.round(growth / MEBIBYTE)} MiB more`);
  assert.ok(cleanedUp, server.log);
  assert.ok(growth < GROWTH_LIMIT_BYTES, `${growth} bytes more`);
});

test('a great many responses arrive in order', async (t) => {
  const server = await start(t);
  const client = grpcClient(t, server);
  const watch = new MemoryWatch(server.pid);
  const call = inferStream(t, client);
  call.end(fp32Message('talker', [LARGE_COUNT, 1]));
  let next = 0;
  for await (const { errorMessage, inferResponse } of call) {
    assert.equal(errorMessage, '');
    assert.equal(inferResponse.rawOutputContents[0].readFloatLE(), next);
    next += 1;
  }
  const growth = watch.stop();
  t.diagnostic(`${Math.round(growth / MEBIBYTE)} MiB more`);
  assert.equal(next, LARGE_COUNT);
  assert.ok(growth < 2 * GROWTH_LIMIT_BYTES, `${growth} bytes more`);
});
