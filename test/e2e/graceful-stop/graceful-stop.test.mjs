import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from '../server-process.mjs';

const models = `--model-repository=${join(dirname(fileURLToPath(import.meta.url)), 'models')}`;
const CLIENTS = 16;
/** Far below the minute for which a model hangs. */
const HANG_LIMIT_MS = 20_000;
/** Less than a request takes, and more than one needs to arrive. */
const ARRIVAL_MS = 200;
const body = JSON.stringify({
  inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }],
});

test('SIGTERM under load answers every accepted request and refuses new ones', async (t) => {
  const server = await startServer([models]);
  t.after(() => server.kill());
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  t.after(() => agent.destroy());
  const outcomes = [];
  let stoppedAtMs = Number.POSITIVE_INFINITY;

  const clients = Array.from({ length: CLIENTS }, async () => {
    while (Date.now() < stoppedAtMs + 1000) {
      const startedAtMs = Date.now();
      const outcome = await send(server, agent);
      outcomes.push({ startedAtMs, ...outcome });
      if (outcome.error) return;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  stoppedAtMs = Date.now();
  const exit = server.stop('SIGTERM');
  await Promise.all(clients);

  assert.equal(await exit, 0, server.log);
  const accepted = outcomes.filter(({ startedAtMs }) => startedAtMs < stoppedAtMs - ARRIVAL_MS);
  assert.ok(accepted.length >= CLIENTS);
  assert.deepEqual(
    accepted.filter(({ status }) => status !== 200),
    [],
  );
  const later = outcomes.filter(({ startedAtMs }) => startedAtMs > stoppedAtMs + ARRIVAL_MS);
  const refused = ({ status, error }) => status === 503 || error === 'ECONNREFUSED';
  assert.deepEqual(
    later.filter((outcome) => !refused(outcome)),
    [],
  );
  // What came at the same time as the signal is served or refused, and never cut off.
  assert.deepEqual(
    outcomes.filter((outcome) => outcome.status !== 200 && !refused(outcome)),
    [],
  );
});

test('a second signal changes nothing', async (t) => {
  const server = await startServer([models]);
  t.after(() => server.kill());
  const answer = send(server);
  await new Promise((resolve) => setTimeout(resolve, ARRIVAL_MS));
  const exit = server.stop('SIGTERM');
  server.stop('SIGINT');
  assert.equal((await answer).status, 200);
  assert.equal(await exit, 0);
});

test('a model that hangs is left behind when --exit-timeout-secs is over', async (t) => {
  const server = await startServer([models, '--exit-timeout-secs=1']);
  t.after(() => server.kill());
  const answer = send(server, undefined, 'hang');
  await new Promise((resolve) => setTimeout(resolve, ARRIVAL_MS));
  const startMs = Date.now();
  assert.equal(await server.stop('SIGTERM'), 1);
  assert.ok(Date.now() - startMs < HANG_LIMIT_MS);
  assert.match(server.log, /Exit timeout expired\. Exiting immediately\./);
  assert.notEqual((await answer).status, 200);
});

/** Resolves with the status, or with the error's code. */
function send(server, agent, model = 'slow') {
  return new Promise((resolve) => {
    const url = `${server.http}/v2/models/${model}/infer`;
    const sent = request(url, { method: 'POST', agent }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode }));
    });
    sent.on('error', ({ code }) => resolve({ error: code }));
    sent.end(body);
  });
}
