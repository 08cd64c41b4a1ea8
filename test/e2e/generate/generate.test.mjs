import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from '../server-process.mjs';

const models = `--model-repository=${join(dirname(fileURLToPath(import.meta.url)), 'models')}`;
const MEBIBYTE = 1024 * 1024;
/** How many are read to the end; a million of them take minutes. */
const RESPONSES = Number(process.env.NEREID_STREAM_RESPONSES ?? 200_000);
const UNREAD_RESPONSES = 1_000_000;
const GROWTH_LIMIT_BYTES = 100 * 1000 * 1000;

test('generate answers one response, generate_stream any number', async (t) => {
  const server = await startServer([models]);
  t.after(() => server.kill());
  const one = await post(server, 'generate', { id: '7', text_input: 'hi' });
  assert.deepEqual(await one.json(), {
    id: '7',
    model_name: 'text',
    model_version: '1',
    sent: 0,
    text_output: 'hi',
  });
  const two = await post(server, 'generate', { text_input: 'hi', count: 2 });
  assert.match((await two.json()).error, /^generate expects model to produce exactly 1 response/);
  const stream = await post(server, 'generate_stream', { text_input: 'hi', count: 3 });
  assert.equal(stream.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const events = (await stream.text()).split('\n\n').filter((event) => event !== '');
  assert.deepEqual(
    events.map((event) => JSON.parse(event.slice('data: '.length)).sent),
    [3, 4, 5],
  );
  const missing = await post(server, 'generate_stream', { count: 3 });
  assert.equal(missing.status, 400);
  assert.match((await missing.json()).error, /missing required input\(s\) \['text_input'\]/);
});

test('a slow reader of a great many responses costs no memory, and misses none', async (t) => {
  const server = await startServer([models]);
  t.after(() => server.kill());
  const text = 'x'.repeat(1000);
  await (await post(server, 'generate_stream', { text_input: text, count: 5000 })).text();
  const before = residentBytes(server.pid);
  const socket = openStream(server, { text_input: text, count: RESPONSES });
  let tail = '';
  let events = 0;
  let ended = false;
  socket.on('data', (chunk) => {
    const received = tail + chunk.toString('latin1');
    events += received.split('text_output').length - 1;
    // What a chunk cuts in two is counted with the next one.
    tail = received.slice(Math.max(received.lastIndexOf('text_output') + 11, received.length - 16));
    ended ||= received.endsWith('\r\n0\r\n\r\n');
  });
  let peak = 0;
  for (let pauses = 0; pauses < 20; pauses += 1) {
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    peak = Math.max(peak, residentBytes(server.pid));
    socket.resume();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const heldBack = events < RESPONSES;
  while (!ended) {
    await once(socket, 'data');
    if (events % 1000 === 0) peak = Math.max(peak, residentBytes(server.pid));
  }
  socket.destroy();
  t.diagnostic(`${Math.round((peak - before) / MEBIBYTE)} MiB more than before`);
  assert.ok(heldBack, 'the model was not held back');
  assert.equal(events, RESPONSES);
  assert.ok(peak - before < GROWTH_LIMIT_BYTES, `${peak - before} bytes more`);
});

test('a reader that stops reading a million responses costs no memory', async (t) => {
  const server = await startServer([models]);
  t.after(() => server.kill());
  const text = 'x'.repeat(1000);
  await (await post(server, 'generate_stream', { text_input: text, count: 5000 })).text();
  const before = residentBytes(server.pid);
  const socket = openStream(server, { text_input: text, count: UNREAD_RESPONSES });
  await once(socket, 'data');
  socket.pause();
  let peak = 0;
  for (let looks = 0; looks < 30; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    peak = Math.max(peak, residentBytes(server.pid));
  }
  socket.destroy();
  t.diagnostic(`${Math.round((peak - before) / MEBIBYTE)} MiB more than before`);
  assert.ok(peak - before < GROWTH_LIMIT_BYTES, `${peak - before} bytes more`);
});

test('a model learns that its client has gone', async (t) => {
  const server = await startServer([models]);
  t.after(() => server.kill());
  const socket = openStream(server, { text_input: 'x'.repeat(1000), count: 2_000_000_000 });
  await once(socket, 'data');
  socket.destroy();
  // The only instance executes one request after the other: it answers when it has given up.
  const answer = await (await post(server, 'generate', { text_input: 'x', count: 0 })).json();
  assert.ok(answer.sent > 0 && answer.sent < 1_000_000, `${answer.sent} responses`);
});

function post(server, action, body) {
  const url = `${server.http}/v2/models/text/${action}`;
  return fetch(url, { method: 'POST', body: JSON.stringify(body) });
}

/** A connection that has asked for a stream, for a client that reads as it likes. */
function openStream(server, body) {
  const json = JSON.stringify(body);
  const { hostname, port } = new URL(server.http);
  const socket = connect(Number(port), hostname);
  socket.write(
    'POST /v2/models/text/generate_stream HTTP/1.1\r\nHost: x\r\n' +
      `Content-Length: ${json.length}\r\n\r\n${json}`,
  );
  return socket;
}

function residentBytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)[1]) * 1024;
}
