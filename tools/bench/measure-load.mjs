/** Puts one workload's load on a server for a while. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENCODINGS } from './encode-request.mjs';
import { runLoadGenerator } from './load-generator.mjs';
import { SharedRegions } from './shared-regions.mjs';

/** gRPC calls that share a connection. */
const CALLS_PER_CONNECTION = 6;

/**
 * Resolves with requests per second and latencies, the server's CPU time per request (`cpuUs`, and
 * `cpuUsBy` process), its memory, and the load generator's own CPU time; with a `failure` when an
 * answer is not what it has to be. `concurrency` requests are in flight, over `connections` of which
 * some may be idle; `models`, which take turns, replace the workload's own; `liveSequences` are those
 * of each request in flight; `warmUpRequests` must be answered before, within some seconds; `cpu` is a core that the load generator is to stay on.
 */
export async function measureLoad(server, { workload, ...options }) {
  const folder = mkdtempSync(join(tmpdir(), 'nereid-bench-'));
  const needsRegions = workload.encoding.endsWith('shared-memory');
  const regionCount = workload.answer === 'region' ? options.concurrency : 0;
  let regions;
  try {
    if (needsRegions) regions = await SharedRegions.register(server, workload.tensor, regionCount);
    const place = { folder, regionPrefix: regions?.outputPrefix };
    return await measure(server, loadArguments(server, { workload, ...options, ...place }));
  } finally {
    await regions?.remove();
    rmSync(folder, { recursive: true });
  }
}

async function measure(server, args) {
  const processes = server.usage();
  const result = await runLoadGenerator([
    ...args,
    ...processes.flatMap(({ pid }) => ['--pid', String(pid)]),
  ]);
  if (result.failure) return result;
  const { errors, firstError, count } = result;
  if (errors > 0) return { failure: `${errors} of ${count} requests: ${firstError}` };
  if (count === 0) return { failure: 'not one answer came in time' };
  const cpuUsBy = cpuByName(processes, result);
  const cpuUs = Object.values(cpuUsBy).reduce((sum, each) => sum + each, 0);
  return { ...result, cpuUs, cpuUsBy, residentBytes: server.residentBytes() };
}

/** CPU time a request of each process; processes of one name count together. */
function cpuByName(known, { processes, count }) {
  const byName = {};
  for (const [index, { cpuUs }] of processes.entries()) {
    const title = index === 0 ? 'server' : known[index].name;
    byName[title] = (byName[title] ?? 0) + cpuUs / count;
  }
  return byName;
}

function loadArguments(server, { workload, models, concurrency, folder, ...options }) {
  const { protocol, answer, minimumAnswerBytes = 0, sequenceLength } = workload;
  const { port } = protocol === 'http' ? server.httpAddress : server.grpcAddress;
  const shared = protocol === 'grpc' ? Math.ceil(concurrency / CALLS_PER_CONNECTION) : 1;
  const settings = {
    protocol,
    port,
    connections: options.connections ?? shared,
    'in-flight': concurrency,
    'warm-up': options.warmUpSeconds,
    'warm-up-requests': options.warmUpRequests,
    seconds: options.seconds,
    answer,
    'minimum-answer': minimumAnswerBytes,
    sequence: sequenceLength,
    'live-sequences': options.liveSequences,
    region: answer === 'region' ? options.regionPrefix : undefined,
    cpu: options.cpu,
  };
  const args = Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [`--${name}`, String(value)]);
  return [...args, ...files(folder, workload, models ?? [workload.model])];
}

/** Writes the requests and the expected tensor; returns the arguments that name them. */
function files(folder, { tensor, expected, encoding, answer, sequenceLength }, models) {
  const args = [];
  const add = (name, content) => {
    const file = join(folder, String(args.length));
    writeFileSync(file, content);
    args.push(`--${name}`, file);
  };
  const output = answer === 'region' ? tensor.output : undefined;
  const places = sequenceLength ? SEQUENCE_PLACES : [undefined];
  for (const model of models) {
    for (const sequence of places) {
      add('request', ENCODINGS[encoding]({ model, tensor, sequence, output }));
    }
  }
  if (answer !== 'size') add('expected', expected ?? tensor.values);
  return args;
}

/** The first request of a sequence, the others, and the last. */
const SEQUENCE_PLACES = [
  { start: true, end: false },
  { start: false, end: false },
  { start: false, end: true },
];
