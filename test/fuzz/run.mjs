/**
 * Sends random and mutated requests to a server, over HTTP and gRPC in turn. Each must be answered by a
 * success or a well-formed error of the client, a good request must be answered right all along, and
 * the memory of the server must not grow once it is warm.
 *
 *   node test/fuzz/run.mjs [--count 10000] [--seconds 0] [--seed 1]      both are the least it does
 *   node test/fuzz/run.mjs --http HOST:PORT --grpc HOST:PORT --pid PID   a server that runs already
 *   node test/fuzz/run.mjs --case 4711                                   one case only, with its answer
 */

import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { root, startServer } from '../e2e/server-process.mjs';
import { SHARED_MEMORY_BYTES, SHARED_MEMORY_KEY } from './endpoint-cases.mjs';
import { makeGrpcCase } from './grpc-cases.mjs';
import { makeHttpCase } from './http-cases.mjs';
import { field, framed, text, varint } from './protobuf.mjs';
import { Random } from './random.mjs';
import { GrpcSender } from './send-grpc.mjs';
import { sendHttp } from './send-http.mjs';

const LANES = 8;
const WARM_UP_SHARE = 0.3;
const IDLE_MS = 2000;
/**
 * What the server allocates for its requests becomes garbage that V8 leaves for as long as there is
 * memory. With little of it, what grows is kept; and what is kept without end ends the server.
 */
const SMALL_HEAP = { NODE_OPTIONS: '--max-old-space-size=128' };
const MAX_GROWTH_BYTES = 64 * 2 ** 20;
const GOOD_REQUEST_INTERVAL = 250;
const MAX_SHOWN = 20;
/** Outcomes of a case that must not be, and of a good request that was not served. */
const FAILURES = ['malformed', 'hang', 'fault', 'unserved'];

const { values } = parseArgs({
  options: {
    http: { type: 'string' },
    grpc: { type: 'string' },
    pid: { type: 'string' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '0' },
    case: { type: 'string' },
  },
});

const seed = Number(values.seed);
const count = Number(values.count);
const seconds = Number(values.seconds);
const sharedMemory = `/dev/shm${SHARED_MEMORY_KEY}`;
writeFileSync(sharedMemory, Buffer.alloc(SHARED_MEMORY_BYTES));
const target = await openTarget();
try {
  process.exitCode = values.case === undefined ? await runAll() : await runOne(Number(values.case));
} finally {
  await target.close();
  rmSync(sharedMemory, { force: true });
}

/** The server that the options name, or one of our own with the models of the client tests. */
async function openTarget() {
  if (values.http && values.grpc) {
    const [http, grpc] = [addressOf(values.http), addressOf(values.grpc)];
    const pid = Number(values.pid) || undefined;
    const isAlive = () => pid === undefined || existsSync(`/proc/${pid}`);
    return makeTarget({ http, grpc, pid, isAlive, stop: () => {} });
  }
  const flags = [
    `--model-repository=${join(root, 'test', 'models', 'clients')}`,
    '--model-control-mode=explicit',
    '--load-model=*',
  ];
  const server = await startServer(flags, { environment: SMALL_HEAP });
  const http = addressOf(server.http.replace('http://', ''));
  const stop = () => server.stop();
  const isAlive = () => !server.exited;
  return makeTarget({ http, grpc: addressOf(server.grpc), pid: server.pid, isAlive, stop });
}

function makeTarget({ http, grpc, pid, isAlive, stop }) {
  const senders = Array.from({ length: LANES }, () => new GrpcSender(grpc));
  return {
    pid,
    isAlive,
    sendHttp: (request) => sendHttp(http, request),
    sendGrpc: (call, lane) => senders[lane].send(call),
    async close() {
      for (const sender of senders) sender.close();
      await stop();
    },
  };
}

function addressOf(text) {
  const [host, port] = text.split(':');
  return { host, port: Number(port) };
}

/** The protocol takes turns; all else about a case follows from the seed and its number. */
async function runCase(number, lane) {
  const random = new Random(Math.imul(seed, 0x9e3779b1) + number);
  const isHttp = number % 2 === 0;
  const request = isHttp ? makeHttpCase(random) : makeGrpcCase(random);
  const verdict = isHttp
    ? await target.sendHttp(request)
    : await target.sendGrpc(request, lane).catch(({ message }) => malformed(message));
  return { ...verdict, request };
}

function malformed(reason) {
  return { outcome: 'malformed', reason };
}

async function runOne(number) {
  const { outcome, reason, request } = await runCase(number, 0);
  const shown = {
    ...request,
    bytes: request.bytes?.toString('latin1'),
    body: request.body?.toString('hex'),
  };
  process.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n${outcome} ${reason}\n`);
  return FAILURES.includes(outcome) ? 1 : 0;
}

/** Each check counts as one test: what may not come back, a server that lives, and its memory. */
async function runAll() {
  const tally = { success: 0, error: 0, closed: 0, malformed: 0, hang: 0, fault: 0, unserved: 0 };
  const startMs = performance.now();
  const isOver = (share, number) =>
    number >= count * share && performance.now() - startMs >= seconds * 1000 * share;
  const warmUpCount = await runUntil(0, (number) => isOver(WARM_UP_SHARE, number), tally);
  const before = await idleMemoryBytes();
  const sent = await runUntil(warmUpCount, (number) => isOver(1, number), tally);
  const after = await idleMemoryBytes();
  const counts = Object.entries(tally).map(([outcome, number]) => `${number} ${outcome}`);
  process.stdout.write(`${sent} requests with seed ${seed}: ${counts.join(', ')}\n`);
  const checks = {
    ...Object.fromEntries(FAILURES.map((outcome) => [outcome, tally[outcome] === 0])),
    crash: target.isAlive(),
    memory: checkMemory(before, after),
  };
  const failed = Object.keys(checks).filter((name) => !checks[name]);
  if (failed.length > 0) process.stdout.write(`failed checks: ${failed.join(', ')}\n`);
  record({ passed: Object.keys(checks).length - failed.length, failed: failed.length, skipped: 0 });
  return failed.length === 0 ? 0 : 1;
}

/** Runs cases from number `start` on until it is over, or the server is; returns the next number. */
async function runUntil(start, isOver, tally) {
  let next = start;
  const lane = async (_, index) => {
    while (!isOver(next) && target.isAlive()) {
      const number = next++;
      const { outcome, reason } = await runCase(number, index);
      tally[outcome] += 1;
      if (FAILURES.includes(outcome))
        complain(`case ${number}: ${outcome}: ${reason}`, tally[outcome]);
      if (number % GOOD_REQUEST_INTERVAL === 0) await sendGoodRequests(number, tally);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return next;
}

function complain(message, countSoFar) {
  if (countSoFar <= MAX_SHOWN) process.stdout.write(`${message}\n`);
}

/** Whatever came before, a good request is served. */
async function sendGoodRequests(number, tally) {
  const data = Array.from({ length: 16 }, (_, i) => i + number);
  const tensor = { name: 'INPUT0', datatype: 'FP32', shape: [1, 16], data };
  const body = JSON.stringify({ inputs: [tensor] });
  const head = `POST /v2/models/identity_rows/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}`;
  const overHttp = await target.sendHttp({
    bytes: Buffer.from(`${head}\r\n\r\n${body}`),
    whole: true,
  });
  const input = [
    text(1, 'INPUT0'),
    text(2, 'FP32'),
    field(3, Buffer.concat([varint(1), varint(16)])),
  ];
  const raw = Buffer.from(Float32Array.from(data).buffer);
  const message = Buffer.concat([
    text(1, 'identity_rows'),
    field(5, Buffer.concat(input)),
    field(7, raw),
  ]);
  const path = '/inference.GRPCInferenceService/ModelInfer';
  const call = { path, contentType: 'application/grpc', body: framed(message) };
  const overGrpc = await target.sendGrpc(call, 0).catch((error) => malformed(error.message));
  const answers = [
    {
      ...overHttp,
      expected: Buffer.from(`"data":[${data.map((value) => `${value}.0`).join(',')}]`),
    },
    { ...overGrpc, expected: raw },
  ];
  for (const { outcome, reason, received, expected } of answers) {
    if (outcome === 'success' && received?.includes(expected)) continue;
    tally.unserved += 1;
    complain(`a good request after case ${number}: ${outcome} ${reason}`, tally.unserved);
  }
}

/** Resident memory once the server had time to clean up; undefined where it cannot be read. */
async function idleMemoryBytes() {
  await sleep(IDLE_MS);
  const path = `/proc/${target.pid}/status`;
  if (!target.pid || !existsSync(path)) return undefined;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(path, 'latin1'))?.[1]) * 1024;
}

function checkMemory(before, after) {
  if (before === undefined || after === undefined) return true;
  const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const grown = after - before > MAX_GROWTH_BYTES;
  const verdict = grown ? `, more than ${mebibytes(MAX_GROWTH_BYTES)} of growth` : '';
  process.stdout.write(
    `memory: ${mebibytes(before)} warm, ${mebibytes(after)} at the end${verdict}\n`,
  );
  return !grown;
}

/** Adds the counts to the file that the test command sums up, if it asks for it. */
function record(counts) {
  const path = process.env.NEREID_TEST_RESULTS;
  if (path) appendFileSync(path, `${JSON.stringify(counts)}\n`);
}
