import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fp32Request, slowModel, writeModels } from '../model-folder.mjs';
import { describeProbe, startControl, startProbe } from '../probe.mjs';
import { infer, percentile, startServer } from '../server-process.mjs';

const BURSTS = 4;
const BURST_SIZE = 500;
const QUEUE_LIMIT = 16;
const REFUSAL_LIMIT_MS = 500;
const HEALTH_LIMIT_MS = 100;
const NEIGHBOUR_LIMIT_MS = 200;
const FLOOD_CLIENTS = 64;
const FLOOD_MS = 3000;

const queueLimit = `dynamic_batching {
  default_queue_policy { max_queue_size: ${QUEUE_LIMIT} }
}`;
const batched = (model) => ({
  config: model.config.replace('max_batch_size: 0', 'max_batch_size: 1'),
});

async function start(t, models) {
  const server = await startServer([`--model-repository=${await writeModels(t, models)}`]);
  t.after(() => server.kill());
  return server;
}

test('what exceeds the queue limit in bursts of 500 requests is refused at once', async (t) => {
  const server = await start(t, { limited: batched(slowModel(100, queueLimit)) });
  const control = await startControl(t);
  const clients = await openClients(t, server.address('HTTPService'));
  const controlClients = await openClients(t, new URL(control.url).host);
  const stopProbe = await startProbe(t, server);
  // A machine that is busy with other work slows single bursts; a server that queues slows them all.
  const refusalDelaysMs = [];
  let [acceptedCount, refusedCount] = [0, 0];
  for (let burst = 0; burst < BURSTS; burst += 1) {
    const answers = await Promise.all(clients.map((send) => send()));
    const refusalsMs = [];
    for (const { status, text, tookMs } of answers) {
      if (status === 200) acceptedCount += 1;
      else {
        assert.equal(status, 503, text);
        assert.match(text, /Exceeds maximum queue size/);
        refusalsMs.push(tookMs);
      }
    }
    refusedCount += refusalsMs.length;
    const controls = await Promise.all(controlClients.map((send) => send()));
    const controlMs = percentile(
      controls.map(({ tookMs }) => tookMs),
      0.99,
    );
    refusalDelaysMs.push(percentile(refusalsMs, 0.99) - controlMs);
    await sleep(100);
  }
  const [refusal, health] = [Math.min(...refusalDelaysMs), await stopProbe()];
  t.diagnostic(`refusals ${Math.round(refusal)} ms more; health: ${describeProbe(health)}`);
  assert.ok(acceptedCount >= BURSTS * QUEUE_LIMIT && acceptedCount < BURSTS * QUEUE_LIMIT * 3);
  assert.equal(acceptedCount + refusedCount, BURSTS * BURST_SIZE);
  assert.ok(refusal < REFUSAL_LIMIT_MS, `refusals take ${refusal} ms more than the control`);
  assert.ok(health.ownMs < HEALTH_LIMIT_MS, describeProbe(health));
});

test('a model flooded by 64 clients leaves time for another', async (t) => {
  const server = await start(t, { flooded: slowModel(1), neighbour: slowModel(0) });
  const body = JSON.stringify(fp32Request([1]));
  const stopProbe = await startProbe(t, server, { path: '/v2/models/neighbour/infer', body });
  const end = performance.now() + FLOOD_MS;
  const floods = Array.from({ length: FLOOD_CLIENTS }, async () => {
    while (performance.now() < end) {
      assert.equal((await infer(server, 'flooded', fp32Request([1]))).status, 200);
    }
  });
  await Promise.all(floods);
  const neighbour = await stopProbe();
  t.diagnostic(`the other model: ${describeProbe(neighbour)}`);
  assert.ok(neighbour.ownMs < NEIGHBOUR_LIMIT_MS, describeProbe(neighbour));
});

/** As many connections as a burst has requests. */
function openClients(t, address) {
  return Promise.all(Array.from({ length: BURST_SIZE }, () => openClient(t, address)));
}

/** A connection; the function returned sends one request over it and resolves with the answer. */
async function openClient(t, address) {
  const body = JSON.stringify({
    inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [1, 1], data: [1] }],
  });
  const bytes = `POST /v2/models/limited/infer HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host).setEncoding('latin1').setNoDelay();
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return async () => {
    const startMs = performance.now();
    socket.write(bytes);
    // Answers are small enough to come in one piece.
    const [text] = await once(socket, 'data');
    return { status: Number(text.slice(9, 12)), text, tookMs: performance.now() - startMs };
  };
}
