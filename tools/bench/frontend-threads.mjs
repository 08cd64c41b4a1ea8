/**
 * What `--frontend-threads` gains: measures what a request costs the main thread and the front-end
 * threads, and computes from that how many requests so many cores answer. See README.md.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureLoad } from './measure-load.mjs';
import { MeasuredServer } from './measured-server.mjs';
import { writeModels } from './model-repository.mjs';
import { WORKLOADS } from './workloads.mjs';

const USAGE = `Usage: node tools/bench/frontend-threads.mjs [options]

  --threads LIST       values of --frontend-threads (default 0,1,2)
  --only LIST          workloads (default identity-grpc,identity-http-binary,identity-http-json)
  --concurrency N      requests in flight (default 64)
  --connections N      of gRPC (default 16)
  --rounds N           of which the medians count (default 3)
  --seconds S          of a measurement (default 2)
  --server-cpus LIST   cores of the server, as taskset writes them (default all)
  --load-cpu N         core of the load generator (default any)
  --json FILE          writes all figures
  --help
`;
const MAIN_THREAD = 'the main thread';
const TICK_US = 10_000;
const CORES = [1, 2, 4, 8, 16, 32, 64];
const here = dirname(fileURLToPath(import.meta.url));
const LAUNCHER = join(here, '..', '..', 'packages', 'server', 'dist', 'nereid.js');

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '0,1,2' },
    only: { type: 'string', default: 'identity-grpc,identity-http-binary,identity-http-json' },
    concurrency: { type: 'string', default: '64' },
    connections: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    'server-cpus': { type: 'string' },
    'load-cpu': { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) process.stdout.write(USAGE);
else await main();

async function main() {
  const repository = mkdtempSync(join(tmpdir(), 'nereid-threads-'));
  try {
    const workloads = options.only.split(',').map((name) => workloadOf(name));
    const models = [...new Set(workloads.map(({ model }) => model))];
    writeModels(repository, models, { identity: 'identity' });
    const figures = await measureAll(repository, workloads);
    process.stdout.write(`${availableParallelism()} cores here\n\n${measuredTable(figures)}\n`);
    const handOvers = measureHandOver();
    const busyMainUs = median(handOvers.map(({ mainUs }) => mainUs));
    process.stdout.write(`a busy main thread: ${busyMainUs.toFixed(1)} µs a request\n\n`);
    for (const { name } of workloads) {
      process.stdout.write(`${coreTable(figures, name, busyMainUs)}\n`);
    }
    const all = { figures, handOvers };
    if (options.json) writeFileSync(options.json, JSON.stringify(all, undefined, 2));
  } finally {
    rmSync(repository, { recursive: true });
  }
}

function workloadOf(name) {
  const workload = WORKLOADS.find((each) => each.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  return workload;
}

/** Servers take turns, so that what else the machine does disturbs all alike. */
async function measureAll(repository, workloads) {
  const rounds = [];
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const threads of options.threads.split(',').map(Number)) {
      const server = await startServer(repository, threads);
      try {
        for (const workload of workloads) {
          rounds.push({ threads, name: workload.name, ...(await measure(server, workload)) });
        }
      } finally {
        await server.stop();
      }
    }
  }
  return medians(rounds);
}

async function startServer(repository, threads) {
  const command = [process.execPath, LAUNCHER, `--frontend-threads=${threads}`];
  const cpus = options['server-cpus'];
  const pinned = cpus === undefined ? command : ['taskset', '-c', cpus, ...command];
  const server = await MeasuredServer.start(pinned, repository);
  while (!(await accepts(server.grpcAddress))) await sleep(20);
  return server;
}

/** HTTP says that the server is ready, which gRPC may follow by a moment. */
function accepts(address) {
  return new Promise((resolve) => {
    const socket = connect(address, () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
}

async function measure(server, workload) {
  const shared = workload.protocol === 'grpc' || workload.protocol === 'grpc-stream';
  const before = threadTimesUs(server.pid);
  const result = await measureLoad(server, {
    workload,
    concurrency: Number(options.concurrency),
    connections: shared ? Number(options.connections) : Number(options.concurrency),
    warmUpSeconds: 2,
    seconds: Number(options.seconds),
    cpu: options['load-cpu'],
  });
  if (result.failure) throw new Error(`${workload.name}: ${result.failure}`);
  const after = threadTimesUs(server.pid);
  const all = after.all - before.all;
  // The warm-up is in these, but not in the time of a request.
  const mainUs = (result.cpuUs * (after.main - before.main)) / all;
  return { perSecond: result.perSecond, mainUs, otherUs: result.cpuUs - mainUs };
}

/** CPU time used so far by all threads of a process, and by its main thread. */
function threadTimesUs(pid) {
  const times = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { thread: Number(thread), cpuUs: (Number(fields[11]) + Number(fields[12])) * TICK_US };
  });
  const main = times.find(({ thread }) => thread === pid)?.cpuUs ?? 0;
  return { main, all: times.reduce((sum, { cpuUs }) => sum + cpuUs, 0) };
}

/** A main thread that has nothing to wait for takes more at a time, and is woken less. */
function measureHandOver() {
  return Array.from({ length: Number(options.rounds) }, () => {
    const args = [join(here, 'hand-over.mjs'), '1', options.seconds];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  });
}

function medians(rounds) {
  const groups = new Map();
  for (const round of rounds) {
    const key = `${round.name} ${round.threads}`;
    groups.set(key, [...(groups.get(key) ?? []), round]);
  }
  return [...groups.values()].map((group) => ({
    name: group[0].name,
    threads: group[0].threads,
    perSecond: median(group.map((each) => each.perSecond)),
    mainUs: median(group.map((each) => each.mainUs)),
    otherUs: median(group.map((each) => each.otherUs)),
  }));
}

function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

function measuredTable(figures) {
  const lines = figures.map(
    ({ name, threads, perSecond, mainUs, otherUs }) =>
      `| ${name} | ${threads} | ${Math.round(perSecond)} | ${mainUs.toFixed(1)} | ${otherUs.toFixed(1)} |`,
  );
  const head = '| workload | threads | requests/s here | main thread, µs | other threads, µs |';
  return [head, '|---|---|---|---|---|', ...lines, ''].join('\n');
}

/**
 * Requests a second that so many cores can answer, if each thread has a core while there are enough,
 * and nothing else holds them up: the main thread is one, and the bound that stays.
 */
function coreTable(figures, name, busyMainUs) {
  const own = figures.filter((each) => each.name === name);
  const alone = own.find(({ threads }) => threads === 0);
  const threaded = own.filter(({ threads }) => threads > 0).at(-1);
  if (!alone || !threaded) return '';
  const head = `| ${name}: cores | 0 threads | best | threads | bound by |`;
  const lines = CORES.map((cores) => {
    const without = 1e6 / Math.max(alone.mainUs, (alone.mainUs + alone.otherUs) / cores);
    const { perSecond, threads, bound } = bestOf(cores, busyMainUs, threaded.otherUs);
    const best = perSecond > without ? [perSecond, threads, bound] : [without, 0, MAIN_THREAD];
    return `| ${[cores, Math.round(without), Math.round(best[0]), best[1], best[2]].join(' | ')} |`;
  });
  return [head, '|---|---|---|---|---|', ...lines, ''].join('\n');
}

/** One core is the main thread's; each other one may be a front-end thread's. */
function bestOf(cores, mainUs, threadUs) {
  if (cores === 1) return { perSecond: 1e6 / (mainUs + threadUs), threads: 1, bound: 'the core' };
  const threads = Math.min(cores - 1, Math.ceil(threadUs / mainUs));
  const threadLimit = (threads * 1e6) / threadUs;
  const mainLimit = 1e6 / mainUs;
  return threadLimit < mainLimit
    ? { perSecond: threadLimit, threads, bound: 'front-end threads' }
    : { perSecond: mainLimit, threads, bound: MAIN_THREAD };
}
