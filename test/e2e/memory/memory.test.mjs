import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, startServer } from '../server-process.mjs';

const MEBIBYTE = 1024 * 1024;
const TENSOR_BYTES = 64 * MEBIBYTE;
const REQUESTS = 20;
const GROWTH_LIMIT_BYTES = 200 * MEBIBYTE;
const SETTLE_LIMIT_MS = 10_000;

test('the memory of twenty requests of 64 MB at once comes back', async (t) => {
  const server = await startServer([
    `--model-repository=${join(root, 'examples', 'model_repository')}`,
    '--model-control-mode=explicit',
    '--load-model=identity',
  ]);
  t.after(() => server.kill());
  const before = residentBytes(server.pid);
  const answers = await Promise.all(Array.from({ length: REQUESTS }, () => sendLarge(server)));
  // Refused for want of memory would be right, too; a wrong or missing answer would not.
  for (const { status, bytes } of answers) {
    assert.ok(status !== 200 || bytes > TENSOR_BYTES, `${status} with ${bytes} bytes`);
    assert.ok([200, 413, 429, 503].includes(status), `status ${status}`);
  }
  const deadline = Date.now() + SETTLE_LIMIT_MS;
  let growth = residentBytes(server.pid) - before;
  while (growth > GROWTH_LIMIT_BYTES && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    growth = residentBytes(server.pid) - before;
  }
  t.diagnostic(`${Math.round(growth / MEBIBYTE)} MiB more than before`);
  assert.ok(growth <= GROWTH_LIMIT_BYTES, `${Math.round(growth / MEBIBYTE)} MiB more`);
});

async function sendLarge(server) {
  const header = JSON.stringify({
    inputs: [
      {
        name: 'INPUT0',
        datatype: 'FP32',
        shape: [1, TENSOR_BYTES / 4],
        parameters: { binary_data_size: TENSOR_BYTES },
      },
    ],
    parameters: { binary_data_output: true },
  });
  const response = await fetch(`${server.http}/v2/models/identity/infer`, {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(header.length) },
    body: Buffer.concat([Buffer.from(header), Buffer.alloc(TENSOR_BYTES)]),
  });
  let bytes = 0;
  for await (const chunk of response.body) bytes += chunk.byteLength;
  return { status: response.status, bytes };
}

function residentBytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
