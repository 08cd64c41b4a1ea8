import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ECHO_SOURCE, fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { MEBIBYTE, MemoryWatch } from '../process-gauge.mjs';
import { infer, percentile, startServer } from '../server-process.mjs';

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
    const latenciesMs = [];
    while (left > 0) {
      const startMs = performance.now();
      await (await fetch(`${server.http}/v2/health/ready`)).arrayBuffer();
      latenciesMs.push(performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await Promise.all(clients);
    const growth = watch.stop();
    const p99 = percentile(latenciesMs, 0.99);
    t.diagnostic(`health p99 ${Math.round(p99)} ms, ${Math.round(growth / MEBIBYTE)} MiB more`);
    assert.ok(p99 < HEALTH_LIMIT_MS, `health p99 ${p99} ms`);
    assert.ok(growth < GROWTH_LIMIT_BYTES, `${growth} bytes more`);
  });
}
