/**
 * Keeps a server with the native gRPC transport busy with everything that clients do, good and bad, for an hour.
 *
 *   node test/soak/grpc-transport.mjs [--minutes 60] [--transport native]
 */

import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { compressionAlgorithms } from '@grpc/grpc-js';
import { fp32Message, grpcClient, grpcInfer } from '../e2e/grpc-client.mjs';
import { root, startServer } from '../e2e/server-process.mjs';
import { makeFrameCase } from '../fuzz/frame-cases.mjs';
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
  `--grpc-transport=${values.transport}`,
  `--model-repository=${join(root, 'test', 'models', 'clients')}`,
  '--model-control-mode=explicit',
  `--load-model=${MODEL}`,
]);
/** What closes a client at the end, as a test would. */
const closers = [];
const scope = { after: (close) => closers.push(close) };

const plain = grpcClient(scope, server);
const gzipped = grpcClient(scope, server, {
  'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
});

/** What goes on side by side, each again and again. */
const ACTIVITIES = {
  unary: () => good(plain, message(SMALL)),
  large: () => good(plain, message(LARGE)),
  compressed: () => good(gzipped, message(10 * SMALL)),
  stream: () => streamSome(plain),
  deadlines: () => grpcInfer(plain, message(SMALL), { deadline: Date.now() }),
  cancellations: () => cancelSome(plain),
  connections: connectAgain,
  'broken frames': breakFrames,
};

try {
  process.exitCode = (await keepBusy(server, Number(values.minutes), ACTIVITIES)) === 0 ? 0 : 1;
} finally {
  for (const close of closers) close();
  await server.stop();
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
