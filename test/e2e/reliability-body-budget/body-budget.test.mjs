import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fp32Request, slowModel, writeModels } from '../model-folder.mjs';
import { eventually, MEBIBYTE, MemoryWatch } from '../process-gauge.mjs';
import { infer, startServer } from '../server-process.mjs';

const BUDGET_BYTES = 64 * MEBIBYTE;
const SENT_BYTES = 16 * MEBIBYTE;
const SENDERS = 20;
/**
 * What is beyond the budget lies in the buffers of connections, or is garbage: up to 106 MiB over
 * `node:http`. All bodies would be 320 MiB.
 */
const GROWTH_LIMIT_BYTES = BUDGET_BYTES + 160 * MEBIBYTE;

test('bodies that would take more than the memory set aside for them are refused', async (t) => {
  const models = await writeModels(t, { echo: slowModel(0) });
  const server = await startServer([
    `--model-repository=${models}`,
    `--http-max-bodies-size=${BUDGET_BYTES}`,
  ]);
  t.after(() => server.kill());
  const watch = new MemoryWatch(server.pid);
  const senders = Array.from({ length: SENDERS }, () => sendPart(t, server));
  const refusals = () =>
    senders.map(({ text }) => text()).filter((text) => text.startsWith('HTTP/1.1 503 '));
  await eventually(() => refusals().length >= SENDERS / 2, 20_000);
  await sleep(500);
  const refused = refusals();
  t.diagnostic(`${refused.length} of ${SENDERS} refused`);
  assert.ok(refused.length >= SENDERS / 2 && refused.length < SENDERS);
  for (const text of refused) assert.match(text, /--http-max-bodies-size/);
  const growth = watch.stop();
  assert.ok(growth < GROWTH_LIMIT_BYTES, `${Math.round(growth / MEBIBYTE)} MiB more`);
  for (const { socket } of senders) socket.destroy();
  const body = fp32Request(Array(1_000_000).fill(0.5));
  const served = async () => (await infer(server, 'echo', body)).status === 200;
  assert.ok(await eventually(served, 5000), 'the memory is free again');
  // Each gives back what it took: many times the limit passes through.
  for (let sent = 0; sent < 20; sent += 1) assert.ok(await served());
});

/** Sends a part of a body that claims 2 GB, and waits. */
function sendPart(t, server) {
  const [host, port] = server.address('HTTPService').split(':');
  const socket = connect(Number(port), host)
    .on('error', () => {})
    .setEncoding('latin1');
  t.after(() => socket.destroy());
  let answer = '';
  socket.on('data', (text) => {
    answer += text;
  });
  void once(socket, 'connect').then(() => {
    socket.write(
      'POST /v2/models/echo/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000000\r\n\r\n',
    );
    socket.write(Buffer.alloc(SENT_BYTES));
  });
  return { socket, text: () => answer };
}
