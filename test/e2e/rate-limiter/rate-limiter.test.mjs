/** Instances of different models share resources; what can never execute does not load. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { infer, post, startServer } from '../server-process.mjs';

const DELAY_MS = 40;
const REQUESTS = 5;

/** A model whose instance takes so much of the resource R. */
function model(count, { priority = 1, global = false } = {}) {
  const resource = `{ name: "R" count: ${count} global: ${global} }`;
  const config = modelConfig(
    'identity',
    `parameters { key: "execute_delay_ms" value: { string_value: "${DELAY_MS}" } }`,
  );
  const limiter = `rate_limiter { resources [ ${resource} ] priority: ${priority} }`;
  return { config: config.replace('count: 1 }', `count: 1 ${limiter} }`) };
}

async function start(t, models, flags) {
  const folder = await writeModels(t, models);
  const server = await startServer([`--model-repository=${folder}`, ...flags]);
  t.after(() => server.kill());
  return server;
}

/** How long the models take for their requests, sent at once, in milliseconds. */
async function timeOf(server, names) {
  const startMs = performance.now();
  const answers = names.flatMap((name) =>
    Array.from({ length: REQUESTS }, () => infer(server, name, fp32Request([1]))),
  );
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
  return performance.now() - startMs;
}

describe('the rate limiter', () => {
  it('lets one instance execute at a time where there is one copy for two models', async (t) => {
    const server = await start(t, { a: model(1), b: model(1, { priority: 2 }) }, [
      '--rate-limit=execution_count',
    ]);
    const took = await timeOf(server, ['a', 'b']);
    // Timers may be a millisecond early.
    assert.ok(took >= 2 * REQUESTS * (DELAY_MS - 1), `${took} ms`);
    assert.equal(await server.stop(), 0);
  });

  it('refuses a model that needs more than there is, and serves the other', async (t) => {
    const server = await start(t, { a: model(1), b: model(3) }, [
      '--rate-limit=execution_count',
      '--rate-limit-resource=R:2',
      '--model-control-mode=explicit',
      '--load-model=a',
    ]);
    const { status, body } = await post(server, '/v2/repository/models/b/load');
    assert.equal(status, 400);
    assert.match(
      body.error,
      /Resource count for "R" is limited to 2 which will prevent scheduling of one or more model/,
    );
    assert.equal((await infer(server, 'a', fp32Request([1]))).status, 200);
  });

  it('refuses a resource that is global for one model and not for another', async (t) => {
    const server = await start(t, { a: model(1), b: model(1, { global: true }) }, [
      '--rate-limit=execution_count',
      '--model-control-mode=explicit',
      '--load-model=a',
    ]);
    const { body } = await post(server, '/v2/repository/models/b/load');
    assert.match(body.error, /"R" is present as both global and device-specific resource/);
    // What the first model needs is forgotten with it.
    await post(server, '/v2/repository/models/a/unload');
    const loaded = async () => (await post(server, '/v2/repository/models/b/load')).status === 200;
    for (let tries = 0; tries < 50 && !(await loaded()); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal((await infer(server, 'b', fp32Request([1]))).status, 200);
  });

  it('is not there unless it is asked for', async (t) => {
    const server = await start(t, { a: model(1), b: model(3) }, ['--rate-limit-resource=R:2']);
    assert.equal((await infer(server, 'b', fp32Request([1]))).status, 200);
  });
});
