/** The load generator `perf_analyzer`, whose reports also show the statistics that the server keeps. */

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePython } from '../../../tools/python-environment.mjs';
import { stockClientTest } from '../stock-client.mjs';
import {
  cacheFolder,
  ensureInstalled,
  mustRun,
  onceFor,
  runProgram,
  Unavailable,
} from '../toolchain.mjs';

const VERSION = '2.51.0';
/** The wheels for this old platform name hold the program; those for newer ones do not. */
const PLATFORM = 'manylinux1_x86_64';
const WHEELS = [
  ['--platform', PLATFORM, `tritonclient==${VERSION}`],
  ['nvidia-cuda-runtime-cu12==12.6.77'],
];
const BASE64_LIBRARY = '/usr/lib/x86_64-linux-gnu/libb64.so.0d';
const REQUESTS = 100;
/** perf_analyzer starts its senders first and then asks for the statistics that it subtracts. */
const REQUESTS_BEFORE_START = 10;
const RUN_LIMIT_MS = 60_000;

/** Resolves with the program and the folder of the CUDA runtime that it is linked with. */
async function prepare() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Unavailable('perf_analyzer is published for Linux on x86-64 only');
  }
  await ensureInstalled([BASE64_LIBRARY], ['libb64-0d']);
  const folder = cacheFolder('perf-analyzer');
  const program = join(folder, `tritonclient-${VERSION}.data`, 'data', 'bin', 'perf_analyzer');
  await onceFor(folder, WHEELS, async () => {
    for (const wheel of WHEELS) await unpackWheel(folder, wheel);
    chmodSync(program, 0o755);
  });
  return { program, libraries: join(folder, 'nvidia', 'cuda_runtime', 'lib'), folder };
}

async function unpackWheel(folder, wheel) {
  const python = ensurePython();
  const wheels = cacheFolder('perf-analyzer-wheels', wheel.at(-1));
  const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:'];
  await mustRun(python, [...download, '--dest', wheels, ...wheel]);
  const unpack =
    'import glob, sys, zipfile; zipfile.ZipFile(glob.glob(sys.argv[1])[0]).extractall(sys.argv[2])';
  await mustRun(python, ['-c', unpack, join(wheels, '*.whl'), folder]);
}

/** A line of numbers under a line of their names. */
function readReport(text) {
  const [names = '', values = ''] = text.trim().split('\n');
  const numbers = values.split(',').map(Number);
  return Object.fromEntries(names.split(',').map((name, i) => [name, numbers[i]]));
}

async function check(t, server, { program, libraries, folder }) {
  const http = ['-i', 'http', '-u', server.address('HTTPService')];
  const grpc = ['-i', 'grpc', '-u', server.grpc];
  const stream = [...grpc, '--streaming'];
  const env = { LD_LIBRARY_PATH: libraries };
  const start = (args) => runProgram(program, args, { env, limitMs: RUN_LIMIT_MS });

  const successes = async (model) => {
    const answer = await fetch(`${server.http}/v2/models/${model}/stats`);
    return (await answer.json()).model_stats[0].inference_stats.success.count;
  };

  /** Runs a fixed number of requests and checks client's and server's halves of the report. */
  async function profile(model, ...args) {
    const report = join(folder, 'report.csv');
    const before = await successes(model);
    const { status, stdout, stderr } = await start([
      '-m',
      model,
      ...args,
      '--concurrency-range=2',
      `--request-count=${REQUESTS}`,
      '-f',
      report,
    ]);
    assert.equal(status, 0, `${stdout}${stderr}`);
    const [, serverHalf] = stdout.split(/^ {2}Server:/m);
    const count = (label, text) => Number(new RegExp(`${label} count: (\\d+)`).exec(text)?.[1]);
    assert.equal(count('Request', stdout), REQUESTS, stdout);
    const seen = count('Successful request', serverHalf);
    assert.ok(seen <= REQUESTS && seen > REQUESTS - REQUESTS_BEFORE_START, stdout);
    assert.equal(count('Inference', serverHalf), seen, stdout);
    assert.equal((await successes(model)) - before, REQUESTS);
    assert.match(serverHalf, /queue \d+ usec .*compute infer \d+ usec/, stdout);
    return { stdout, ...readReport(readFileSync(report, 'utf8')) };
  }

  for (const [protocol, args] of Object.entries({
    HTTP: http,
    gRPC: grpc,
    'gRPC streams': stream,
  })) {
    await t.test(`profiles over ${protocol}, with the server's statistics`, async () => {
      const report = await profile('add_sub', ...args);
      const serverUs = ['Queue', 'Compute Input', 'Compute Infer', 'Compute Output']
        .map((phase) => report[`Server ${phase}`])
        .reduce((sum, each) => sum + each);
      assert.ok(serverUs > 0, 'the server measured no time');
      assert.ok(report['p50 latency'] > 0 && report['Inferences/Second'] > 0);
    });
  }

  await t.test('profiles a decoupled model', async () => {
    const data = join(folder, 'repeat.json');
    writeFileSync(data, JSON.stringify({ data: [{ N: [3] }] }));
    const { stdout } = await profile('repeat', ...stream, '--input-data', data);
    assert.match(stdout, /Detected decoupled model/);
    const [, requests, responses] =
      /Throughput: ([\d.]+) infer[\s\S]*Response Throughput: ([\d.]+)/.exec(stdout) ?? [];
    assert.equal(Math.round(responses / requests), 3, stdout);
  });

  await t.test('profiles BYTES', async () => {
    const shape = ['--shape', 'INPUT0:3', '--string-length', '9'];
    await profile('identity_bytes', ...http, ...shape);
  });

  const { extensions } = await (await fetch(`${server.http}/v2`)).json();
  const skip = !extensions.includes('system_shared_memory') && 'the server has no such extension';
  for (const [protocol, args] of Object.entries({ HTTP: http, gRPC: grpc })) {
    await t.test(`profiles system shared memory over ${protocol}`, { skip }, async () => {
      const memory = ['--shared-memory', 'system', '--output-shared-memory-size', '64'];
      await profile('add_sub', ...args, ...memory);
    });
  }

  await t.test('passes on why the server refuses', async () => {
    const { status, stdout, stderr } = await start(['-m', 'nope', ...http]);
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /Request for unknown model: 'nope' is not found/);
  });
}

stockClientTest('perf_analyzer', { prepare, check });
