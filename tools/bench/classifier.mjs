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
  const loops = await startLoops();
  const server = await MeasuredServer.start([process.execPath, launcher], repository);
  try {
    await measure(server, 'warm-up', { seconds: SERVER_WARM_UP_SECONDS });
    const best = await findBestBatches(loops);
    const results = await takeTurns({
      batched: () => measure(server, 'classify', { models: ['batched'] }),
      unbatched: () => measure(server, 'classify', { models: ['unbatched'] }),
      runtime: () => measureLoops(best.runtime, seconds),
      single: () => measureLoops(best.single, seconds),
    });
    printResults(results, best);
    if (values.json) writeFileSync(values.json, JSON.stringify(ratiosOf(results)));
  } finally {
    for (const { processes } of loops) for (const each of processes) each.kill();
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

/**
 * ONNX Runtime as it is by default, with a thread for each core, and a loop with one thread for each
 * core: the threads of the first wait for each other by spinning, and how much they lose by that
 * changes from minute to minute on virtual machines.
 */
async function startLoops() {
  const cores = availableParallelism();
  const one = await startLoop(cores);
  const several = await Promise.all(Array.from({ length: cores }, () => startLoop(1)));
  return [
    { title: `a loop with ${cores} threads`, processes: [one] },
    { title: `${cores} loops with a thread`, processes: several },
  ];
}

async function startLoop(threads) {
  const started = fork(join(here, 'plain-runtime.mjs'), [modelFile, String(threads)]);
  await once(started, 'message');
  return started;
}

/** Of all loops and batches the best, and the best of those that take one image at a time. */
async function findBestBatches(loops) {
  const choices = loops.flatMap((loop) => FIXED_BATCHES.map((batch) => ({ ...loop, batch })));
  const measured = choices.map((choice) => ({ choice, speeds: [] }));
  for (let round = 0; round < 3; round++) {
    for (const { choice, speeds } of measured) {
      speeds.push((await measureLoops(choice, seconds / 2)).perSecond);
    }
  }
  for (const { choice, speeds } of measured) {
    const { title, batch } = choice;
    const speed = median(speeds).toFixed(1);
    process.stdout.write(`ONNX Runtime, ${title}, batch ${batch}: ${speed} images/s\n`);
  }
  const bestOf = (list) =>
    list.reduce((best, next) => (median(next.speeds) > median(best.speeds) ? next : best)).choice;
  const single = measured.filter(({ choice }) => choice.batch === 1);
  return { runtime: bestOf(measured), single: bestOf(single) };
}

async function measureLoops({ processes, batch }, measuredSeconds) {
  const results = await Promise.all(
    processes.map(async (each) => {
      each.send({ batch, seconds: measuredSeconds, warmUpSeconds: warmUpSeconds / 2 });
      const [result] = await once(each, 'message');
      return result;
    }),
  );
  const perSecond = results.reduce((sum, result) => sum + result.perSecond, 0);
  const cpuUs = results.reduce((sum, result) => sum + result.cpuUs * result.perSecond, 0);
  return { perSecond, cpuUs: cpuUs / perSecond };
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

function printResults({ batched, unbatched, runtime, single }, best) {
  const lines = { batched, unbatched };
  lines[`${best.runtime.title}, batch ${best.runtime.batch}`] = runtime;
  lines[`${best.single.title}, batch 1`] = single;
  process.stdout.write(`\n${''.padEnd(38)}images/s       cpu ms/image\n`);
  for (const [title, results] of Object.entries(lines)) {
    const speed = median(results.map(({ perSecond }) => perSecond)).toFixed(1);
    const cpuMs = (median(results.map(({ cpuUs }) => cpuUs)) / 1000).toFixed(2);
    process.stdout.write(`${title.padEnd(38)}${speed.padStart(8)}${cpuMs.padStart(19)}\n`);
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
