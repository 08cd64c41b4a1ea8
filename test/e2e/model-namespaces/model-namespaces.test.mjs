/** Two repositories with models of the same name: `--model-namespacing=true`. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fp32Message, grpcClient, grpcInfer } from '../grpc-client.mjs';
import { fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { infer, post, startServer } from '../server-process.mjs';

/** A javascript model that adds a number to its input. */
function adds(value) {
  return {
    config: modelConfig('javascript'),
    source: `export const execute = (requests) => requests.map(({ inputs }) => ({
      outputs: { OUTPUT0: { ...inputs.INPUT0, data: inputs.INPUT0.data.map((x) => x + ${value}) } },
    }));`,
  };
}

/** An ensemble of one model. */
function passesTo(model) {
  const config = `platform: "ensemble"
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
ensemble_scheduling { step [ {
  model_name: "${model}" model_version: -1
  input_map { key: "INPUT0" value: "INPUT0" } output_map { key: "OUTPUT0" value: "OUTPUT0" }
} ] }`;
  return { config };
}

const AMBIGUOUS =
  "There are 2 identifiers of model 'm' in global map, model namespace must be provided to " +
  'resolve ambiguity.';

async function start(t) {
  const first = await writeModels(t, {
    m: adds(1),
    'first-ensemble': passesTo('m'),
    'across-ensemble': passesTo('unique'),
  });
  const second = await writeModels(t, {
    m: adds(2),
    unique: adds(10),
    'second-ensemble': passesTo('m'),
  });
  const server = await startServer([
    `--model-repository=${first}`,
    `--model-repository=${second}`,
    '--model-namespacing=true',
    '--model-control-mode=explicit',
    '--load-model=*',
  ]);
  t.after(() => server.kill());
  return { server, first, second };
}

async function result(server, model) {
  const { status, body } = await infer(server, model, fp32Request([0]));
  return status === 200 ? body.outputs[0].data[0] : [status, body.error];
}

describe('model namespaces', () => {
  it('lead each ensemble to the model of its own repository, or to the only one', async (t) => {
    const { server } = await start(t);
    assert.equal(await result(server, 'first-ensemble'), 1);
    assert.equal(await result(server, 'second-ensemble'), 2);
    assert.equal(await result(server, 'across-ensemble'), 10);
    assert.equal(await result(server, 'unique'), 10);
    assert.equal(await server.stop(), 0);
  });

  it('must be told where a name has several models, and can be over gRPC', async (t) => {
    const { server, second } = await start(t);
    assert.deepEqual(await result(server, 'm'), [400, AMBIGUOUS]);
    for (const path of ['', '/config']) {
      const response = await fetch(`${server.http}/v2/models/m${path}`);
      assert.deepEqual([response.status, await response.json()], [400, { error: AMBIGUOUS }]);
    }
    assert.equal((await fetch(`${server.http}/v2/models/m/ready`)).status, 400);
    const message = fp32Message(`${second}::m`, [0]);
    const { response } = await grpcInfer(grpcClient(t, server), message);
    assert.equal(response.rawOutputContents[0].readFloatLE(), 2);
  });

  it('show in the metrics, and nowhere in the index', async (t) => {
    const { server, first } = await start(t);
    await result(server, 'first-ensemble');
    const metrics = await (await fetch(`${server.metrics}/metrics`)).text();
    assert.ok(
      metrics.includes(`nv_inference_count{model="m",namespace="${first}",version="1"} 1`),
      metrics,
    );
    const { body } = await post(server, '/v2/repository/index');
    const ready = { name: 'm', version: '1', state: 'READY' };
    assert.deepEqual(
      body.filter(({ name }) => name === 'm'),
      [ready, ready],
    );
    const { model_stats: all } = await (await fetch(`${server.http}/v2/models/stats`)).json();
    assert.equal(all.filter(({ name }) => name === 'm').length, 2);
  });

  it('are unloaded and loaded together by a name', async (t) => {
    const { server } = await start(t);
    assert.equal((await post(server, '/v2/repository/models/m/unload')).status, 200);
    const [status, error] = await result(server, 'm');
    assert.deepEqual([status, error], [404, "Identifier of model 'm' is not found in global map"]);
    assert.equal((await result(server, 'first-ensemble'))[0], 404);
    assert.equal((await post(server, '/v2/repository/models/m/load')).status, 200);
    assert.equal(await result(server, 'first-ensemble'), 1);
    assert.equal(await result(server, 'second-ensemble'), 2);
  });
});
