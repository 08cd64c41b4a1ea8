import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ECHO_SOURCE, fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { infer, post, startServer } from '../server-process.mjs';

/** Nothing can be made there, not even by root. */
const UNWRITABLE = '/proc/no-such-folder';

test('a load with a file override fails alone where TMPDIR cannot be written', async (t) => {
  const model = { config: modelConfig('javascript'), source: ECHO_SOURCE };
  const folder = await writeModels(t, { good: model, overridden: model });
  const server = await startServer(
    [`--model-repository=${folder}`, '--model-control-mode=explicit', '--load-model=*'],
    { environment: { TMPDIR: UNWRITABLE } },
  );
  t.after(() => server.kill());
  const { status, body } = await post(server, '/v2/repository/models/overridden/load', {
    parameters: {
      config: JSON.stringify({ backend: 'javascript' }),
      'file:1/model.js': Buffer.from(ECHO_SOURCE).toString('base64'),
    },
  });
  assert.notEqual(status, 200);
  assert.match(body.error, /overridden/);
  assert.ok(body.error.includes(UNWRITABLE), body.error);
  for (const name of ['good', 'overridden']) {
    const answer = await infer(server, name, fp32Request([2]));
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }
  assert.equal((await post(server, '/v2/repository/models/good/load')).status, 200);
  assert.equal(await server.stop(), 0);
});
