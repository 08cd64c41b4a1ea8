/** Does a request cost more where there is a hundredfold of something? */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureLoad } from './measure-load.mjs';
import { writeCopy, writeModels } from './model-repository.mjs';
import { rangeOf, short, table } from './report-tables.mjs';
import { spread } from './statistics.mjs';
import { formOf, SMALL } from './workloads.mjs';

const IN_FLIGHT = 16;
const FEW = { models: 10, sequences: 160, connections: 16, queued: 100 };
const FACTOR = 100;
const SEQUENCE_LENGTH = 10;
/** That bring the queued requests. */
const STREAMS = 10;
const HEAT = { seconds: 0.1, warmUpSeconds: 0.3, warmUpRequests: 20_000 };
/** Timings of one machine differ by this much without a reason. */
const VISIBLE = 1.15;

/** By name: `few` and `many` are what the load generator is told. */
const SCENARIOS = {
  'scale-models': {
    what: 'models, which take turns',
    counts: FEW.models,
    form: 'grpc',
    load: (count) => ({ concurrency: IN_FLIGHT, models: modelNames(count) }),
  },
  'scale-sequences': {
    what: 'live sequences',
    counts: FEW.sequences,
    form: 'grpc',
    model: 'identity_sequence',
    sequenceLength: SEQUENCE_LENGTH,
    load: (count) => ({ concurrency: IN_FLIGHT, liveSequences: count / IN_FLIGHT }),
  },
  'scale-connections-http': {
    what: 'connections',
    counts: FEW.connections,
    form: 'http-binary',
    model: 'identity',
    load: (count) => ({ concurrency: IN_FLIGHT, connections: count }),
  },
  'scale-connections-grpc': {
    what: 'connections',
    counts: FEW.connections,
    form: 'grpc',
    model: 'identity',
    load: (count) => ({ concurrency: IN_FLIGHT, connections: count }),
  },
  'scale-queued': {
    what: 'queued requests',
    counts: FEW.queued,
    form: 'stream',
    model: 'identity_batched',
    load: (count) => ({ concurrency: count, connections: STREAMS }),
  },
};

export const SCALE_NAMES = Object.keys(SCENARIOS);

/** Resolves with a row of each: few and many, CPU time of both, and the ratio of the rounds. */
export async function measureScale(peer, names, settings) {
  const folder = mkdtempSync(join(tmpdir(), 'nereid-bench-'));
  const servers = [];
  try {
    const few = await startWith(peer, join(folder, 'few'), FEW.models);
    servers.push(few);
    const many = await startWith(peer, join(folder, 'many'), FEW.models * FACTOR);
    servers.push(many);
    const rows = [];
    for (const name of names) {
      rows.push(await measureOne(name, { few, many }, settings));
      process.stderr.write(`${name}\n`);
    }
    return rows;
  } finally {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Only the number of models needs another server: the rest is asked of the one with few. */
async function measureOne(name, { few, many }, settings) {
  const { what, counts, form, load, ...scenario } = SCENARIOS[name];
  const workload = { ...formOf(form), tensor: SMALL, model: 'model_0', ...scenario };
  const sides = [
    { server: few, cpuUs: [], load: load(counts) },
    { server: name === 'scale-models' ? many : few, cpuUs: [], load: load(counts * FACTOR) },
  ];
  for (const { server, load: asked } of settings.isCold ? [] : sides) {
    await measureLoad(server, { workload, ...HEAT, ...asked });
  }
  for (let round = 0; round < settings.rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      const result = await measured(side.server, { workload, ...settings, ...side.load });
      side.cpuUs.push(result.cpuUs);
    }
  }
  const [fewUs, manyUs] = sides.map(({ cpuUs }) => cpuUs);
  const ratio = spread(manyUs.map((cpuUs, round) => cpuUs / fewUs[round]));
  return {
    ...{ name, what, few: counts, many: counts * FACTOR, ratio },
    ...{ fewUs: spread(fewUs), manyUs: spread(manyUs), isVisible: ratio.median > VISIBLE },
  };
}

async function measured(server, options) {
  const result = await measureLoad(server, options);
  if (result.failure) throw new Error(result.failure);
  return result;
}

function startWith(peer, repository, count) {
  writeModels(repository, ['identity', 'identity_batched', 'identity_sequence'], {});
  for (const name of modelNames(count)) writeCopy(repository, name, 'identity');
  return peer.start(repository);
}

function modelNames(count) {
  return Array.from({ length: count }, (_, index) => `model_${index}`);
}

export function scaleTable(rows) {
  const head = ['', 'of', 'few', 'many', 'CPU µs few', 'CPU µs many', 'many : few'];
  const lines = rows.map(({ name, what, few, many, fewUs, manyUs, ratio }) => [
    ...[name, what, few, many, short(fewUs.median), short(manyUs.median), rangeOf(ratio)],
  ]);
  return table(head, lines);
}
