import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ECHO_SOURCE, fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { describeProbe, startProbe } from '../probe.mjs';
import { MEBIBYTE, MemoryWatch } from '../process-gauge.mjs';
import { infer, startServer } from '../server-process.mjs';

const REQUESTS = 30;
const CLIENTS = 3;
const ANSWER_LIMIT_MS = 5000;
const HEALTH_LIMIT_MS = 500;
const GROWTH_LIMIT_BYTES = 300 * MEBIBYTE;

const writes = {
  'process.stdout and process.stderr': `
    process.stdout.write(text);
    process.stderr.write(text);`,
  console: `
    console.log(text);
    console.error(text);`,
};

for (const [where, statements] of Object.entries(writes)) {
  test(`a megabyte to ${where} in each request stalls nothing`, async (t) => {
    const source = `const text = ('x'.repeat(99) + '\\n').repeat(10_000);
      ${ECHO_SOURCE.replace('(requests) =>', '(requests) => {')
        .replace(
          'requests.map',
          `${statements}
      return requests.map`,
        )
        .replace(/;\s*$/, '; };')}`;
    const folder = await writeModels(t, { loud: { config: modelConfig('javascript'), source } });
    const server = await startServer([`--model-repository=${folder}`]);
    t.after(() => server.kill());
    const stopProbe = await startProbe(t, server);
    const watch = new MemoryWatch(server.pid);
    let left = REQUESTS;
    const clients = Array.from({ length: CLIENTS }, async () => {
      while (left-- > 0) {
        const startMs = performance.now();
        const { status } = await infer(server, 'loud', fp32Request([1]));
        assert.equal(status, 200);
        assert.ok(performance.now() - startMs < ANSWER_LIMIT_MS);
      }
    });
    await Promise.all(clients);
    const growth = watch.stop();
    const health = await stopProbe();
    t.diagnostic(`${describeProbe(health)}; ${Math.round(growth / MEBIBYTE)} MiB more`);
    assert.ok(health.ownMs < HEALTH_LIMIT_MS, describeProbe(health));
    assert.ok(growth < GROWTH_LIMIT_BYTES, `${growth} bytes more`);
  });
}
