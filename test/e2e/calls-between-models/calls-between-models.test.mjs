import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { infer, startServer } from '../server-process.mjs';

/** Calls the model that is named, adds one to its answer. */
const calling = (modelName) => ({
  config: modelConfig('javascript'),
  source: `export async function execute(requests, { infer }) {
  return Promise.all(requests.map(async (request) => {
    const { datatype, shape, data } = request.inputs.INPUT0;
    const inputs = { INPUT0: { datatype, shape, data } };
    const { outputs } = await infer({ modelName: '${modelName}', inputs, parents: [request] });
    const { OUTPUT0 } = outputs;
    return { outputs: { OUTPUT0: { shape, data: OUTPUT0.data.map((value) => value + 1) } } };
  }));
}
`,
});

/** Loads what its input counts of the model `late`, then asks for its readiness. */
const LOADER = {
  config: modelConfig('javascript'),
  source: `export async function execute([request], { loadModel, unloadModel, isModelReady }) {
  const wanted = request.inputs.INPUT0.data[0] > 0;
  await (wanted ? loadModel('late') : unloadModel('late'));
  const data = [(await isModelReady('late')) ? 1 : 0];
  return [{ outputs: { OUTPUT0: { shape: [1], data } } }];
}
`,
};

/** Answers when nobody waits any more. */
const PATIENT = {
  config: modelConfig('javascript'),
  source: `export async function execute([{ signal }]) {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return [Object.assign(new Error('nobody waits'), { code: 'CANCELLED' })];
}
`,
};

async function serve(t, models, flags = []) {
  const folder = await writeModels(t, models);
  const server = await startServer([`--model-repository=${folder}`, ...flags]);
  t.after(() => server.kill());
  return server;
}

/** How many requests of the model were cancelled. */
async function cancelledCount(server, model) {
  const text = await (await fetch(`${server.metrics}/metrics`)).text();
  const line = new RegExp(
    `^nv_inference_request_failure\\{model="${model}",reason="CANCELED",.*\\} (\\d+)$`,
    'm',
  );
  return Number(line.exec(text)?.[1]);
}

test('a model calls another, which calls a third', async (t) => {
  const server = await serve(t, {
    outer: calling('inner'),
    inner: calling('last'),
    last: { config: modelConfig('identity') },
  });
  const { status, body } = await infer(server, 'outer', fp32Request([1, 2]));
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.outputs[0].data, [3, 4]);
});

test('models that call each other in a circle get an error instead of waiting for ever', async (t) => {
  const server = await serve(t, { a: calling('b'), b: calling('a'), self: calling('self') });
  const { status, body } = await infer(server, 'a', fp32Request([1]));
  assert.equal(status, 400);
  assert.match(body.error, /model 'a' is called by a model that it waits for: a -> b -> a/);
  const alone = await infer(server, 'self', fp32Request([1]));
  assert.match(alone.body.error, /self -> self/);
});

test('a call is cancelled with the request that needs it', async (t) => {
  const server = await serve(t, { outer: calling('slow'), slow: PATIENT });
  const leaving = AbortSignal.timeout(300);
  await assert.rejects(
    fetch(`${server.http}/v2/models/outer/infer`, {
      method: 'POST',
      body: JSON.stringify(fp32Request([1])),
      signal: leaving,
    }),
  );
  const deadline = Date.now() + 5_000;
  for (;;) {
    if ((await cancelledCount(server, 'slow')) === 1) return;
    assert.ok(Date.now() < deadline, 'the called model still runs');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

test('a model loads and unloads another', async (t) => {
  const flags = ['--model-control-mode=explicit', '--load-model=loader'];
  const server = await serve(
    t,
    { loader: LOADER, late: { config: modelConfig('identity') } },
    flags,
  );
  for (const wanted of [1, 0, 1]) {
    const { status, body } = await infer(server, 'loader', fp32Request([wanted]));
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body.outputs[0].data, [wanted]);
  }
});
