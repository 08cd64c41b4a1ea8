/**
 * Keeps a server with the native HTTP transport busy with everything that clients do, good and bad, for an hour.
 *
 *   node test/soak/http-transport.mjs [--minutes 60] [--transport native]
 */

import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { root, startServer } from '../e2e/server-process.mjs';
import { makeFramingCase } from '../fuzz/framing-cases.mjs';
import { Random } from '../fuzz/random.mjs';
import { keepBusy } from './keep-busy.mjs';

const MODEL = 'identity_fp32';
const SMALL = 16;
const LARGE = 150_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    transport: { type: 'string', default: 'native' },
  },
});
const random = new Random(1);
const server = await startServer([
  `--http-transport=${values.transport}`,
  `--model-repository=${join(root, 'test', 'models', 'clients')}`,
  '--model-control-mode=explicit',
  `--load-model=${MODEL}`,
]);
const [host, port] = [new URL(server.http).hostname, Number(new URL(server.http).port)];
const keptAlive = new Agent({ keepAlive: true, maxSockets: 4 });

/** What goes on side by side, each again and again. */
const ACTIVITIES = {
  json: () => good(jsonBody(SMALL)),
  binary: () => good(binaryBody(SMALL)),
  large: () => good(binaryBody(LARGE)),
  compressed: () => good(compressed(jsonBody(10 * SMALL))),
  chunked: () => good({ ...jsonBody(SMALL), chunked: true }),
  'new connections': () => good(jsonBody(SMALL), new Agent()),
  pipelined: pipelineSome,
  metadata: () => fetchText(`/v2/models/${MODEL}/config`),
  cancellations: () => leave(0.9),
  'half requests': () => leave(0.5),
  'broken requests': breakFraming,
};

try {
  process.exitCode = (await keepBusy(server, Number(values.minutes), ACTIVITIES)) === 0 ? 0 : 1;
} finally {
  keptAlive.destroy();
  await server.stop();
}

function jsonBody(length) {
  const data = Array.from({ length }, () => random.below(1_000));
  const input = { name: 'INPUT0', datatype: 'FP32', shape: [length], data };
  return { bytes: Buffer.from(JSON.stringify({ inputs: [input] })), headers: {}, data };
}

function binaryBody(length) {
  const data = Float32Array.from({ length }, () => random.below(1_000));
  const input = {
    name: 'INPUT0',
    datatype: 'FP32',
    shape: [length],
    parameters: { binary_data_size: 4 * length },
  };
  const head = Buffer.from(JSON.stringify({ inputs: [input] }));
  return {
    bytes: Buffer.concat([head, Buffer.from(data.buffer)]),
    headers: { 'Inference-Header-Content-Length': head.length },
    data,
  };
}

function compressed(body) {
  const headers = { ...body.headers, 'Content-Encoding': 'gzip' };
  return { ...body, bytes: gzipSync(body.bytes), headers };
}

/** Sends the request and holds the answer against its data. */
async function good({ bytes, headers, data, chunked = false }, agent = keptAlive) {
  const length = chunked ? {} : { 'Content-Length': bytes.length };
  const sent = request({
    host,
    port,
    agent,
    method: 'POST',
    path: `/v2/models/${MODEL}/infer`,
    headers: { ...headers, ...length },
  });
  if (chunked) sent.write(bytes.subarray(0, 10));
  sent.end(chunked ? bytes.subarray(10) : bytes);
  const { status, body } = await answerTo(sent);
  if (agent !== keptAlive) agent.destroy();
  if (status !== 200) throw new Error(`${status} ${body}`);
  const answered = JSON.parse(body).outputs[0].data;
  if (answered.length !== data.length || answered.some((value, at) => value !== data[at])) {
    throw new Error('a wrong answer');
  }
}

function answerTo(sent) {
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode, body: Buffer.concat(parts).toString() }),
      );
    });
  });
}

async function fetchText(path) {
  const { status } = await answerTo(request({ host, port, path, agent: keptAlive }).end());
  if (status !== 200) throw new Error(`${status} from ${path}`);
}

/** Several requests in one write; their answers must come in order. */
function pipelineSome() {
  const one = (id) => `GET /v2/models/${MODEL}/versions/${id} HTTP/1.1\r\nHost: x\r\n`;
  const socket = connect(port, host);
  return new Promise((resolve, reject) => {
    let received = '';
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
    });
    socket.on('error', reject).on('close', () => {
      const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
      if (statuses.join() === '200,404,200,404,200') resolve();
      else reject(new Error(`answers ${statuses.join()}`));
    });
    socket.write(`${one(1)}\r\n${one(7)}\r\n${one(1)}\r\n${one(8)}\r\n${one(1)}`);
    socket.write('Connection: close\r\n\r\n');
  });
}

/** Sends this much of a request and goes away. */
async function leave(share) {
  const { bytes } = jsonBody(LARGE / 10);
  const socket = connect(port, host).on('error', () => {});
  socket.resume();
  socket.write(
    `POST /v2/models/${MODEL}/infer HTTP/1.1\r\nContent-Length: ${bytes.length}\r\n\r\n`,
  );
  socket.write(share > random.next() ? bytes : bytes.subarray(0, share * bytes.length));
  await sleep(random.below(10));
  if (random.chance(0.5)) socket.resetAndDestroy();
  else socket.destroy();
}

/** One connection of the framing fuzzer. */
function breakFraming() {
  const body = Buffer.from('{"inputs":[]}');
  return new Promise((resolve) => {
    const socket = connect(port, host)
      .on('error', () => {})
      .on('close', resolve);
    socket.resume();
    socket.write(makeFramingCase(body, random).bytes);
    socket.end();
  });
}
