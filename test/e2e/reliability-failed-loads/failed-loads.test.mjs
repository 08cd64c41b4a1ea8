import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ECHO_SOURCE, fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { infer, post, startServer } from '../server-process.mjs';

const START_TIMEOUT_SECONDS = 3;

/** What the models do while they load, and what the reason tells of it. */
const faults = {
  raises: { source: "throw new Error('no weights here');", reason: /no weights here/ },
  raises_late: {
    source: "export async function initialize() { throw new Error('no weights either'); }",
    reason: /no weights either/,
  },
  exits: { source: 'process.exit(3);', reason: /exited with code 3/ },
  hangs: { source: 'for (;;);', reason: /did not start within 3 seconds/ },
  hangs_waiting: {
    source: 'export const initialize = () => new Promise((resolve) => setTimeout(resolve, 1e8));',
    reason: /did not start within 3 seconds/,
  },
  has_no_execute: { source: 'export const run = 1;', reason: /execute/ },
};

async function start(t, args) {
  const config = modelConfig('javascript');
  const models = { good: { config, source: ECHO_SOURCE } };
  for (const [name, { source }] of Object.entries(faults)) {
    models[name] = { config, source: `${source}\n${name.startsWith('has') ? '' : ECHO_SOURCE}` };
  }
  const folder = await writeModels(t, models);
  const timeout = `--backend-config=javascript,start-timeout-seconds=${START_TIMEOUT_SECONDS}`;
  const options = { waitForReady: false };
  const server = await startServer([`--model-repository=${folder}`, timeout, ...args], options);
  t.after(() => server.kill());
  return server;
}

test('models that fail to load fail alone, each with its reason', async (t) => {
  const server = await start(t, ['--model-control-mode=explicit', '--load-model=good']);
  await waitForModel(server, 'good');
  const hanging = post(server, '/v2/repository/models/hangs/load');
  for (const name of ['raises', 'raises_late', 'exits', 'has_no_execute']) {
    const startMs = performance.now();
    const { status, body } = await post(server, `/v2/repository/models/${name}/load`);
    assert.equal(status, 400, name);
    assert.match(body.error, faults[name].reason, name);
    assert.ok(performance.now() - startMs < START_TIMEOUT_SECONDS * 1000, name);
    const { status: goodStatus, body: good } = await infer(server, 'good', fp32Request([2]));
    assert.equal(goodStatus, 200);
    assert.deepEqual(good.outputs[0].data, [2]);
  }
  const [slow, waiting] = await Promise.all([
    hanging,
    post(server, '/v2/repository/models/hangs_waiting/load'),
  ]);
  for (const { status, body } of [slow, waiting]) {
    assert.equal(status, 400);
    assert.match(body.error, faults.hangs.reason);
  }
});

test('nobody waits for models that hang at start-up, and the others serve', async (t) => {
  const server = await start(t, ['--exit-on-error=false']);
  const startMs = performance.now();
  await waitForModel(server, 'good');
  assert.ok(performance.now() - startMs < START_TIMEOUT_SECONDS * 1000);
  assert.equal((await infer(server, 'good', fp32Request([2]))).status, 200);
  const reasons = new Map();
  const deadline = performance.now() + 20_000;
  while (reasons.size < Object.keys(faults).length && performance.now() < deadline) {
    const { status, body } = await post(server, '/v2/repository/index');
    // Answered once every start-up model is ready or has failed.
    for (const { name, state, reason } of status === 200 ? body : []) {
      if (state === 'UNAVAILABLE') reasons.set(name, reason);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const [name, { reason }] of Object.entries(faults)) {
    assert.match(reasons.get(name) ?? '', reason, name);
  }
});

async function waitForModel(server, name) {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const { status } = await fetch(`${server.http}/v2/models/${name}/ready`);
    if (status === 200) return;
    assert.ok(performance.now() < deadline, server.log);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
