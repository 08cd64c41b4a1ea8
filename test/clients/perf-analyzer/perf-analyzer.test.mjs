/** The load generator `perf_analyzer`, whose reports also show the statistics that the server keeps. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stockClientTest } from '../stock-client.mjs';
import { runProgram } from '../toolchain.mjs';
import { ensurePerfAnalyzer } from './ensure-perf-analyzer.mjs';
import { readReport } from './read-report.mjs';

const REQUESTS = 100;
/** perf_analyzer starts its senders first and then asks for the statistics that it subtracts. */
const REQUESTS_BEFORE_START = 10;
const RUN_LIMIT_MS = 60_000;

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

stockClientTest('perf_analyzer', { prepare: ensurePerfAnalyzer, check });
