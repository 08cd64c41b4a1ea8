import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ECHO_SOURCE, fp32Request, modelConfig, slowModel, writeModels } from '../model-folder.mjs';
import { eventually } from '../process-gauge.mjs';
import { infer, startServer } from '../server-process.mjs';

const EXIT_TIMEOUT_SECONDS = 3;
/** Well below the minute for which the models hang. */
const EXIT_LIMIT_MS = 20_000;

const hangs = {
  computing: 'const end = Date.now() + 60_000; while (Date.now() < end);',
  waiting: 'await new Promise((resolve) => setTimeout(resolve, 60_000));',
};

for (const [how, statement] of Object.entries(hangs)) {
  test(`SIGTERM ends a server whose model hangs ${how}, in time`, async (t) => {
    const source = `export async function execute(requests) { ${statement} return []; }`;
    const models = { hanging: { config: modelConfig('javascript'), source } };
    const folder = await writeModels(t, models);
    const timeout = `--exit-timeout-secs=${EXIT_TIMEOUT_SECONDS}`;
    const server = await startServer([`--model-repository=${folder}`, timeout]);
    t.after(() => server.kill());
    const answer = infer(server, 'hanging', fp32Request([1])).catch((error) => error);
    await sleep(1000);
    const startMs = performance.now();
    assert.equal(await server.stop('SIGTERM'), 1);
    assert.ok(performance.now() - startMs < EXIT_LIMIT_MS);
    assert.notEqual((await answer).status, 200);
    assert.ok(!existsSync(`/proc/${server.pid}`));
  });
}

test('SIGKILL under load leaves no process', async (t) => {
  const config = modelConfig('javascript');
  const models = { echo: { config, source: ECHO_SOURCE }, slow: slowModel(50) };
  const server = await startServer([`--model-repository=${await writeModels(t, models)}`]);
  t.after(() => server.kill());
  let stopped = false;
  const clients = Array.from({ length: 8 }, async (_, index) => {
    const model = index % 2 === 0 ? 'echo' : 'slow';
    while (!stopped) await infer(server, model, fp32Request([index])).catch(() => {});
  });
  await sleep(500);
  const children = childrenOf(server.pid);
  await server.stop('SIGKILL');
  stopped = true;
  await Promise.all(clients);
  const gone = () => children.every((pid) => !existsSync(`/proc/${pid}`));
  assert.ok(await eventually(gone, 5000), `${children} were left`);
});

function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
}
