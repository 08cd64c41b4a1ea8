import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fp32Message, grpcClient, grpcInfer } from '../grpc-client.mjs';
import { fp32Request, slowModel, writeModels } from '../model-folder.mjs';
import { infer, startServer } from '../server-process.mjs';

const IDLE = 2000;
const HALF_SENT = 200;
const ANSWER_LIMIT_MS = 500;
const ROUNDS = 5;
const SLOW_SENDERS = 10;
const BYTE_INTERVAL_MS = 2000;
const CLOSE_LIMIT_MS = 24_000;

const HEAD = 'POST /v2/models/echo/infer HTTP/1.1\r\nHost: a\r\n';

async function start(t) {
  const models = await writeModels(t, { echo: slowModel(0) });
  const server = await startServer([`--model-repository=${models}`]);
  t.after(() => server.kill());
  return server;
}

async function open(t, server) {
  const [host, port] = server.address('HTTPService').split(':');
  const socket = connect(Number(port), host).on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

test('idle connections and half-sent requests hold up nobody', async (t) => {
  const server = await start(t);
  for (let count = 0; count < IDLE; count += 100) {
    await Promise.all(Array.from({ length: 100 }, () => open(t, server)));
  }
  const halves = await Promise.all(Array.from({ length: HALF_SENT }, () => open(t, server)));
  for (const [index, socket] of halves.entries()) {
    socket.write(index % 2 === 0 ? HEAD : `${HEAD}Content-Length: 100\r\n\r\n{"inp`);
  }
  // A machine that is busy with other work slows single requests; a server held up slows them all.
  const timesMs = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startMs = performance.now();
    const { status, body } = await infer(server, 'echo', fp32Request([4]));
    timesMs.push(performance.now() - startMs);
    assert.equal(status, 200);
    assert.deepEqual(body.outputs[0].data, [4]);
  }
  t.diagnostic(`answered in ${timesMs.map(Math.round).join(', ')} ms`);
  assert.ok(Math.min(...timesMs) < ANSWER_LIMIT_MS, `${timesMs} ms`);
  const deadline = Date.now() + 5000;
  const { error } = await grpcInfer(grpcClient(t, server), fp32Message('echo', [4]), { deadline });
  assert.equal(error, null);
});

test('requests that come a byte every 2 s are closed or answered 408', async (t) => {
  const server = await start(t);
  const starts = [
    HEAD,
    `${HEAD}Content-Length: 1000\r\n\r\n`,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n3e8\r\n`,
  ];
  const ends = starts.flatMap((text) =>
    Array.from({ length: SLOW_SENDERS }, () => trickle(t, server, text)),
  );
  for (const { answer, tookMs } of await Promise.all(ends)) {
    assert.match(answer, /^(HTTP\/1\.1 408 |$)/);
    assert.ok(tookMs < CLOSE_LIMIT_MS, `${tookMs} ms`);
  }
});

/** Resolves when the server has closed the connection. */
async function trickle(t, server, start) {
  const socket = await open(t, server);
  const startMs = performance.now();
  let answer = '';
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
  });
  socket.write(start);
  const timer = setInterval(() => socket.write('a'), BYTE_INTERVAL_MS);
  t.after(() => clearInterval(timer));
  const limit = setTimeout(() => socket.destroy(), CLOSE_LIMIT_MS + 1000);
  await once(socket, 'close');
  clearInterval(timer);
  clearTimeout(limit);
  return { answer, tookMs: performance.now() - startMs };
}
