import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fp32Message, grpcClient, grpcInfer, inferStream } from '../grpc-client.mjs';
import { fp32Request, slowModel, writeModels } from '../model-folder.mjs';
import { infer, startServer } from '../server-process.mjs';

const CLIENTS = 20;
const WORK_MS = 1000;
/**
 * One request that runs already and the own one, with time for a machine that is busy; the work of
 * all clients would take 20 s.
 */
const LIMIT_MS = 2 * WORK_MS + 3000;

async function start(t) {
  const server = await startServer([
    `--model-repository=${await writeModels(t, { work: slowModel(WORK_MS) })}`,
  ]);
  t.after(() => server.kill());
  return server;
}

async function assertNextWaitsForOneAtMost(t, server) {
  const startMs = performance.now();
  const { status, body } = await infer(server, 'work', fp32Request([7]));
  const tookMs = performance.now() - startMs;
  t.diagnostic(`${Math.round(tookMs)} ms, of which ${WORK_MS} are its own`);
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.outputs[0].data, [7]);
  assert.ok(tookMs < LIMIT_MS, `${tookMs} ms`);
}

const leavings = {
  'close their connections': (socket) => socket.destroy(),
  'end their connections': (socket) => socket.end(),
  'reset their connections': (socket) => socket.resetAndDestroy(),
};

for (const [how, leave] of Object.entries(leavings)) {
  test(`the work of HTTP clients that ${how} is not done`, async (t) => {
    const server = await start(t);
    const body = JSON.stringify(fp32Request([1]));
    const head = `POST /v2/models/work/infer HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n`;
    const sockets = Array.from({ length: CLIENTS }, () => {
      const [host, port] = server.address('HTTPService').split(':');
      const socket = connect(Number(port), host).on('error', () => {});
      socket.resume().write(head + body);
      return socket;
    });
    t.after(() => sockets.forEach((socket) => void socket.destroy()));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await sleep(200);
    for (const socket of sockets) leave(socket);
    await sleep(100);
    await assertNextWaitsForOneAtMost(t, server);
  });
}

test('the work of cancelled gRPC calls is not done', async (t) => {
  const server = await start(t);
  const client = grpcClient(t, server);
  const errors = [];
  const calls = Array.from({ length: CLIENTS }, () =>
    client.modelInfer(fp32Message('work', [1]), (error) => errors.push(error?.code)),
  );
  await sleep(300);
  for (const call of calls) call.cancel();
  await sleep(100);
  await assertNextWaitsForOneAtMost(t, server);
  assert.deepEqual(errors, Array(CLIENTS).fill(1));
});

test('the work of cancelled gRPC streams is not done', async (t) => {
  const server = await start(t);
  const client = grpcClient(t, server);
  const calls = Array.from({ length: CLIENTS }, () => {
    const call = inferStream(t, client).on('error', () => {});
    call.on('data', () => {}).write(fp32Message('work', [1]));
    return call;
  });
  await sleep(300);
  for (const call of calls) call.cancel();
  await sleep(100);
  await assertNextWaitsForOneAtMost(t, server);
});

test('the work of gRPC calls whose deadline has passed is not done', async (t) => {
  const server = await start(t);
  const client = grpcClient(t, server);
  const answers = await Promise.all(
    Array.from({ length: CLIENTS }, () =>
      grpcInfer(client, fp32Message('work', [1]), { deadline: Date.now() + 300 }),
    ),
  );
  assert.deepEqual(
    answers.map(({ error }) => error?.code),
    Array(CLIENTS).fill(4),
  );
  await assertNextWaitsForOneAtMost(t, server);
});
