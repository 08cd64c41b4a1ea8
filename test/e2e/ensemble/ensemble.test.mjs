import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { fp32Message, grpcClient, inferStream } from '../grpc-client.mjs';
import { ECHO_SOURCE, fp32Request, modelConfig, slowModel, writeModels } from '../model-folder.mjs';
import { infer, post, root, startServer } from '../server-process.mjs';

const EXPLICIT = '--model-control-mode=explicit';
const PARAMETERS = { sequence_id: 0, sequence_start: false, sequence_end: false };
const ESPRESSO = 967;

/** A model that answers an FP32 value of N with the responses 0 to N-1. */
const COUNT_UP = {
  config: modelConfig('javascript', 'model_transaction_policy { decoupled: true }'),
  source: `export async function execute(requests) {
  for (const request of requests) {
    for (let value = 0; value < request.inputs.INPUT0.data[0]; value += 1) {
      await request.send({ outputs: { OUTPUT0: { shape: [1], data: [value] } } });
    }
    request.end();
  }
}
`,
};

const DOUBLE = {
  config: modelConfig('javascript'),
  source: `export const execute = (requests) => requests.map(({ inputs: { INPUT0 } }) => ({
  outputs: { OUTPUT0: { shape: INPUT0.shape, data: INPUT0.data.map((value) => 2 * value) } },
}));
`,
};

/** An ensemble that sends one FP32 tensor through the given models, one after the other. */
function chain(models, more = '') {
  const written = (index) => (index === models.length - 1 ? 'OUTPUT0' : `between${index}`);
  const steps = models.map(
    (model, index) => `{ model_name: "${model}" model_version: -1
      input_map { key: "INPUT0" value: "${index === 0 ? 'INPUT0' : written(index - 1)}" }
      output_map { key: "OUTPUT0" value: "${written(index)}" } }`,
  );
  return {
    config: `platform: "ensemble"
max_batch_size: 0
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
ensemble_scheduling { step [ ${steps.join(', ')} ] ${more} }
`,
  };
}

async function serve(t, models, flags = []) {
  const folder = await writeModels(t, models);
  const server = await startServer([`--model-repository=${folder}`, EXPLICIT, ...flags]);
  t.after(() => server.kill());
  return server;
}

async function states(server) {
  const { body } = await post(server, '/v2/repository/index');
  return Object.fromEntries(body.map(({ name, state }) => [name, state]));
}

/** How many requests of each model have ended, well or not. */
function endedCounts(server, models) {
  return Promise.all(
    models.map(async (model) => {
      const response = await fetch(`${server.http}/v2/models/${model}/stats`);
      const [{ inference_stats: stats }] = (await response.json()).model_stats;
      return stats.success.count + stats.fail.count;
    }),
  );
}

test('the example ensemble classifies the pixels of a photo', async (t) => {
  const server = await startServer([
    `--model-repository=${join(root, 'examples', 'model_repository')}`,
    EXPLICIT,
    '--load-model=classify_image',
  ]);
  t.after(() => server.kill());
  const { data, info } = await sharp(join(root, 'examples', 'images', 'coffee.png'))
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const shape = [info.height, info.width, info.channels];
  const header = JSON.stringify({
    inputs: [
      { name: 'image', datatype: 'UINT8', shape, parameters: { binary_data_size: data.length } },
    ],
    outputs: [{ name: 'logits', parameters: { classification: 3 } }],
  });
  const response = await fetch(`${server.http}/v2/models/classify_image/infer`, {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(Buffer.byteLength(header)) },
    body: Buffer.concat([Buffer.from(header), data]),
  });
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  const [output] = body.outputs;
  assert.deepEqual(output.shape, [3]);
  const [, index, label] = output.data[0].split(':');
  assert.equal(Number(index), ESPRESSO);
  assert.equal(label, 'espresso');
});

test('loading an ensemble loads its models, and unloading it with them unloads all', async (t) => {
  const echo = { config: modelConfig('javascript'), source: ECHO_SOURCE };
  const server = await serve(t, { echo, double: DOUBLE, both: chain(['double', 'echo']) });
  assert.equal((await post(server, '/v2/repository/models/both/load')).status, 200);
  assert.deepEqual(await states(server), { both: 'READY', double: 'READY', echo: 'READY' });

  const { status, body } = await infer(server, 'both', fp32Request([1, 2]));
  assert.equal(status, 200);
  assert.deepEqual(body.parameters, PARAMETERS);
  assert.deepEqual(body.outputs[0].data, [2, 4]);

  const parameters = { unload_dependents: true };
  await post(server, '/v2/repository/models/both/unload', { parameters });
  const after = await states(server);
  assert.deepEqual(
    Object.values(after).filter((state) => state === 'READY'),
    [],
  );
  assert.equal((await infer(server, 'both', fp32Request([1]))).status, 404);
});

test('requests in an ensemble are answered although it is unloaded with its models', async (t) => {
  const server = await serve(
    t,
    { first: slowModel(1000), second: slowModel(50), both: chain(['first', 'second']) },
    ['--load-model=both'],
  );
  const answer = infer(server, 'both', fp32Request([7]));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const parameters = { unload_dependents: true };
  await post(server, '/v2/repository/models/both/unload', { parameters });
  assert.equal((await infer(server, 'both', fp32Request([7]))).status, 404);
  const { status, body } = await answer;
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.outputs[0].data, [7]);
});

test('an ensemble whose model is unloaded is gone, and comes back with it', async (t) => {
  const server = await serve(t, { double: DOUBLE, twice: chain(['double', 'double']) }, [
    '--load-model=twice',
  ]);
  await post(server, '/v2/repository/models/double/unload');
  const { status, body } = await infer(server, 'twice', fp32Request([1]));
  assert.equal(status, 404);
  assert.match(body.error, /'twice' has no available versions/);
  await post(server, '/v2/repository/models/double/load');
  assert.deepEqual((await infer(server, 'twice', fp32Request([1]))).body.outputs[0].data, [4]);
});

test('an ensemble with a decoupled model streams, step by step', async (t) => {
  const server = await serve(
    t,
    {
      count: COUNT_UP,
      double: DOUBLE,
      stream: chain(['count', 'double'], 'max_inflight_requests: 2'),
    },
    ['--load-model=stream'],
  );
  const config = await (await fetch(`${server.http}/v2/models/stream/config`)).json();
  assert.deepEqual(config.model_transaction_policy, { decoupled: true });
  assert.equal((await infer(server, 'stream', fp32Request([1]))).status, 501);

  const call = inferStream(t, grpcClient(t, server));
  const answers = await new Promise((resolve, reject) => {
    const received = [];
    call.on('error', reject);
    call.on('data', (message) => {
      received.push(message);
      const last = message.inferResponse?.parameters?.triton_final_response?.boolParam;
      if (last || message.errorMessage) resolve(received);
    });
    call.write({
      ...fp32Message('stream', [20]),
      parameters: { triton_enable_empty_final_response: { boolParam: true } },
    });
  });
  assert.deepEqual(
    answers.filter(({ errorMessage }) => errorMessage),
    [],
  );
  const values = answers
    .filter(({ inferResponse }) => inferResponse.outputs.length > 0)
    .map(({ inferResponse }) => inferResponse.rawOutputContents[0].readFloatLE());
  assert.deepEqual(
    values,
    Array.from({ length: 20 }, (_, index) => 2 * index),
  );
});

test('a client that goes away ends the steps of its request', async (t) => {
  const endless = {
    config: COUNT_UP.config,
    source: `export async function execute([request]) {
  for (let value = 0; !request.signal.aborted; value += 1) {
    await request.send({ outputs: { OUTPUT0: { shape: [1], data: [value] } } });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  request.end();
}
`,
  };
  const server = await serve(t, { endless, double: DOUBLE, both: chain(['endless', 'double']) }, [
    '--load-model=both',
  ]);
  const call = inferStream(t, grpcClient(t, server));
  call.on('error', () => {});
  call.write(fp32Message('both', [1]));
  await new Promise((resolve) => call.once('data', resolve));
  assert.deepEqual(await endedCounts(server, ['both', 'endless']), [0, 0]);
  call.cancel();
  const limit = Date.now() + 5000;
  let counts = [0, 0];
  while (Date.now() < limit && counts.includes(0)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    counts = await endedCounts(server, ['both', 'endless']);
  }
  assert.deepEqual(counts, [1, 1]);
});

test('a failing step is told with the names of the ensembles it is in', async (t) => {
  const failing = {
    config: modelConfig('javascript'),
    source: `export const execute = (requests) => requests.map(() => new Error('no luck'));\n`,
  };
  const server = await serve(t, { failing, inner: chain(['failing']), outer: chain(['inner']) }, [
    '--load-model=outer',
  ]);
  const { status, body } = await infer(server, 'outer', fp32Request([1]));
  assert.equal(status, 500);
  assert.equal(body.error, "in ensemble 'outer', in ensemble 'inner', no luck");
});

test('statistics of an ensemble are the sums over its steps', async (t) => {
  const server = await serve(t, { slow: slowModel(30), twice: chain(['slow', 'slow']) }, [
    '--load-model=twice',
  ]);
  await infer(server, 'twice', fp32Request([1]));
  await infer(server, 'twice', fp32Request([1]));
  const response = await fetch(`${server.http}/v2/models/twice/stats`);
  const [stats] = (await response.json()).model_stats;
  assert.equal(stats.inference_count, 2);
  assert.equal(stats.execution_count, 2);
  const inner = await fetch(`${server.http}/v2/models/slow/stats`);
  const [innerStats] = (await inner.json()).model_stats;
  assert.equal(innerStats.execution_count, 4);
  for (const phase of ['compute_input', 'compute_infer', 'compute_output']) {
    assert.equal(stats.inference_stats[phase].count, 2);
    const difference = stats.inference_stats[phase].ns - innerStats.inference_stats[phase].ns;
    // The end of a request is looked up for the step and for the ensemble one after the other.
    assert.ok(Math.abs(difference) < 5e6, `${phase} differs by ${difference} ns`);
  }
  const computed = stats.inference_stats.compute_infer.ns;
  assert.ok(computed >= 4 * 30e6, String(computed));
  assert.equal(stats.batch_stats[0].compute_infer.ns, computed);
});

test('a load says what is wrong with an ensemble', async (t) => {
  const integers = {
    config: `backend: "identity"
input [ { name: "INPUT0" data_type: TYPE_INT32 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] } ]
`,
  };
  const server = await serve(t, {
    integers,
    wrong: chain(['integers']),
    lost: chain(['nobody']),
    round: chain(['about']),
    about: chain(['round']),
    loose: { config: chain(['integers']).config.replace('value: "INPUT0"', 'value: "INPUT1"') },
  });
  for (const [name, reason, code = 400] of [
    [
      'wrong',
      /^load failed for model 'wrong': in ensemble wrong, ensemble tensor INPUT0: inconsistent data type: TYPE_FP32 is inferred from model wrong while TYPE_INT32 is inferred from model integers\n$/,
    ],
    ['lost', /ensemble lost contains models that are not available or ambiguous: nobody/],
    ['round', /circular dependency between ensembles: round -> \.\.\. -> about -> round/],
    ['loose', /^failed to load 'loose', failed to poll from model repository: ensemble input/, 500],
  ]) {
    const { status, body } = await post(server, `/v2/repository/models/${name}/load`);
    assert.match(body.error, reason);
    assert.equal(status, code);
  }
  const { body: index } = await post(server, '/v2/repository/index');
  assert.deepEqual(
    index.find(({ name }) => name === 'wrong'),
    { name: 'wrong' },
  );
});
