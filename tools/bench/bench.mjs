/**
 * Measures inference in a closed loop, and compares with another server of the same protocols:
 *
 *   node tools/bench/bench.mjs [--peer-command 'tritonserver ...'] [--peer-backend python]
 */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findPeer } from './find-peer.mjs';
import { measureLoad } from './measure-load.mjs';
import { MeasuredServer } from './measured-server.mjs';
import { SCENARIOS } from './scenarios.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const launcher = join(here, '..', '..', 'packages', 'server', 'dist', 'nereid.js');

const USAGE = `usage: node tools/bench/bench.mjs [options]

  --command CMD        server to measure (default: this repository's)
  --backend NAME       its backend for the model: identity, python or javascript (default identity)
  --peer-command CMD   server to compare with, started with --model-repository and the ports added
                       (default: the tritonserver on PATH, or that of Python's nvidia-pytriton)
  --peer-backend NAME  the peer's backend for the model (default python)
  --only NAME,...      scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}
  --concurrency N      requests in flight (default 16)
  --seconds N          time measured per scenario (default 3)
  --warm-up N          seconds before (default 1)
`;

const { values } = parseArgs({
  options: {
    command: { type: 'string', default: `node ${launcher}` },
    backend: { type: 'string', default: 'identity' },
    'peer-command': { type: 'string' },
    'peer-backend': { type: 'string', default: 'python' },
    only: { type: 'string' },
    concurrency: { type: 'string', default: '16' },
    seconds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
});

if (values.help) process.stdout.write(USAGE);
else await main();

async function main() {
  const wanted = values.only?.split(',');
  const scenarios = SCENARIOS.filter(({ name }) => !wanted || wanted.includes(name));
  const own = await measureServer(values.command, values.backend, scenarios);
  printTable('nereid', scenarios, own);
  const peerCommand = values['peer-command'] ?? findPeer();
  if (!peerCommand) {
    process.stdout.write('no tritonserver is installed to compare with; see --peer-command\n');
    return;
  }
  const peer = await measureServer(peerCommand, values['peer-backend'], scenarios);
  printTable('peer', scenarios, peer);
  printRatios(scenarios, own, peer);
}

/** Measures every scenario on one server; a scenario that fails has a `failure` instead of numbers. */
async function measureServer(command, backend, scenarios) {
  const repository = makeRepository(backend);
  const server = await MeasuredServer.start(command.split(' ').filter(Boolean), repository);
  const results = new Map();
  try {
    for (const scenario of scenarios) results.set(scenario.name, await measure(server, scenario));
  } finally {
    await server.stop();
    rmSync(repository, { recursive: true });
  }
  return results;
}

function makeRepository(backend) {
  const repository = mkdtempSync(join(tmpdir(), 'nereid-bench-'));
  const version = join(repository, 'identity', '1');
  mkdirSync(version, { recursive: true });
  if (backend === 'python')
    copyFileSync(join(here, 'identity-model.py'), join(version, 'model.py'));
  if (backend === 'javascript') {
    copyFileSync(join(here, 'identity-model.mjs'), join(version, 'model.js'));
  }
  const tensor = (name) => `[ { name: "${name}" data_type: TYPE_FP32 dims: [ -1 ] } ]`;
  writeFileSync(
    join(repository, 'identity', 'config.pbtxt'),
    `backend: "${backend}"\nmax_batch_size: 64\n` +
      `input ${tensor('INPUT0')}\noutput ${tensor('OUTPUT0')}\n` +
      'instance_group [ { kind: KIND_CPU count: 1 } ]\n',
  );
  return repository;
}

function measure(server, scenario) {
  return measureLoad(server, {
    scenario,
    concurrency: Number(values.concurrency),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values['warm-up']),
  });
}

function printTable(title, scenarios, results) {
  printRow([title, 'req/s', 'p50 us', 'p99 us', 'cpu us/req']);
  for (const { name } of scenarios) {
    const { failure, perSecond, p50Us, p99Us, cpuUs } = results.get(name);
    if (failure) process.stdout.write(`${name.padEnd(20)} failed: ${failure}\n`);
    else
      printRow([name, perSecond.toFixed(0), p50Us.toFixed(0), p99Us.toFixed(0), cpuUs.toFixed(1)]);
  }
  process.stdout.write('\n');
}

/** Above 1 the peer is behind. */
function printRatios(scenarios, own, peer) {
  printRow(['nereid against peer', 'req/s', 'p50', 'p99', 'cpu']);
  for (const { name } of scenarios) {
    const [a, b] = [own.get(name), peer.get(name)];
    if (a.failure || b.failure) continue;
    const ratios = [a.perSecond / b.perSecond, b.p50Us / a.p50Us, b.p99Us / a.p99Us];
    printRow([name, ...[...ratios, b.cpuUs / a.cpuUs].map((ratio) => `${ratio.toFixed(2)}x`)]);
  }
}

function printRow([name, ...cells]) {
  const columns = cells.map((cell) => cell.padStart(11));
  process.stdout.write(`${name.padEnd(20)}${columns.join('')}\n`);
}
