/** The benchmark in `tools/bench`, for some seconds, so that it works when it is needed. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { measureLoad } from '../../../tools/bench/measure-load.mjs';
import { writeModels } from '../../../tools/bench/model-repository.mjs';
import { choosePeers } from '../../../tools/bench/peers/choose-peers.mjs';
import { measureScale } from '../../../tools/bench/scale.mjs';
import { chooseWorkloads } from '../../../tools/bench/workloads.mjs';
import { ensureInstalled, runProgram } from '../../clients/toolchain.mjs';

const SHORT = ['--rounds=1', '--seconds=0.5', '--warm-up=0.1', '--cold'];
const WORKLOADS = [
  'python-grpc',
  'python-600kB-http-shm',
  'python-ensemble-grpc',
  'python-sequence-stream',
  'identity',
  'identity-600kB-grpc',
  'javascript-http-binary',
  'onnx-tiny-grpc',
];
const IDENTITY_FORMS = 6;
const RUN_LIMIT_MS = 120_000;

const folder = mkdtempSync(join(tmpdir(), 'nereid-test-'));
after(() => rmSync(folder, { recursive: true }));
await ensureInstalled(['c++'], ['g++']);

test('measures each form of request and each kind of model', async () => {
  const [json, picture] = [join(folder, 'figures.json'), join(folder, 'picture.svg')];
  const bench = ['tools/bench/bench.mjs', '--peers=nereid', ...SHORT];
  const { status, stdout, stderr } = await runProgram(
    process.execPath,
    [...bench, '--only', WORKLOADS.join(','), '--json', json, '--picture', picture],
    { limitMs: RUN_LIMIT_MS },
  );
  assert.equal(status, 0, stdout + stderr);
  const { rows } = JSON.parse(readFileSync(json, 'utf8'));
  assert.equal(rows.length, WORKLOADS.length - 1 + IDENTITY_FORMS);
  for (const { name, results } of rows) {
    const { perSecond, p50Us, p99Us, cpuUs, residentBytes, ownCpuUs } = results.nereid;
    for (const figure of [perSecond, p50Us, p99Us, cpuUs, residentBytes, ownCpuUs]) {
      assert.ok(figure.median > 0, `${name}: ${JSON.stringify(results)}`);
    }
    assert.ok(p99Us.median >= p50Us.median, name);
    assert.match(stdout, new RegExp(`\\| ${name} `));
    assert.match(readFileSync(picture, 'utf8'), new RegExp(`>${name} · 16<`));
  }
});

test('tells an answer with other data, a refusal and a missing server from a success', async (t) => {
  const [peer] = choosePeers(['nereid'], { nereidFlags: [] });
  const repository = join(folder, 'models');
  writeModels(repository, ['identity']);
  const server = await peer.start(repository);
  t.after(() => server.stop());
  const options = { concurrency: 4, seconds: 0.3, warmUpSeconds: 0 };
  for (const form of ['http-json', 'http-binary', 'grpc', 'stream', 'grpc-shm']) {
    const [workload] = chooseWorkloads([`identity-${form}`]);
    const good = await measureLoad(server, { workload, ...options });
    assert.equal(good.failure, undefined, form);
    const values = workload.tensor.values.map((value) => value + 1);
    const expected = { ...workload, expected: values };
    const other = await measureLoad(server, { workload: expected, ...options });
    assert.match(other.failure, /has other data/, form);
    const refused = await measureLoad(server, { workload, models: ['missing'], ...options });
    assert.match(refused.failure, /unknown model|too short|other data/, form);
  }
  await server.stop();
  const [workload] = chooseWorkloads(['identity-grpc']);
  const { failure } = await measureLoad(server, { workload, ...options });
  assert.match(failure, /cannot connect/);
});

test('compares few of something with a hundredfold', async () => {
  const [peer] = choosePeers(['nereid'], { nereidFlags: [] });
  const settings = { rounds: 1, seconds: 0.5, warmUpSeconds: 0.1, isCold: true };
  const [row] = await measureScale(peer, ['scale-sequences'], settings);
  assert.equal(row.many, row.few * 100);
  assert.ok(row.fewUs.median > 0 && row.manyUs.median > 0 && row.ratio.median > 0);
});
