import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slowModel, writeModels } from '../model-folder.mjs';
import { describeProbe, startProbe } from '../probe.mjs';
import { MEBIBYTE } from '../process-gauge.mjs';
import { startServer } from '../server-process.mjs';

const BODY_BYTES = 20 * MEBIBYTE;
const ROUNDS = 5;
const HEALTH_LIMIT_MS = 200;

test('health answers while 20 MB of JSON come and go', async (t) => {
  const models = await writeModels(t, { echo: slowModel(0) });
  const server = await startServer([`--model-repository=${models}`]);
  t.after(() => server.kill());
  const element = '0.12345678,';
  const count = Math.floor(BODY_BYTES / element.length);
  const body =
    `{"inputs":[{"name":"INPUT0","datatype":"FP32","shape":[${count}],` +
    `"data":[${element.repeat(count).slice(0, -1)}]}]}`;
  // A machine that is busy with other work slows single rounds; a server that blocks slows them all.
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const stopProbe = await startProbe(t, server);
    const response = await fetch(`${server.http}/v2/models/echo/infer`, { method: 'POST', body });
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.ok(text.length > BODY_BYTES);
    assert.match(text, /"data":\[0\.12345678/);
    rounds.push(await stopProbe());
  }
  const told = rounds.map(describeProbe).join('; ');
  t.diagnostic(told);
  assert.ok(Math.min(...rounds.map(({ ownMs }) => ownMs)) < HEALTH_LIMIT_MS, told);
});
