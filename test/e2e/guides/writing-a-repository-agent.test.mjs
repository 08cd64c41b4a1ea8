import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { fp32Request } from '../model-folder.mjs';
import {
  adderFiles,
  agentSection,
  load,
  makeWorkspace,
  privateEntries,
  putFiles,
  startAgentServer,
} from '../repository-agents/agent-models.mjs';
import { infer } from '../server-process.mjs';
import { buildGuideExample } from './guide-example.mjs';

test('the agent of the guide builds, passes its tests and serves', async (t) => {
  const agents = await buildGuideExample(t, {
    guide: 'writing-a-repository-agent.md',
    name: 'gunzip',
    files: ['package.json', 'tsconfig.json', 'src/index.ts', 'src/gunzip-agent.test.ts'],
  });

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
