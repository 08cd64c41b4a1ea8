import assert from 'node:assert/strict';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ECHO_SOURCE, fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import {
  cpuSeconds,
  descriptorCount,
  eventually,
  MEBIBYTE,
  residentBytes,
  threadCount,
} from '../process-gauge.mjs';
import { infer, post, root, startServer } from '../server-process.mjs';

const CYCLES = 100;
/** The first cycles load code and fill pools that stay. */
const FIRST_CYCLES = 10;
/** Of CPU time, which tells the same on a machine that is busy with other work. */
const CYCLES_LIMIT_SECONDS = 25;
const GROWTH_LIMIT_BYTES = 50 * MEBIBYTE;
const SETTLE_LIMIT_MS = 5000;
const ONNX_MODEL = join(root, 'test', 'conformance', 'golden', 'models-onnx', 'onnx_identity');

test('a hundred loads of a javascript model give everything back', async (t) => {
  const models = { m: { config: modelConfig('javascript'), source: ECHO_SOURCE } };
  await cycle(t, await writeModels(t, models), fp32Request([3]));
});

test('a hundred loads of an ONNX model give everything back', async (t) => {
  const folder = await writeModels(t, {});
  await mkdir(join(folder, 'm'));
  await cp(join(ONNX_MODEL, '1'), join(folder, 'm', '1'), { recursive: true });
  await cycle(t, folder, undefined);
});

/** Without a request, the model is only loaded. */
async function cycle(t, folder, request) {
  const server = await startServer([
    `--model-repository=${folder}`,
    '--model-control-mode=explicit',
  ]);
  t.after(() => server.kill());
  await loadAndUnload(server, FIRST_CYCLES, request);
  const before = gauge(server.pid);
  const startSeconds = cpuSeconds(server.pid);
  await loadAndUnload(server, CYCLES, request);
  const tookSeconds = cpuSeconds(server.pid) - startSeconds;
  const isBack = () => {
    const now = gauge(server.pid);
    return (
      now.descriptors <= before.descriptors + 2 &&
      now.threads <= before.threads + 1 &&
      now.bytes <= before.bytes + GROWTH_LIMIT_BYTES
    );
  };
  const back = await eventually(isBack, SETTLE_LIMIT_MS);
  const now = gauge(server.pid);
  const growth = `${Math.round((now.bytes - before.bytes) / MEBIBYTE)} MiB more`;
  t.diagnostic(`${tookSeconds.toFixed(1)} s of CPU time, ${growth}`);
  assert.ok(back, `${JSON.stringify(before)} became ${JSON.stringify(now)}`);
  assert.ok(tookSeconds < CYCLES_LIMIT_SECONDS, `${tookSeconds} s`);
}

async function loadAndUnload(server, count, request) {
  for (let index = 0; index < count; index += 1) {
    const loaded = await post(server, '/v2/repository/models/m/load');
    assert.equal(loaded.status, 200, JSON.stringify(loaded.body));
    if (request !== undefined) assert.equal((await infer(server, 'm', request)).status, 200);
    assert.equal((await post(server, '/v2/repository/models/m/unload')).status, 200);
  }
}

function gauge(pid) {
  return {
    descriptors: descriptorCount(pid),
    threads: threadCount(pid),
    bytes: residentBytes(pid),
  };
}
