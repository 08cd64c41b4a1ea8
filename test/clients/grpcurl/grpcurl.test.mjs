/** The command-line client `grpcurl`, which learns every message by server reflection. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { stockClientTest } from '../stock-client.mjs';
import { ensureGoPrograms, runProgram } from '../toolchain.mjs';

const VERSION = 'v1.9.1';
const SERVICE = 'inference.GRPCInferenceService';
/** grpcurl exits with 64 and the code of the status. */
const EXIT_BASE = 64;
const NOT_FOUND = 5;
const INVALID_ARGUMENT = 3;

async function prepare() {
  const module = 'github.com/fullstorydev/grpcurl/cmd/grpcurl';
  return join(await ensureGoPrograms('grpcurl', [`${module}@${VERSION}`]), 'grpcurl');
}

function int32Tensor(name, shape, values) {
  return { name, datatype: 'INT32', shape, contents: { int_contents: values } };
}

/** The messages of a stream, which grpcurl prints one after another. */
function parseStream(text) {
  return text
    .split(/^(?=\{$)/m)
    .filter((part) => part.trim() !== '')
    .map((part) => JSON.parse(part));
}

function int32s(base64) {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i));
}

async function check(t, server, grpcurl) {
  const run = (...args) => runProgram(grpcurl, ['-plaintext', ...args]);
  const print = async (...args) => {
    const { status, stdout, stderr } = await run(...args);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const call = async (method, message, service = SERVICE) =>
    JSON.parse(await print('-d', JSON.stringify(message), server.grpc, `${service}/${method}`));
  const refuse = (method, message) =>
    run('-format-error', '-d', JSON.stringify(message), server.grpc, `${SERVICE}/${method}`);

  await t.test('lists the services', async () => {
    const services = (await print(server.grpc, 'list')).split('\n');
    assert.ok(services.includes(SERVICE));
    assert.ok(services.includes('grpc.health.v1.Health'));
  });

  await t.test('lists the methods of the inference service', async () => {
    const methods = (await print(server.grpc, 'list', SERVICE)).trim().split('\n');
    for (const name of ['ServerLive', 'ModelInfer', 'ModelStreamInfer', 'RepositoryIndex']) {
      assert.ok(methods.includes(`${SERVICE}.${name}`), name);
    }
  });

  await t.test('describes methods, messages and enums', async () => {
    const method = await print(server.grpc, 'describe', `${SERVICE}.ModelStreamInfer`);
    assert.match(method, /stream \.inference\.ModelInferRequest.*stream/);
    const message = await print(server.grpc, 'describe', 'inference.ModelInferRequest');
    assert.match(message, /map<string, \.inference\.InferParameter> parameters = 4;/);
    assert.match(message, /repeated bytes raw_input_contents = 7;/);
    assert.match(await print(server.grpc, 'describe', 'inference.DataType'), /TYPE_FP32 = 11;/);
  });

  await t.test('writes a template of a request', async () => {
    const text = await print(
      '-msg-template',
      server.grpc,
      'describe',
      '.inference.ModelInferRequest',
    );
    assert.match(text, /"model_?[nN]ame"/);
  });

  await t.test('asks for the health of server and model', async () => {
    assert.deepEqual(await call('ServerLive', {}), { live: true });
    assert.deepEqual(await call('ServerReady', {}), { ready: true });
    assert.deepEqual(await call('ModelReady', { name: 'add_sub' }), { ready: true });
    assert.deepEqual(await call('Check', {}, 'grpc.health.v1.Health'), { status: 'SERVING' });
  });

  await t.test('reads the configuration of a model', async () => {
    const { config } = await call('ModelConfig', { name: 'add_sub' });
    assert.equal(config.name, 'add_sub');
    assert.equal(config.input[0].data_type ?? config.input[0].dataType, 'TYPE_INT32');
  });

  await t.test('infers with tensors in JSON', async () => {
    const ramp = Array.from({ length: 16 }, (_, i) => i);
    const inputs = ['INPUT0', 'INPUT1'].map((name) => int32Tensor(name, [1, 16], ramp));
    const answer = await call('ModelInfer', { model_name: 'add_sub', id: 'one', inputs });
    assert.equal(answer.id, 'one');
    const raw = answer.raw_output_contents ?? answer.rawOutputContents;
    assert.deepEqual(
      int32s(raw[0]),
      ramp.map((value) => 2 * value),
    );
    assert.deepEqual(
      int32s(raw[1]),
      ramp.map(() => 0),
    );
  });

  await t.test('infers on a stream', async () => {
    const messages = [3, 2].map((count) => ({
      model_name: 'repeat',
      id: String(count),
      inputs: [int32Tensor('N', [1], [count])],
    }));
    const { status, stdout, stderr } = await runProgram(
      grpcurl,
      ['-plaintext', '-d', '@', server.grpc, `${SERVICE}/ModelStreamInfer`],
      { input: messages.map((message) => JSON.stringify(message)).join('\n') },
    );
    assert.equal(status, 0, stderr);
    const answers = parseStream(stdout).map((each) => each.infer_response ?? each.inferResponse);
    const outputs = answers.map((each) => [
      each.id,
      int32s((each.raw_output_contents ?? each.rawOutputContents)[0])[0],
    ]);
    const of = (id) => outputs.filter(([each]) => each === id).map(([, value]) => value);
    assert.deepEqual(
      [of('3'), of('2')],
      [
        [0, 1, 2],
        [0, 1],
      ],
    );
  });

  await t.test('shows codes and messages of errors', async () => {
    const unknown = await refuse('ModelInfer', { model_name: 'nope' });
    assert.equal(unknown.status, EXIT_BASE + NOT_FOUND);
    assert.match(unknown.stderr, /Request for unknown model: 'nope' is not found/);
    const incomplete = await refuse('ModelInfer', { model_name: 'add_sub' });
    assert.equal(incomplete.status, EXIT_BASE + INVALID_ARGUMENT);
    assert.match(incomplete.stderr, /expected 2 inputs but got 0 inputs for model 'add_sub'/);
  });
}

stockClientTest('grpcurl', { prepare, check });
