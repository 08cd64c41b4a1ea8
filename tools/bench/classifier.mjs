/**
 * Measures what batching and serving cost a real model: the ONNX classifier of the examples with
 * dynamic batching, without, and in ONNX Runtime called in a loop. They take turns, so that
 * what else the machine does meets all of them.
 *
 *   node tools/bench/classifier.mjs [--rounds N] [--seconds N] [--concurrency N] [--input http]
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { classifierWorkload } from './classifier-workloads.mjs';
import { measureLoad } from './measure-load.mjs';
import { MeasuredServer } from './measured-server.mjs';
import { withOtherLoad } from './other-load.mjs';
import { median } from './statistics.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const launcher = join(root, 'packages', 'server', 'dist', 'nereid.js');
const modelFile = join(root, 'examples/model_repository/efficientnet_lite0_onnx/1/model.onnx');
const SERVER_WARM_UP_SECONDS = 4;
/** A round counts when others take no more of the machine than this in any of its turns. */
const CALM_LOAD = 0.05;
const MIN_CALM_ROUNDS = 3;
const FIXED_BATCHES = [1, 2, 4, 8, 16];

const USAGE = `usage: node tools/bench/classifier.mjs [options]

  --rounds N       how often each of the three is measured (default 5)
  --seconds N      time measured each time (default 5)
  --concurrency N  requests in flight (default 16)
  --max-batch N    the model's max_batch_size (default 4)
  --instances N    its instances, which share the cores (default 2)
  --delay N        max_queue_delay_microseconds (default 0)
  --input NAME     how the 600 kB of a request get to the server: shared-memory (a system
                   shared-memory region; default), http or grpc (in the body)
  --json FILE      writes the ratios to ONNX Runtime
`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '16' },
    'max-batch': { type: 'string', default: '4' },
    instances: { type: 'string', default: '2' },
    delay: { type: 'string', default: '0' },
    input: { type: 'string', default: 'shared-memory' },
    json: { type: 'string' },
    help: { type: 'boolean' },
  },
});
const seconds = Number(values.seconds);
const warmUpSeconds = 1;

if (values.help) process.stdout.write(USAGE);
else await main();

async function main() {
  const repository = makeRepository();
  const runtime = await startRuntime();
  const server = await MeasuredServer.start([process.execPath, launcher], repository);
  try {
    await measure(server, 'warm-up', { seconds: SERVER_WARM_UP_SECONDS });
    const batch = await findBestBatch(runtime);
    const results = await takeTurns({
      batched: () => measure(server, 'classify', { models: ['batched'] }),
      unbatched: () => measure(server, 'classify', { models: ['unbatched'] }),
      runtime: () => measureRuntime(runtime, batch, seconds),
      single: () => measureRuntime(runtime, 1, seconds),
    });
    printResults(results, batch);
    if (values.json) writeFileSync(values.json, JSON.stringify(ratiosOf(results)));
  } finally {
    runtime.kill();
    await server.stop();
    rmSync(repository, { recursive: true });
  }
}

/** The same file twice, with a dynamic batcher and without; instances and threads by default. */
function makeRepository() {
  const repository = mkdtempSync(join(tmpdir(), 'nereid-bench-'));
  const batching = `dynamic_batching { max_queue_delay_microseconds: ${values.delay} }`;
  const classifier =
    `backend: "onnxruntime"\nmax_batch_size: ${values['max-batch']}\n` +
    'input [ { name: "input" data_type: TYPE_FP32 dims: [ 3, 224, 224 ] } ]\n' +
    'output [ { name: "logits" data_type: TYPE_FP32 dims: [ 1000 ] } ]\n' +
    `instance_group [ { kind: KIND_CPU count: ${values.instances} } ]\n`;
  const identity =
    'backend: "identity"\nmax_batch_size: 4\n' +
    'input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]\n' +
    'output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]\n';
  const models = {
    batched: classifier + batching,
    unbatched: classifier,
    'warm-up': identity + batching,
  };
  for (const [name, config] of Object.entries(models)) {
    mkdirSync(join(repository, name, '1'), { recursive: true });
    writeFileSync(join(repository, name, 'config.pbtxt'), config);
    if (name !== 'warm-up') cpSync(modelFile, join(repository, name, '1', 'model.onnx'));
  }
  return repository;
}

/** With a thread for each core, as ONNX Runtime has by default. */
async function startRuntime() {
  const threads = String(availableParallelism());
  const runtime = fork(join(here, 'plain-runtime.mjs'), [modelFile, threads]);
  await once(runtime, 'message');
  return runtime;
}

async function findBestBatch(runtime) {
  const measured = new Map(FIXED_BATCHES.map((batch) => [batch, []]));
  for (let round = 0; round < 3; round++) {
    for (const [batch, speeds] of measured) {
      const { perSecond } = await measureRuntime(runtime, batch, seconds / 2);
      speeds.push(perSecond);
    }
  }
  const speeds = [...measured].map(([batch, list]) => ({ batch, perSecond: median(list) }));
  for (const { batch, perSecond } of speeds) {
    process.stdout.write(`ONNX Runtime, batch ${batch}: ${perSecond.toFixed(1)} images/s\n`);
  }
  return speeds.reduce((best, next) => (next.perSecond > best.perSecond ? next : best)).batch;
}

async function measureRuntime(runtime, batch, measuredSeconds) {
  runtime.send({ batch, seconds: measuredSeconds, warmUpSeconds: warmUpSeconds / 2 });
  const [result] = await once(runtime, 'message');
  return result;
}

async function measure(server, kind, options) {
  const workload = classifierWorkload(kind, values.input);
  const concurrency = Number(values.concurrency);
  const result = await measureLoad(server, {
    workload,
    concurrency,
    seconds,
    warmUpSeconds,
    ...options,
  });
  if (result.failure) throw new Error(`${workload.name}: ${result.failure}`);
  return result;
}

/**
 * The results of the undisturbed rounds, or of all when there are too few. Each round begins with
 * another one, so that none always follows the same.
 */
async function takeTurns(measurements) {
  const names = Object.keys(measurements);
  const rounds = [];
  for (let number = 0; number < Number(values.rounds); number++) {
    const round = { results: {}, otherLoad: 0 };
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(number + turn) % names.length];
      const { result, otherLoad } = await withOtherLoad(measurements[name]);
      round.results[name] = result;
      round.otherLoad = Math.max(round.otherLoad, otherLoad);
    }
    rounds.push(round);
    printRound(round);
  }
  const calm = rounds.filter(({ otherLoad }) => otherLoad <= CALM_LOAD);
  const enough = calm.length >= MIN_CALM_ROUNDS;
  process.stdout.write(`\n${calm.length} of ${rounds.length} rounds were undisturbed`);
  process.stdout.write(enough ? '; they count:\n' : ': too few to tell, so all of them count:\n');
  const counted = (enough ? calm : rounds).map(({ results }) => results);
  return Object.fromEntries(names.map((name) => [name, counted.map((results) => results[name])]));
}

function printRound({ results, otherLoad }) {
  const speeds = Object.entries(results).map(
    ([name, { perSecond }]) => `${name} ${perSecond.toFixed(1)}`,
  );
  const others = `others took up to ${(otherLoad * 100).toFixed(0)} % of the machine`;
  process.stdout.write(`${speeds.join(', ')} images/s; ${others}\n`);
}

function printResults({ batched, unbatched, runtime, single }, batch) {
  const lines = { batched, unbatched, [`ONNX Runtime, batch ${batch}`]: runtime };
  lines['ONNX Runtime, one by one'] = single;
  process.stdout.write(`\n${''.padEnd(26)}images/s       cpu ms/image\n`);
  for (const [title, results] of Object.entries(lines)) {
    const speed = median(results.map(({ perSecond }) => perSecond)).toFixed(1);
    const cpuMs = (median(results.map(({ cpuUs }) => cpuUs)) / 1000).toFixed(2);
    process.stdout.write(`${title.padEnd(26)}${speed.padStart(8)}${cpuMs.padStart(19)}\n`);
  }
  printRatio('batched against unbatched', batched, unbatched);
  printRatio('batched against ONNX Runtime', batched, runtime);
  printRatio('unbatched against ONNX Runtime one by one', unbatched, single);
}

/** What the server does of ONNX Runtime alone, for who reads the JSON. */
function ratiosOf({ batched, unbatched, runtime, single }) {
  return {
    batched: median(ratiosOfRounds(batched, runtime)),
    unbatched: median(ratiosOfRounds(unbatched, single)),
  };
}

/** Of each round on its own, because what disturbs the machine lasts longer than a round. */
function printRatio(title, own, peer) {
  const ratios = ratiosOfRounds(own, peer);
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
  process.stdout.write(`${title}: ${median(ratios).toFixed(3)} (rounds ${low} to ${high})\n`);
}

function ratiosOfRounds(own, peer) {
  return own.map(({ perSecond }, round) => perSecond / peer[round].perSecond);
}
