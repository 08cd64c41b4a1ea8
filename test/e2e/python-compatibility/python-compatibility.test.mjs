/**
 * Models of the Python backend, as users write and miswrite them, and what Triton 2.51 answered:
 * `recorded-answers.jsonl` has a model or a script on each line, with its requests and answers. Of
 * an error, what comes before the traceback is compared.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ensurePython } from '../../../tools/python-environment.mjs';
import { grpcClient, inferStream } from '../grpc-client.mjs';
import { infer, post, startServer } from '../server-process.mjs';

const PRELUDE = `import json, os, sys, threading, time, asyncio
import numpy as np
import triton_python_backend_utils as pb_utils

`;

/** Runs what a request says. Most recorded models are no more than one execute. */
const SCRIPTED = `class TritonPythonModel:
    def initialize(self, args):
        self.args = args

    def R(self, value):
        return pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array([value], np.float32))])

    def execute(self, requests):
        script = pb_utils.get_input_tensor_by_name(requests[0], "SCRIPT").as_numpy()[0].decode()
        names = {}
        exec("def run(self, requests):\\n" + script, globals(), names)
        return names["run"](self, requests)
`;

const scriptedConfig = (input, more = '') => `backend: "python"
input [ ${input}, { name: "SCRIPT" data_type: TYPE_STRING dims: [ 1 ] } ]
output [ { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] } ]
instance_group [ { kind: KIND_CPU count: 1 } ]
${more}`;
const FLOATS = '{ name: "IN" data_type: TYPE_FP32 dims: [ -1 ] }';
const TEXTS = '{ name: "IN" data_type: TYPE_STRING dims: [ -1 ] }';

const SCRIPTED_MODELS = [
  { name: 'scripted_floats', source: SCRIPTED, config: scriptedConfig(FLOATS) },
  { name: 'scripted_texts', source: SCRIPTED, config: scriptedConfig(TEXTS) },
  {
    name: 'scripted_stream',
    source: SCRIPTED,
    config: scriptedConfig(FLOATS, 'model_transaction_policy { decoupled: true }'),
  },
];

/** Configurations that many recorded models have. */
const CONFIGS = { floats: plainConfig('FP32'), texts: plainConfig('STRING') };

function plainConfig(datatype) {
  const tensor = (name) => `[ { name: "${name}" data_type: TYPE_${datatype} dims: [ -1 ] } ]`;
  return `backend: "python"
input ${tensor('IN')}
output ${tensor('OUT')}
instance_group [ { kind: KIND_CPU count: 1 } ]`;
}

const here = dirname(fileURLToPath(import.meta.url));
const recorded = readFileSync(join(here, 'recorded-answers.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const scripts = recorded.filter(({ script }) => script !== undefined);
const models = recorded.filter(({ script }) => script === undefined);

let server;
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nereid-python-'));
  for (const model of [...models, ...SCRIPTED_MODELS]) await writeModel(model);
  server = await startServer([
    `--model-repository=${folder}`,
    '--model-control-mode=explicit',
    `--backend-config=python,python-runtime=${ensurePython()}`,
  ]);
  for (const { name } of SCRIPTED_MODELS) assert.equal((await load(name)).status, 200, server.log);
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function writeModel({ name, source, config, whole, files = {}, versions = ['1'] }) {
  const contents = { ...files };
  for (const version of versions) {
    contents[`${version}/model.py`] = whole ? source : PRELUDE + source;
  }
  if (config) contents['config.pbtxt'] = CONFIGS[config] ?? config;
  for (const [path, content] of Object.entries(contents)) {
    const file = join(folder, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

const load = (name) => post(server, `/v2/repository/models/${name}/load`);

/** Does something with each entry, four at a time: the processes start in parallel. */
async function forEachOf(entries, action) {
  const waiting = [...entries];
  const lane = async () => {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) await action(entry);
  };
  await Promise.all(Array.from({ length: 4 }, lane));
}

const asInput = ([name, datatype, shape, data]) => ({ name, datatype, shape, data });

/** What came back, in the form of the recording. */
async function answerTo(model, { inputs, outputs, params, id, version }) {
  const path = version === undefined ? model : `${model}/versions/${version}`;
  const { status, body } = await infer(server, path, {
    inputs: inputs.map(asInput),
    ...(id !== undefined && { id }),
    ...(outputs && { outputs: outputs.map((name) => ({ name })) }),
    ...(params && { parameters: params }),
  });
  if (body.error !== undefined) return { status, error: plain(body.error) };
  const given = body.outputs.map(({ name, datatype, shape, data }) => [
    name,
    datatype,
    shape,
    data,
  ]);
  return JSON.parse(JSON.stringify({ status, outputs: given }).replaceAll(folder, '<repository>'));
}

const plain = (error) => error.split('\n\nAt:')[0].replaceAll(folder, '<repository>');

/** The messages of a stream, up to the final one. */
function streamed(t, model, { inputs, outputs = [], id, params = {} }) {
  const call = inferStream(t, grpcClient(t, server));
  const parameters = { triton_enable_empty_final_response: { boolParam: true } };
  for (const [name, value] of Object.entries(params)) parameters[name] = { int64Param: value };
  return new Promise((resolve, reject) => {
    const received = [];
    call.on('error', reject).on('data', ({ errorMessage, inferResponse }) => {
      const values = inferResponse.rawOutputContents.map((raw) => [
        ...new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length)),
      ]);
      const final = inferResponse.parameters.triton_final_response.boolParam;
      received.push(
        errorMessage ? { error: plain(errorMessage), values, final } : { values, final },
      );
      if (final) resolve(received);
    });
    call.write({
      modelName: model,
      id: id ?? '',
      parameters,
      inputs: inputs.map(([name, datatype, shape]) => ({ name, datatype, shape })),
      outputs: outputs.map((name) => ({ name })),
      rawInputContents: inputs.map(rawContents),
    });
  });
}

function rawContents([, datatype, , data]) {
  if (datatype !== 'BYTES') return Buffer.from(new Float32Array(data).buffer);
  const [text] = data.map((element) => Buffer.from(element));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text]);
}

function withScript(request, script) {
  const body = script.replaceAll(/^/gm, '    ');
  return { ...request, inputs: [...request.inputs, ['SCRIPT', 'BYTES', [1], [body]]] };
}

/** The recorded answer, as of the model that runs the script. */
const renamed = (answer, from, to) => JSON.parse(JSON.stringify(answer).replaceAll(from, to));

test('what execute returns or raises is answered as recorded', async () => {
  for (const { name, script, cases } of scripts.filter(({ decoupled }) => !decoupled)) {
    for (const { request, answer } of cases) {
      const model = request.inputs[0][1] === 'BYTES' ? 'scripted_texts' : 'scripted_floats';
      const found = await answerTo(model, withScript(request, script));
      assert.deepEqual(found, renamed(answer, `'${name}`, `'${model}`), name);
    }
  }
});

test('what a decoupled model sends is received as recorded', async (t) => {
  for (const { name, script, cases } of scripts.filter(({ decoupled }) => decoupled)) {
    for (const { stream, answer } of cases.filter(({ stream }) => stream)) {
      const found = await streamed(t, 'scripted_stream', withScript(stream, script));
      assert.deepEqual(found, renamed(answer, `'${name}`, `'scripted_stream`), name);
    }
  }
});

test('models that are not as they have to be are refused as recorded', async () => {
  await forEachOf(
    models.filter(({ refused }) => refused),
    async ({ name, refused: [status, error] }) => {
      const answer = await load(name);
      assert.equal(answer.status, status, name);
      assert.equal(plain(answer.body.error), error);
    },
  );
});

test('auto_complete_config completes what it completed when it was recorded', async () => {
  await forEachOf(
    models.filter(({ completed }) => completed),
    async ({ name, completed }) => {
      assert.equal((await load(name)).status, 200, name);
      const config = await (await fetch(`${server.http}/v2/models/${name}/config`)).json();
      const tensors = { input: ['name', 'data_type', 'dims', 'optional'] };
      tensors.output = tensors.input.slice(0, 3);
      for (const [field, expected] of Object.entries(completed)) {
        const value = config[field] ?? null;
        const kept = tensors[field];
        const found = kept ? value.map((tensor) => kept.map((key) => tensor[key])) : value;
        assert.deepEqual(found, expected, `${name}: ${field}`);
      }
    },
  );
});

test('models of all kinds answer as recorded', async (t) => {
  await forEachOf(
    models.filter(({ refused }) => !refused),
    async ({ name, cases = [] }) => {
      assert.equal((await load(name)).status, 200, name);
      for (const { request, stream, answer } of cases) {
        const found = request ? await answerTo(name, request) : await streamed(t, name, stream);
        assert.deepEqual(found, answer, name);
      }
      await post(server, `/v2/repository/models/${name}/unload`);
    },
  );
});
