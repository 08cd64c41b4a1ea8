import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer } from '../server-process.mjs';

const CONFIG = `
backend: "javascript"
input [ { name: "x" data_type: TYPE_INT32 dims: [ 1 ] } ]
output [ { name: "parameters" data_type: TYPE_STRING dims: [ 1 ] } ]
`;

const MODEL = `
export function execute(requests) {
  return requests.map(({ parameters }) => ({
    outputs: { parameters: { shape: [1], data: [JSON.stringify(parameters)] } },
  }));
}
`;

test('headers that match the pattern of the command line reach the model', async (t) => {
  const repository = await mkdtemp(join(tmpdir(), 'nereid-forward-'));
  t.after(() => rm(repository, { recursive: true }));
  await mkdir(join(repository, 'echo', '1'), { recursive: true });
  await writeFile(join(repository, 'echo', 'config.pbtxt'), CONFIG);
  await writeFile(join(repository, 'echo', '1', 'model.js'), MODEL);
  const server = await startServer([
    `--model-repository=${repository}`,
    '--http-header-forward-pattern=^x-fwd-',
  ]);
  t.after(() => server.kill());
  const response = await fetch(`${server.http}/v2/models/echo/infer`, {
    method: 'POST',
    headers: { 'X-Fwd-User': 'me', 'X-Other': 'no', authorization: 'Bearer secret' },
    body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }] }),
  });
  const { outputs, error } = await response.json();
  assert.equal(error, undefined);
  const parameters = JSON.parse(outputs[0].data[0]);
  assert.deepEqual(
    Object.keys(parameters).map((name) => name.toLowerCase()),
    ['x-fwd-user'],
  );
  assert.deepEqual(Object.values(parameters), ['me']);
});
