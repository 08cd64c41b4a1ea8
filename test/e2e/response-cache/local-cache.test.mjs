import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fp32Message, grpcClient, grpcInfer, inferStream } from '../grpc-client.mjs';
import { fp32Request, writeModels } from '../model-folder.mjs';
import { infer, post, startServer } from '../server-process.mjs';
import { CACHED, COUNTER, ensembleOf, PLAIN } from './models.mjs';

async function start(t, models, flags = []) {
  const folder = await writeModels(t, models);
  const server = await startServer([
    `--model-repository=${folder}`,
    '--model-control-mode=explicit',
    '--load-model=*',
    '--cache-config=local,size=1048576',
    ...flags,
  ]);
  t.after(() => server.kill());
  return { folder, server };
}

/** What the model counted, over HTTP. */
async function ask(server, model, { data = [1], ...more } = {}) {
  const { status, body } = await infer(server, model, { ...fp32Request(data), ...more });
  assert.equal(status, 200, JSON.stringify(body));
  return body.outputs[0].data[0];
}

async function statistics(server, model) {
  const response = await fetch(`${server.http}/v2/models/${model}/stats`);
  const [stats] = (await response.json()).model_stats;
  return stats;
}

const scrape = async (server) => (await fetch(`${server.metrics}/metrics`)).text();

describe('the local response cache', () => {
  test('answers over HTTP and gRPC what was asked before over either', async (t) => {
    const { server } = await start(t, { counter: COUNTER, plain: PLAIN });
    const client = grpcClient(t, server);
    assert.deepEqual([await ask(server, 'counter'), await ask(server, 'counter')], [1, 1]);
    const { response } = await grpcInfer(client, { ...fp32Message('counter', [1]), id: 'mine' });
    assert.equal(response.id, 'mine');
    assert.equal(response.rawOutputContents[0].readFloatLE(), 1);
    assert.equal(await ask(server, 'counter', { data: [2] }), 2);
    const other = await grpcInfer(client, fp32Message('counter', [2]));
    assert.equal(other.response.rawOutputContents[0].readFloatLE(), 2);
    assert.deepEqual([await ask(server, 'plain'), await ask(server, 'plain')], [1, 2]);
  });

  test('answers requests of a stream, each with its own id', async (t) => {
    const { server } = await start(t, { counter: COUNTER });
    const call = inferStream(t, grpcClient(t, server));
    const answered = new Map();
    const ended = new Promise((resolve) => call.on('end', resolve));
    call.on('data', ({ inferResponse, errorMessage }) => {
      assert.equal(errorMessage, '');
      answered.set(inferResponse.id, inferResponse.rawOutputContents[0].readFloatLE());
    });
    await ask(server, 'counter');
    for (let id = 0; id < 50; id += 1) call.write({ ...fp32Message('counter', [1]), id: `${id}` });
    call.end();
    await ended;
    assert.equal(answered.size, 50);
    assert.deepEqual(new Set(answered.values()), new Set([1]));
  });

  test('counts hits and misses where Triton does', async (t) => {
    const { server } = await start(t, { counter: COUNTER, plain: PLAIN }, [
      '--metrics-config=summary_latencies=true',
    ]);
    for (const data of [[1], [1], [2], [1]]) await ask(server, 'counter', { data });
    const { inference_count, execution_count, inference_stats } = await statistics(
      server,
      'counter',
    );
    const counts = Object.entries(inference_stats).map(([name, { count }]) => [name, count]);
    assert.deepEqual([inference_count, execution_count], [2, 2]);
    assert.deepEqual(Object.fromEntries(counts), {
      success: 4,
      fail: 0,
      queue: 4,
      compute_input: 2,
      compute_infer: 2,
      compute_output: 2,
      cache_hit: 2,
      cache_miss: 2,
    });
    assert.ok(inference_stats.cache_hit.ns > 0 && inference_stats.cache_miss.ns > 0);
    const text = await scrape(server);
    const value = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    const model = '{model="counter",version="1"}';
    assert.equal(value(`nv_cache_num_hits_per_model${model}`), 2);
    assert.equal(value(`nv_cache_num_misses_per_model${model}`), 2);
    assert.equal(value(`nv_cache_hit_summary_per_model_count${model}`), 2);
    assert.equal(value(`nv_inference_count${model}`), 2);
    assert.equal(value('nv_cache_num_entries'), 2);
    assert.equal(value('nv_cache_num_lookups'), 4);
    assert.ok(value('nv_cache_util') > 0);
    assert.doesNotMatch(text, /nv_cache_num_hits_per_model\{model="plain"/);
    assert.doesNotMatch(text, /nv_inference_request_summary_us\{model="counter"/);
    assert.match(text, /nv_inference_request_summary_us\{model="plain"/);
  });

  test('tells requests apart that want other answers, and keeps parameters', async (t) => {
    const { server } = await start(t, { counter: COUNTER });
    const echo = async (text) => {
      const request = { ...fp32Request([1]), parameters: { echo: text } };
      const { body } = await infer(server, 'counter', request);
      return [body.parameters, body.outputs[0].data[0]];
    };
    const first = await echo('a');
    assert.deepEqual(first, [{ echoed: 'a' }, 1]);
    assert.deepEqual(await echo('b'), [{ echoed: 'b' }, 2]);
    assert.deepEqual(await echo('a'), first);
    const outputs = [{ name: 'OUTPUT0', parameters: { classification: 1 } }];
    assert.equal(await ask(server, 'counter', { outputs }), '3.000000:0');
    assert.equal(await ask(server, 'counter', { outputs }), '3.000000:0');
    assert.equal(await ask(server, 'counter', { id: 'x', parameters: { priority: 1 } }), 4);
    assert.equal(await ask(server, 'counter', { id: 'y', parameters: { timeout: 99 } }), 4);
  });

  test('keeps no failures', async (t) => {
    const { server } = await start(t, { counter: COUNTER });
    for (let count = 0; count < 2; count += 1) {
      const { status, body } = await infer(server, 'counter', fp32Request([-1]));
      assert.deepEqual([status, body.error], [500, 'no negative numbers']);
    }
    const { inference_stats } = await statistics(server, 'counter');
    assert.deepEqual([inference_stats.fail.count, inference_stats.cache_hit.count], [2, 0]);
  });

  test('forgets what a model answered before it was loaded anew', async (t) => {
    const { server, folder } = await start(t, { counter: COUNTER });
    assert.deepEqual([await ask(server, 'counter'), await ask(server, 'counter')], [1, 1]);
    const file = join(folder, 'counter', '1', 'model.js');
    const changed = COUNTER.source.replace('let count = 0', 'let count = 100');
    await writeFile(file, changed);
    assert.equal((await post(server, '/v2/repository/models/counter/load')).status, 200);
    assert.equal(await ask(server, 'counter'), 101);
    const config = JSON.stringify({
      backend: 'javascript',
      input: [{ name: 'INPUT0', data_type: 'TYPE_FP32', dims: [-1] }],
      output: [{ name: 'OUTPUT0', data_type: 'TYPE_FP32', dims: [-1] }],
      response_cache: { enable: true },
      parameters: { changed: { string_value: 'yes' } },
    });
    await ask(server, 'counter', { data: [5] });
    assert.equal(await ask(server, 'counter', { data: [5] }), 102);
    const load = { parameters: { config } };
    assert.equal((await post(server, '/v2/repository/models/counter/load', load)).status, 200);
    assert.equal(await ask(server, 'counter', { data: [5] }), 101);
  });

  test('answers for ensembles and their steps, and forgets when a step is loaded anew', async (t) => {
    const { server, folder } = await start(t, {
      counter: COUNTER,
      plain: PLAIN,
      over_counter: ensembleOf('counter'),
      over_plain: ensembleOf('plain', CACHED),
    });
    const asked = [await ask(server, 'over_plain'), await ask(server, 'over_plain')];
    assert.deepEqual([...asked, await ask(server, 'plain')], [1, 1, 2]);
    for (let count = 0; count < 2; count += 1) assert.equal(await ask(server, 'over_counter'), 1);
    const step = (await statistics(server, 'counter')).inference_stats;
    assert.deepEqual([step.cache_hit.count, step.cache_miss.count], [1, 1]);
    const whole = await statistics(server, 'over_plain');
    assert.deepEqual([whole.inference_count, whole.inference_stats.cache_hit.count], [1, 1]);
    const changed = PLAIN.source.replace('let count = 0', 'let count = 100');
    await writeFile(join(folder, 'plain', '1', 'model.js'), changed);
    assert.equal((await post(server, '/v2/repository/models/plain/load')).status, 200);
    assert.equal(await ask(server, 'over_plain'), 101);
  });

  test('keeps to its size, and says when an answer is too large', async (t) => {
    const { server } = await start(t, { counter: COUNTER }, ['--cache-config=local,size=3000']);
    for (let index = 0; index < 100; index += 1) await ask(server, 'counter', { data: [index] });
    assert.equal(await ask(server, 'counter', { data: [99] }), 100);
    assert.equal(await ask(server, 'counter', { data: [0] }), 101);
    const text = await scrape(server);
    const used = Number(/^nv_cache_util (\S+)$/m.exec(text)[1]);
    assert.ok(used > 0.5 && used <= 1, `${used} used`);
    const echo = 'x'.repeat(4000);
    const request = { ...fp32Request([7]), parameters: { echo } };
    for (let count = 0; count < 3; count += 1) {
      const { body } = await infer(server, 'counter', request);
      assert.equal(body.parameters.echoed, echo);
    }
    const lines = server.log.match(/is greater than total cache size: 3000/g);
    assert.equal(lines?.length, 1, server.log);
  });

  test('shows a hit in a trace as Triton does, without an execution', async (t) => {
    const file = join(tmpdir(), `nereid-cache-trace-${process.pid}.json`);
    t.after(() => rm(file, { force: true }));
    const { server } = await start(t, { counter: COUNTER }, [
      `--trace-config=triton,file=${file}`,
      '--trace-config=rate=1',
      '--trace-config=level=TIMESTAMPS',
      '--trace-config=level=TENSORS',
    ]);
    await ask(server, 'counter');
    await ask(server, 'counter');
    assert.equal(await server.stop(), 0);
    const entries = JSON.parse(await readFile(file, 'utf8'));
    const hit = entries
      .filter(({ id }) => id === 2)
      .flatMap(({ timestamps, activity }) => timestamps?.map(({ name }) => name) ?? activity ?? []);
    const ofModel = hit.filter((name) => !name.startsWith('HTTP'));
    assert.deepEqual(ofModel.sort(), [
      'INFER_RESPONSE_COMPLETE',
      'QUEUE_START',
      'REQUEST_END',
      'REQUEST_START',
      'TENSOR_BACKEND_OUTPUT',
      'TENSOR_QUEUE_INPUT',
    ]);
  });

  test('warns of a model that wants a cache on a server that has none', async (t) => {
    const folder = await writeModels(t, { counter: COUNTER });
    const server = await startServer([`--model-repository=${folder}`]);
    t.after(() => server.kill());
    assert.match(server.log, /response_cache is enabled, but the server has none/);
    assert.deepEqual([await ask(server, 'counter'), await ask(server, 'counter')], [1, 2]);
    assert.match(await scrape(server), /nv_cache_num_misses_per_model\{.*\} 0\n/);
  });

  test('is chosen by the older flag, too', async (t) => {
    const folder = await writeModels(t, { counter: COUNTER });
    const server = await startServer([
      `--model-repository=${folder}`,
      '--response-cache-byte-size=1048576',
    ]);
    t.after(() => server.kill());
    assert.match(server.log, /'--response-cache-byte-size' has been deprecated/);
    assert.deepEqual([await ask(server, 'counter'), await ask(server, 'counter')], [1, 1]);
  });
});

const REFUSED = {
  local: /No cache specified\. --cache-config option format is <cache name>,<setting>=<value>/,
  'local,sizes=1': /Failed to initialize LocalCache: unknown setting 'sizes'/,
  'local,size=many': /Failed to initialize LocalCache: 'size' must be a number of bytes above 0/,
  'redis,host=there': /Failed to initialize RedisCache: didn't specify address/,
  'memcached,host=there':
    /no package offers the response cache 'memcached'; those found are local, redis/,
};
for (const [option, message] of Object.entries(REFUSED)) {
  test(`a server that is told --cache-config=${option} does not start, and says why`, async (t) => {
    const folder = await writeModels(t, {});
    const server = await startServer([`--model-repository=${folder}`, `--cache-config=${option}`]);
    t.after(() => server.kill());
    assert.equal(server.exitCode, 1);
    assert.match(server.log, message);
    assert.doesNotMatch(server.log, /\n {4}at /);
  });
}
