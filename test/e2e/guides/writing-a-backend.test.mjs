import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { infer, post, startServer } from '../server-process.mjs';
import { buildGuideExample } from './guide-example.mjs';

test('the backend of the guide builds, passes its tests and serves', async (t) => {
  const backends = await buildGuideExample(t, {
    guide: 'writing-a-backend.md',
    name: 'linear',
    files: [
      'package.json',
      'tsconfig.json',
      'src/linear-model.ts',
      'src/linear-protocol.ts',
      'src/linear-thread.ts',
      'src/index.ts',
      'src/linear-backend.test.ts',
      'model_repository/line/config.pbtxt',
      'model_repository/line/1/model.json',
    ],
  });
  const models = join(backends, 'linear', 'model_repository');
  const server = await startServer([
    `--backend-directory=${backends}`,
    `--model-repository=${models}`,
    '--model-control-mode=explicit',
    '--load-model=line',
  ]);
  t.after(() => server.kill());
  const ask = async (data) => {
    const input = { name: 'INPUT', datatype: 'FP32', shape: [data.length / 2, 2], data };
    return await infer(server, 'line', { inputs: [input] });
  };
  const { status, body } = await ask([1, 2]);
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.outputs, [
    { name: 'OUTPUT', datatype: 'FP32', shape: [1, 1], data: [5.5] },
  ]);
  // Several at a time are batched, and each gets its own.
  const answers = await Promise.all([1, 2, 3, 4].map((x) => ask([x, 0, 0, x])));
  assert.deepEqual(
    answers.map((answer) => answer.body.outputs[0].data),
    [1, 2, 3, 4].map((x) => [x + 0.5, 2 * x + 0.5]),
  );

  await writeFile(join(models, 'line', '1', 'model.json'), '{"weights": []}');
  const refused = await post(server, '/v2/repository/models/line/load');
  assert.equal(refused.status, 400);
  assert.match(refused.body.error, /model\.json is no linear model: weights must be rows of num/);
  assert.equal((await ask([1, 2])).status, 200);
});
