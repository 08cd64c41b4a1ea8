import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { fp32Request } from '../model-folder.mjs';
import { infer, root } from '../server-process.mjs';
import {
  adderFiles,
  agentSection,
  load,
  makeWorkspace,
  privateEntries,
  putFiles,
  startAgentServer,
} from './agent-models.mjs';

const run = promisify(execFile);

test('the agent of the guide builds, passes its tests and serves', async (t) => {
  // Below the root, where Node finds the packages that a real one would have installed.
  const cache = join(root, '.cache');
  await mkdir(cache, { recursive: true });
  const agents = await mkdtemp(join(cache, 'repository-agents-'));
  t.after(() => rm(agents, { recursive: true }));
  const directory = join(agents, 'gunzip');
  await writeExample(join(root, 'docs', 'writing-a-repository-agent.md'), directory);

  await run('npx', ['tsc', '-b', directory], { cwd: root });
  const { stdout } = await run('npm', ['test'], { cwd: directory, env: withoutTestContext() });
  assert.match(stdout, /# fail 0/);
  assert.doesNotMatch(stdout, /# pass 0/);

  const workspace = await makeWorkspace(t);
  const files = adderFiles(1, agentSection(['gunzip', {}]));
  await putFiles(join(workspace.repository, 'adder'), {
    'config.pbtxt': files['config.pbtxt'],
    '1/model.js.gz': gzipSync(files['1/model.js']),
  });
  const server = await startAgentServer(t, workspace, {
    flags: [`--repoagent-directory=${agents}`],
  });
  assert.match(server.log, /\| gunzip +\| nereid-repoagent-gunzip@0\.1\.0/);
  assert.equal((await load(server, 'adder')).status, 200);
  const { body } = await infer(server, 'adder', fp32Request([1]));
  assert.deepEqual(body.outputs[0].data, [2]);

  await writeFile(join(workspace.repository, 'adder', '1', 'model.js.gz'), 'not compressed');
  const refused = await load(server, 'adder');
  assert.equal(refused.status, 500);
  assert.match(refused.body.error, /cannot unpack 'adder': incorrect header check/);
  assert.equal((await infer(server, 'adder', fp32Request([1]))).status, 200);
  assert.equal(await server.stop(), 0);
  assert.deepEqual(await privateEntries(workspace), []);
});

/** Writes each file whose name stands, alone and in code, above a block of code. */
async function writeExample(guide, directory) {
  const text = await readFile(guide, 'utf8');
  const blocks = [...text.matchAll(/^`([\w./-]+)`:\n\n```\w+\n([\s\S]*?)^```$/gm)];
  assert.deepEqual(
    blocks.map(([, path]) => path),
    ['package.json', 'tsconfig.json', 'src/index.ts', 'src/gunzip-agent.test.ts'],
  );
  for (const [, path, content] of blocks) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

/** A test runner started by another one reports to it, and prints nothing of its own. */
function withoutTestContext() {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...environment } = process.env;
  return environment;
}
