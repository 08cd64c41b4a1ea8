/**
 * Keeps a server with the native gRPC transport busy with everything that clients do, good and bad, for an hour,
 * and watches that it holds no more memory and no more descriptors at the end than when it was warm.
 *
 *   node test/soak/grpc-transport.mjs [--minutes 60] [--transport native]
 */

import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { compressionAlgorithms } from '@grpc/grpc-js';
import { fp32Message, grpcClient, grpcInfer } from '../e2e/grpc-client.mjs';
import { root, startServer } from '../e2e/server-process.mjs';
import { makeFrameCase } from '../fuzz/frame-cases.mjs';
import { Random } from '../fuzz/random.mjs';

const MODEL = 'identity_fp32';
const SAMPLE_MS = 15_000;
const WARM_SHARE = 0.25;
const MAX_GROWTH_BYTES = 32 * 2 ** 20;
const MAX_MORE_DESCRIPTORS = 10;
const SMALL = 16;
const LARGE = 150_000;
const MAX_SHOWN = 20;
const PAUSE_MS = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    transport: { type: 'string', default: 'native' },
  },
});
const endMs = performance.now() + Number(values.minutes) * 60_000;
const random = new Random(1);
const tally = {};
const failures = [];
const server = await startServer([
  `--grpc-transport=${values.transport}`,
  `--model-repository=${join(root, 'test', 'models', 'clients')}`,
  '--model-control-mode=explicit',
  `--load-model=${MODEL}`,
]);
/** What closes a client at the end, as a test would. */
const closers = [];
const scope = { after: (close) => closers.push(close) };

/** What goes on side by side, each again and again. */
const ACTIVITIES = {
  unary: (client) => good(client, message(SMALL)),
  large: (client) => good(client, message(LARGE)),
  compressed: (client) => good(client, message(10 * SMALL)),
  stream: streamSome,
  deadlines: (client) => grpcInfer(client, message(SMALL), { deadline: Date.now() }),
  cancellations: cancelSome,
  connections: connectAgain,
  'broken frames': breakFrames,
};

try {
  await Promise.all([watch(), ...Object.entries(ACTIVITIES).map(keepDoing)]);
} finally {
  for (const close of closers) close();
  await server.stop();
}
process.exitCode = failures.length === 0 ? 0 : 1;

async function keepDoing([name, action]) {
  const gzip = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip };
  const client = grpcClient(scope, server, name === 'compressed' ? gzip : {});
  while (performance.now() < endMs && !server.exited) {
    try {
      await action(client);
      tally[name] = (tally[name] ?? 0) + 1;
    } catch (error) {
      fail(`${name}: ${error.message}`);
    }
    await sleep(PAUSE_MS);
  }
}

function fail(text) {
  failures.push(text);
  if (failures.length <= MAX_SHOWN) process.stdout.write(`${text}\n`);
}

function message(length) {
  return fp32Message(
    MODEL,
    Float32Array.from({ length }, () => random.next()),
  );
}

async function good(client, request) {
  const { error, response } = await grpcInfer(client, request);
  if (error) throw error;
  check(response, request);
}

function check(response, request) {
  const right = response.rawOutputContents[0].equals(request.rawInputContents[0]);
  if (!right) throw new Error('a wrong answer');
}

function streamSome(client) {
  return new Promise((resolve, reject) => {
    const requests = Array.from({ length: 20 }, () => message(SMALL));
    const call = client.modelStreamInfer();
    let next = 0;
    call.on('error', reject);
    call.on('end', () => (next === 20 ? resolve() : reject(new Error(`${next} of 20 answers`))));
    call.on('data', ({ inferResponse }) => {
      try {
        check(inferResponse, requests[next]);
      } catch (error) {
        reject(error);
      }
      next += 1;
    });
    for (const request of requests) call.write(request);
    call.end();
  });
}

async function cancelSome(client) {
  const call = client.modelStreamInfer().on('error', () => {});
  call.on('data', () => {});
  call.write(message(10 * SMALL));
  await sleep(random.below(5));
  call.cancel();
}

async function connectAgain() {
  const client = grpcClient(scope, server);
  closers.pop();
  await good(client, message(SMALL)).finally(() => client.close());
}

/** One connection of the frame fuzzer. */
function breakFrames() {
  const [host, port] = server.grpc.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host)
      .on('error', () => {})
      .on('close', resolve);
    socket.resume();
    for (const piece of makeFrameCase(random)) socket.write(piece);
    if (random.chance(0.2)) socket.resetAndDestroy();
    else socket.end();
  });
}

/** Samples the process, and compares the last quarter of the time with the first after the warm-up. */
async function watch() {
  const samples = [];
  while (performance.now() < endMs && !server.exited) {
    await sleep(Math.min(SAMPLE_MS, endMs - performance.now()));
    const sample = gauge(server.pid);
    samples.push(sample);
    const memory = `${Math.round(sample.memoryBytes / 2 ** 20)} MiB`;
    process.stdout.write(
      `${memory}, ${sample.descriptors} descriptors, ${JSON.stringify(tally)}\n`,
    );
  }
  if (server.exited) fail(`the server ended:\n${server.log}`);
  const quarter = Math.ceil(samples.length * WARM_SHARE);
  const [warm, last] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  if (warm.length === 0) return;
  const growth = median(last, 'memoryBytes') - median(warm, 'memoryBytes');
  const more = median(last, 'descriptors') - median(warm, 'descriptors');
  process.stdout.write(
    `grown by ${(growth / 2 ** 20).toFixed(1)} MiB and ${more} descriptors; ${failures.length} failures\n`,
  );
  if (growth > MAX_GROWTH_BYTES) fail('its memory grows');
  if (more > MAX_MORE_DESCRIPTORS) fail('it holds more and more descriptors');
}

function gauge(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const memoryBytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  return { memoryBytes, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

function median(samples, key) {
  const sorted = samples.map((sample) => sample[key]).sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
