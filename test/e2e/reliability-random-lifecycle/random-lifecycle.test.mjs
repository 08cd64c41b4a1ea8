import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ECHO_SOURCE, fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { eventually, threadCount } from '../process-gauge.mjs';
import { infer, post, startServer } from '../server-process.mjs';

const CLIENTS = 8;
const DURATION_MS = 5000;
const ANSWER_LIMIT_MS = 10_000;
const MODELS = ['a', 'b', 'c'];
const SEED = 20_251;

test('eight clients that load, unload and infer at random all get their answers', async (t) => {
  const model = { config: modelConfig('javascript'), source: ECHO_SOURCE };
  const folder = await writeModels(t, Object.fromEntries(MODELS.map((name) => [name, model])));
  const server = await startServer([
    `--model-repository=${folder}`,
    '--model-control-mode=explicit',
  ]);
  t.after(() => server.kill());
  const threads = threadCount(server.pid);
  const end = performance.now() + DURATION_MS;
  const counts = { load: 0, unload: 0, served: 0, refused: 0 };
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    const random = generator(SEED + client);
    while (performance.now() < end) {
      const name = MODELS[Math.floor(random() * MODELS.length)];
      const startMs = performance.now();
      await step(server, { name, choice: random(), counts });
      assert.ok(performance.now() - startMs < ANSWER_LIMIT_MS);
    }
  });
  await Promise.all(clients);
  t.diagnostic(JSON.stringify(counts));
  assert.ok(Object.values(counts).every((count) => count > 0));
  for (const name of MODELS) {
    assert.equal((await post(server, `/v2/repository/models/${name}/load`)).status, 200);
    assert.equal((await infer(server, name, fp32Request([6]))).status, 200);
    assert.equal((await post(server, `/v2/repository/models/${name}/unload`)).status, 200);
  }
  const back = await eventually(() => threadCount(server.pid) <= threads + 1, 5000);
  assert.ok(back, `${threads} threads became ${threadCount(server.pid)}`);
});

async function step(server, { name, choice, counts }) {
  if (choice < 0.1) {
    assert.equal((await post(server, `/v2/repository/models/${name}/load`)).status, 200);
    counts.load += 1;
  } else if (choice < 0.2) {
    assert.equal((await post(server, `/v2/repository/models/${name}/unload`)).status, 200);
    counts.unload += 1;
  } else {
    const { status, body } = await infer(server, name, fp32Request([6]));
    if (status === 200) {
      assert.deepEqual(body.outputs[0].data, [6]);
      counts.served += 1;
    } else {
      assert.match(body.error, /unknown model|no available versions|not ready|stopped/);
      counts.refused += 1;
    }
  }
}

/** Numbers from 0 to 1 that are the same in each run: a linear congruential generator. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
