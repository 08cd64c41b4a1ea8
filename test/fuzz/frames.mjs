/**
 * Speaks HTTP/2 to the native gRPC transport, frame by frame and wrongly: each connection is a conversation that
 * is right but for a few details. Whatever is sent, the answers must be frames, the connection must end when its
 * client ends it, others must be served, and the server's memory must not grow once it is warm.
 *
 *   node test/fuzz/frames.mjs [--seconds 20] [--seed 1]
 *   node test/fuzz/frames.mjs --case 4711
 */

import { appendFileSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { root, startServer } from '../e2e/server-process.mjs';
import { makeFrameCase } from './frame-cases.mjs';
import { Random } from './random.mjs';
import { GrpcSender } from './send-grpc.mjs';

const LANES = 8;
const WARM_UP_SHARE = 0.3;
const IDLE_MS = 3000;
const CLOSE_LIMIT_MS = 5000;
const GOOD_REQUEST_INTERVAL = 100;
const GOOD_REQUEST_LIMIT_MS = 5000;
const MAX_GROWTH_BYTES = 64 * 2 ** 20;
const MAX_SHOWN = 20;
/** What a client accepts that has set nothing else; some set more. */
const MOST_FRAME_BYTES = 2 ** 24;
const FRAME_TYPES = 10;
const LAST_ERROR_CODE = 13;
const HEALTH = { path: '/grpc.health.v1.Health/Check', contentType: 'application/grpc' };

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    case: { type: 'string' },
  },
});
const seed = Number(values.seed);
const durationMs = Number(values.seconds) * 1000;
const server = await startServer([
  '--grpc-transport=native',
  `--model-repository=${join(root, 'test', 'models', 'clients')}`,
  '--model-control-mode=explicit',
  '--load-model=*',
]);
const [host, port] = server.grpc.split(':');
try {
  process.exitCode = values.case === undefined ? await runAll() : await runOne(Number(values.case));
} finally {
  await server.stop();
}

async function runOne(number) {
  const { outcome, reason } = await runCase(number);
  process.stdout.write(`${outcome} ${reason}\n`);
  return outcome === 'ended' ? 0 : 1;
}

/** Each check counts as one test, however many connections there were. */
async function runAll() {
  const tally = { ended: 0, malformed: 0, hang: 0, unserved: 0 };
  const startMs = performance.now();
  const isOver = (share) => performance.now() - startMs >= durationMs * share;
  const warm = await runUntil(0, () => isOver(WARM_UP_SHARE), tally);
  const before = await idleMemoryBytes();
  const sent = await runUntil(warm, () => isOver(1), tally);
  const after = await idleMemoryBytes();
  const counts = Object.entries(tally).map(([outcome, count]) => `${count} ${outcome}`);
  const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
  process.stdout.write(
    `${sent} connections with seed ${seed}: ${counts.join(', ')}; ` +
      `memory: ${mebibytes(before)} warm, ${mebibytes(after)} at the end\n`,
  );
  const checks = {
    malformed: tally.malformed === 0,
    hang: tally.hang === 0,
    unserved: tally.unserved === 0,
    crash: !server.exited,
    memory: after - before < MAX_GROWTH_BYTES,
  };
  const failed = Object.keys(checks).filter((name) => !checks[name]);
  if (failed.length > 0) process.stdout.write(`failed checks: ${failed.join(', ')}\n${server.log}`);
  record({ passed: Object.keys(checks).length - failed.length, failed: failed.length, skipped: 0 });
  return failed.length === 0 ? 0 : 1;
}

async function runUntil(start, isOver, tally) {
  let next = start;
  const lane = async () => {
    while (!isOver() && !server.exited) {
      const number = next++;
      count(tally, number, await runCase(number));
      if (number % GOOD_REQUEST_INTERVAL === 0) count(tally, number, await sendGoodRequest());
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return next;
}

function count(tally, number, { outcome, reason }) {
  tally[outcome] += 1;
  if (outcome === 'ended' || tally[outcome] > MAX_SHOWN) return;
  process.stdout.write(`case ${number}: ${outcome}: ${reason}\n`);
}

/** One connection: says all it has to say, ends, and looks at what came. */
async function runCase(number) {
  const random = new Random(Math.imul(seed, 0x9e3779b1) + number);
  const pieces = makeFrameCase(random);
  const abrupt = random.chance(0.1);
  const socket = connect(Number(port), host).on('error', () => {});
  socket.setNoDelay(true);
  const received = [];
  socket.on('data', (bytes) => received.push(bytes));
  const closed = new Promise((resolve) => {
    socket.once('close', resolve);
  });
  for (const piece of pieces) {
    if (socket.destroyed || socket.writableEnded) break;
    socket.write(piece);
    if (random.chance(0.3)) await new Promise(setImmediate);
  }
  if (abrupt) socket.resetAndDestroy();
  else socket.end();
  const inTime = await Promise.race([
    closed.then(() => true),
    sleep(CLOSE_LIMIT_MS, false, { ref: false }),
  ]);
  socket.destroy();
  if (!inTime) return { outcome: 'hang', reason: `open ${CLOSE_LIMIT_MS} ms after its end` };
  const reason = problemOf(Buffer.concat(received));
  return reason === undefined ? { outcome: 'ended' } : { outcome: 'malformed', reason };
}

/** What is wrong with a server's frames; the last one may be cut off. */
function problemOf(bytes) {
  for (let at = 0; bytes.length - at >= 9; ) {
    const length = bytes.readUIntBE(at, 3);
    const type = bytes[at + 3];
    const id = bytes.readUInt32BE(at + 5);
    if (at === 0 && type !== 4) return 'the first frame is no SETTINGS frame';
    if (type >= FRAME_TYPES) return `a frame of the type ${type} at ${at}`;
    if (length > MOST_FRAME_BYTES) return `a frame of ${length} bytes at ${at}`;
    if (id > 0 && id % 2 === 0) return `a frame on the stream ${id}`;
    const errorAt = { 3: at + 9, 7: at + 13 }[type];
    if (errorAt !== undefined && errorAt + 4 <= bytes.length) {
      const code = bytes.readUInt32BE(errorAt);
      if (code > LAST_ERROR_CODE) return `the error code ${code}`;
      if (code === 2) return 'an error that is the fault of the server';
    }
    at += 9 + length;
  }
  return undefined;
}

/** Whatever the other connections do, a new one is served. */
async function sendGoodRequest() {
  const sender = new GrpcSender({ host, port: Number(port) });
  const call = { ...HEALTH, body: Buffer.alloc(5) };
  const late = sleep(GOOD_REQUEST_LIMIT_MS, { outcome: 'hang', reason: 'late' }, { ref: false });
  const asked = sender.send(call).catch(({ message }) => ({ outcome: 'error', reason: message }));
  const { outcome, reason } = await Promise.race([asked, late]);
  sender.close();
  return outcome === 'success' ? { outcome: 'ended' } : { outcome: 'unserved', reason };
}

/** Resident memory once the server had time to clean up. */
async function idleMemoryBytes() {
  await sleep(IDLE_MS);
  const status = readFileSync(`/proc/${server.pid}/status`, 'latin1');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

/** Adds the counts to the file that the test command sums up, if it asks for it. */
function record(counts) {
  const path = process.env.NEREID_TEST_RESULTS;
  if (path) appendFileSync(path, `${JSON.stringify(counts)}\n`);
}
