/** Models written for the Python backend, in Pyodide, through a real server. */

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { grpcClient, grpcInfer } from '../grpc-client.mjs';
import { infer, post, root, startServer } from '../server-process.mjs';

/** The backend is not in the bundled set. */
const PLUGINS = `--plugin-directory=${join(root, 'backends')}`;
/** A folder of a Pyodide distribution with a numpy wheel in it; without one numpy is not tried. */
const DISTRIBUTION = process.env.NEREID_TEST_PYODIDE_DISTRIBUTION;

const PAIR = `
input [
  { name: "INPUT0" data_type: TYPE_FP32 dims: [ 4 ] },
  { name: "INPUT1" data_type: TYPE_FP32 dims: [ 4 ] }
]
output [
  { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 4 ] },
  { name: "OUTPUT1" data_type: TYPE_FP32 dims: [ 4 ] }
]
`;

const ADD_SUB = `
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            a, b = (tensor.values() for tensor in request.inputs())
            tensors = [
                pb_utils.Tensor.from_values("OUTPUT0", "FP32", [4], [x + y for x, y in zip(a, b)]),
                pb_utils.Tensor.from_values("OUTPUT1", "FP32", [4], [x - y for x, y in zip(a, b)]),
            ]
            while a[0] == -1:
                pass
            responses.append(pb_utils.InferenceResponse(tensors))
        return responses
`;

const ASKING = `
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            asked = pb_utils.InferenceRequest(
                model_name="add_sub",
                inputs=request.inputs(),
                requested_output_names=["OUTPUT0", "OUTPUT1"],
            ).exec()
            if asked.has_error():
                raise pb_utils.TritonModelException(asked.error().message())
            responses.append(pb_utils.InferenceResponse(asked.output_tensors()))
        return responses
`;

const LIMIT = 'parameters { key: "EXECUTION_TIMEOUT_SECONDS" value { string_value: "1" } }';

async function makeModels(models) {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-pyodide-'));
  for (const [name, { config, source }] of Object.entries(models)) {
    await mkdir(join(folder, name, '1'), { recursive: true });
    await writeFile(join(folder, name, 'config.pbtxt'), `backend: "pyodide"\n${config}`);
    await writeFile(join(folder, name, '1', 'model.py'), source);
  }
  return folder;
}

let folder;
let server;
before(async () => {
  folder = await makeModels({
    add_sub: { config: PAIR + LIMIT, source: ADD_SUB },
    asking: { config: PAIR, source: ASKING },
  });
  server = await startServer([`--model-repository=${folder}`, PLUGINS]);
});
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true });
});

const fp32 = (name, data) => ({ name, datatype: 'FP32', shape: [data.length], data });
const INPUTS = [fp32('INPUT0', [1, 2, 3, 4]), fp32('INPUT1', [10, 20, 30, 40])];
const SUM = [11, 22, 33, 44];
const DIFFERENCE = [-9, -18, -27, -36];

async function assertAnswers(where, model) {
  const { status, body } = await infer(where, model, { inputs: INPUTS });
  assert.equal(status, 200, body.error);
  assert.deepEqual(
    body.outputs.map(({ data }) => data),
    [SUM, DIFFERENCE],
  );
}

test('answers over HTTP, also through another model', async () => {
  await assertAnswers(server, 'add_sub');
  await assertAnswers(server, 'asking');
});

test('answers over gRPC', async (t) => {
  const { error, response } = await grpcInfer(grpcClient(t, server), {
    modelName: 'add_sub',
    inputs: INPUTS.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    rawInputContents: INPUTS.map(({ data }) => Buffer.from(new Float32Array(data).buffer)),
  });
  assert.ifError(error);
  assert.deepEqual(
    response.rawOutputContents,
    [SUM, DIFFERENCE].map((data) => Buffer.from(new Float32Array(data).buffer)),
  );
});

test('a model that loops fails its request, disturbs no other, and serves again', async () => {
  const inputs = [fp32('INPUT0', [-1, 0, 0, 0]), INPUTS[1]];
  const looping = infer(server, 'add_sub', { inputs });
  const live = await fetch(`${server.http}/v2/health/live`);
  assert.equal(live.status, 200);
  const { status, body } = await looping;
  assert.equal(status, 500);
  assert.match(body.error, /was ended, as its model executed for more than 1 seconds/);
  await assertAnswers(server, 'add_sub');
});

test('tells how to get numpy when a model that needs it finds none', async (t) => {
  const models = await makeModels({ numeric: { config: PAIR, source: 'import numpy' } });
  t.after(() => rm(models, { recursive: true }));
  const flags = [`--model-repository=${models}`, PLUGINS, '--model-control-mode=explicit'];
  const other = await startServer(flags);
  t.after(() => other.stop());
  const { status, body } = await post(other, '/v2/repository/models/numeric/load');
  assert.equal(status, 400);
  assert.match(
    body.error,
    /No module named 'numpy'; a package is looked for as a wheel, .* packages-directory/,
  );
});

test('runs an unmodified example with numpy', { skip: !DISTRIBUTION }, async (t) => {
  const models = await mkdtemp(join(tmpdir(), 'nereid-pyodide-'));
  t.after(() => rm(models, { recursive: true }));
  const example = join(root, 'test', 'e2e', 'python-examples', 'models', 'add_sub');
  await cp(example, join(models, 'add_sub'), { recursive: true });
  const configFile = join(models, 'add_sub', 'config.pbtxt');
  const config = await readFile(configFile, 'utf8');
  await writeFile(configFile, config.replace('"python"', '"pyodide"'));
  const other = await startServer([
    `--model-repository=${models}`,
    PLUGINS,
    `--backend-config=pyodide,pyodide-directory=${DISTRIBUTION}`,
  ]);
  t.after(() => other.stop());
  await assertAnswers(other, 'add_sub');
});
