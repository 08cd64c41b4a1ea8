import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { infer, root, startServer } from '../server-process.mjs';

const run = promisify(execFile);
const nereid = join(root, 'packages', 'server', 'dist', 'nereid.js');

test('a generated backend builds, passes its contract suite and serves', async (t) => {
  // Below the root, where Node finds the packages that a published backend would have installed.
  const cache = join(root, '.cache');
  await mkdir(cache, { recursive: true });
  const plugins = await mkdtemp(join(cache, 'new-backend-'));
  t.after(() => rm(plugins, { recursive: true }));
  const directory = join(plugins, 'scale');

  await run(process.execPath, [nereid, 'new', 'backend', 'scale', directory]);
  await run('npx', ['tsc', '-b', directory], { cwd: root });
  const { stdout } = await run('npm', ['test'], { cwd: directory, env: withoutTestContext() });
  assert.match(stdout, /# fail 0/);
  assert.doesNotMatch(stdout, /# pass 0/);

  const server = await startServer([
    `--backend-directory=${plugins}`,
    `--model-repository=${join(directory, 'model_repository')}`,
  ]);
  t.after(() => server.kill());
  assert.equal(server.exited, false, server.log);
  const { status, body } = await infer(server, 'scale_example', {
    inputs: [{ name: 'INPUT', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }],
  });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.outputs[0].shape, [1, 4]);
  assert.notDeepEqual(body.outputs[0].data, [1, 2, 3, 4]);
});

test('refuses to write over a folder that exists', async () => {
  const failure = await run(process.execPath, [nereid, 'new', 'backend', 'scale', root]).catch(
    (error) => error,
  );
  assert.equal(failure.code, 1);
  assert.match(failure.stderr, /is not empty/);
});

/** A test runner started by another one reports to it, and prints nothing of its own. */
function withoutTestContext() {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...environment } = process.env;
  return environment;
}
