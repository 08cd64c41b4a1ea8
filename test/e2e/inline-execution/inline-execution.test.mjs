import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeOnnx } from '../../../backends/onnxruntime/dist/fixtures/onnx-writer.js';
import { modelConfig, writeModels } from '../model-folder.mjs';
import { infer, startServer } from '../server-process.mjs';

const ROWS = 64;
const CONNECTIONS = 8;
/** Requests that are sent at once: together they compute for longer than one turn may take. */
const PIPELINED = 64;
const BURSTS = 3;
const MAX_TRIES = 20_000;

/** Squares a matrix again and again, which takes some ten microseconds. */
const tensor = (name) => ({ name, element: 'float', dims: [ROWS, ROWS] });
const GRAPH = {
  nodes: [
    ['MatMul', ['INPUT0', 'INPUT0'], ['t']],
    ['Softmax', ['t'], ['OUTPUT0']],
  ],
  inputs: [tensor('INPUT0')],
  outputs: [tensor('OUTPUT0')],
};

const BODY = Buffer.alloc(ROWS * ROWS * 4);
const REQUEST = Buffer.concat([
  Buffer.from(
    'POST /v2/models/tiny/infer HTTP/1.1\r\nhost: localhost\r\n' +
      `content-type: application/octet-stream\r\ncontent-length: ${BODY.length}\r\n` +
      'inference-header-content-length: 0\r\n\r\n',
  ),
  BODY,
]);

test('a tiny model moves to the main thread, answers bursts there, and ends cleanly', async (t) => {
  const server = await startServer([
    `--model-repository=${await writeRepository(t)}`,
    '--log-verbose=1',
  ]);
  t.after(() => server.kill());
  await untilInline(server);
  const bursts = Array.from({ length: CONNECTIONS }, () => sendBursts(server));
  for (const count of await Promise.all(bursts)) assert.equal(count, BURSTS * PIPELINED);
  assert.equal(await server.stop(), 0);
});

async function writeRepository(t) {
  const dims = (config) => config.replaceAll('dims: [ -1 ]', `dims: [ ${ROWS}, ${ROWS} ]`);
  const repository = await writeModels(t, {
    tiny: { config: dims(modelConfig('onnxruntime')), source: '' },
  });
  await writeFile(join(repository, 'tiny', '1', 'model.onnx'), writeOnnx(GRAPH));
  return repository;
}

/** Sends requests, one by one, until the model has moved to the main thread. */
async function untilInline(server) {
  const data = new Array(ROWS * ROWS).fill(0);
  const inputs = [{ name: 'INPUT0', datatype: 'FP32', shape: [ROWS, ROWS], data }];
  for (let tries = 0; !server.log.includes('run on the main thread from now on'); tries++) {
    assert.ok(tries < MAX_TRIES, 'the model stays on its thread');
    const { status, body } = await infer(server, 'tiny', { inputs });
    assert.equal(status, 200);
    assert.ok(Math.abs(body.outputs[0].data[0] - 1 / ROWS) < 1e-6);
  }
}

/** Sends many requests at a time, and the next ones when all have been answered. */
async function sendBursts(server) {
  const { hostname, port } = new URL(server.http);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const burst = Buffer.concat(new Array(PIPELINED).fill(REQUEST));
  let count = 0;
  for (let sent = 0; sent < BURSTS; sent++) {
    socket.write(burst);
    count += await countAnswers(socket, PIPELINED);
  }
  socket.destroy();
  return count;
}

const GOOD = 'HTTP/1.1 200 ';

/** Resolves with the number of good answers when there are so many, or rejects with another. */
function countAnswers(socket, expected) {
  return new Promise((resolve, reject) => {
    let text = '';
    const receive = (chunk) => {
      text += chunk.toString('latin1');
      const bad = /HTTP\/1\.1 [345]/.exec(text);
      if (bad) reject(new Error(`refused: ${text.slice(bad.index, bad.index + 300)}`));
      const count = text.split(GOOD).length - 1;
      if (count < expected) return;
      socket.off('data', receive);
      resolve(count);
    };
    socket.on('data', receive);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}
