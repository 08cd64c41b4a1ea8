import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import plugin from '@nereid/cache-redis';
import { describeCache, fakePluginContext, fp32Tensor } from '@nereid/testing';
import { createClient } from '@redis/client';
import { Unavailable } from '../../clients/toolchain.mjs';
import { fp32Message, grpcClient, grpcInfer } from '../grpc-client.mjs';
import { fp32Request, writeModels } from '../model-folder.mjs';
import { infer, percentile, startServer } from '../server-process.mjs';
import { COUNTER } from './models.mjs';
import { ensureRedis, freePort, startRedis } from './redis-server.mjs';

const ANSWER = { outputs: [fp32Tensor('A', [1], [1])] };

/** Why this machine cannot have Redis; false where it can. */
const skip = await ensureRedis().then(
  () => false,
  (error) => {
    if (error instanceof Unavailable) return error.message;
    throw error;
  },
);

/** A test with a Redis of its own. */
function redisTest(name, run) {
  test(name, { skip }, async (t) => run(t, await startRedis(t)));
}

/** A cache of the plugin, without a server around it. */
function openCache(t, port, settings = {}) {
  const all = { host: '127.0.0.1', port: String(port), ...settings };
  const context = fakePluginContext({ settings: new Map(Object.entries(all)) });
  const cache = plugin.createCache(context);
  t.after(() => cache.close());
  const usable = async () => {
    const [sample] = await context.metrics.samples('nereid_cache_redis_connections');
    return sample.value;
  };
  const until = (count) => eventually(async () => (await usable()) === count);
  return { cache, context, until };
}

async function adminClient(t, redis) {
  const client = createClient({ url: `redis://127.0.0.1:${redis.port}` });
  // Redis may end before it.
  await client.on('error', () => {}).connect();
  t.after(() => client.destroy());
  return client;
}

async function eventually(condition, limitMs = 10_000) {
  const limit = Date.now() + limitMs;
  while (!(await condition())) {
    assert.ok(Date.now() < limit, 'it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function startWithRedis(t, port, options = {}) {
  const folder = await writeModels(t, { counter: COUNTER });
  return { folder, server: await serve(t, folder, { port, ...options }) };
}

async function serve(t, folder, { port, flags = [], environment = {} }) {
  const server = await startServer(
    [
      `--model-repository=${folder}`,
      '--cache-config=redis,host=127.0.0.1',
      `--cache-config=redis,port=${port}`,
      ...flags,
    ],
    { environment },
  );
  t.after(() => server.kill());
  await eventually(() => connected(server));
  return server;
}

async function connected(server) {
  const text = await (await fetch(`${server.metrics}/metrics`)).text();
  return /^nereid_cache_redis_connections [1-9]/m.test(text);
}

async function ask(server, data = [1]) {
  const { status, body } = await infer(server, 'counter', fp32Request(data));
  assert.equal(status, 200, JSON.stringify(body));
  return body.outputs[0].data[0];
}

describe('the redis response cache', { skip }, () => {
  const ended = [];
  const scope = { after: (action) => ended.push(action) };
  let redis;
  before(async () => {
    redis = await startRedis(scope);
  });
  after(async () => {
    for (const action of ended.reverse()) await action();
  });

  describeCache('the redis cache', {
    async create() {
      const { cache, until } = openCache(scope, redis.port);
      await until(1);
      return cache;
    },
  });
});

redisTest('servers with the same files share answers, which outlive them', async (t, redis) => {
  const { folder, server: first } = await startWithRedis(t, redis.port);
  assert.deepEqual([await ask(first), await ask(first), await ask(first, [2])], [1, 1, 2]);
  const second = await serve(t, folder, { port: redis.port });
  assert.deepEqual([await ask(second, [2]), await ask(second, [3])], [2, 1]);
  assert.equal(await first.stop(), 0);
  const third = await serve(t, folder, { port: redis.port });
  const { response } = await grpcInfer(grpcClient(t, third), fp32Message('counter', [1]));
  assert.equal(response.rawOutputContents[0].readFloatLE(), 1);
  const stats = await (await fetch(`${third.http}/v2/models/counter/stats`)).json();
  assert.equal(stats.model_stats[0].inference_stats.cache_hit.count, 1);
  assert.equal(stats.model_stats[0].inference_count, 0);
});

redisTest('a damaged value is a miss, and is replaced', async (t, redis) => {
  const { server } = await startWithRedis(t, redis.port);
  const client = await adminClient(t, redis);
  assert.equal(await ask(server), 1);
  await eventually(async () => (await client.keys('nereid:*')).length === 1);
  const [key] = await client.keys('nereid:*');
  await client.set(key, 'something else');
  assert.equal(await ask(server), 2);
  assert.equal(await ask(server), 2);
  await client.del(key);
  await client.lPush(key, 'not even text');
  assert.equal(await ask(server), 3);
  assert.match(server.log, /the response cache failed: WRONGTYPE/);
});

redisTest('user and password come from settings or the environment', async (t, redis) => {
  const client = await adminClient(t, redis);
  await client.sendCommand(['ACL', 'SETUSER', 'nereid', 'on', '>secret', '~*', '+@all']);
  await client.sendCommand(['ACL', 'SETUSER', 'default', 'off']);
  const given = await startWithRedis(t, redis.port, {
    flags: ['--cache-config=redis,user=nereid,password=secret,db=2'],
  });
  assert.deepEqual([await ask(given.server), await ask(given.server)], [1, 1]);
  const environment = {
    TRITONCACHE_REDIS_USERNAME: 'nereid',
    TRITONCACHE_REDIS_PASSWORD: 'secret',
  };
  const fromEnvironment = await startWithRedis(t, redis.port, { environment });
  assert.deepEqual([await ask(fromEnvironment.server), await ask(fromEnvironment.server)], [1, 1]);
  const { cache, context } = openCache(t, redis.port, { user: 'nereid', password: 'wrong' });
  await eventually(() => context.logger.messages('warn').length > 0);
  assert.match(context.logger.messages('warn')[0], /is lost \(WRONGPASS/);
  assert.equal(await cache.lookup('key'), undefined);
});

redisTest('an answer is kept as long as it is told to be', async (t, redis) => {
  const { cache, until } = openCache(t, redis.port, { ttl: '1' });
  await until(1);
  await cache.insert('key', ANSWER);
  assert.ok(await cache.lookup('key'));
  await eventually(async () => (await cache.lookup('key')) === undefined);
});

test('the connection can be encrypted, with certificates on both sides', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nereid-redis-tls-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const { status } = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=cache.test'],
    ...['-addext', 'subjectAltName=DNS:cache.test', '-keyout', key, '-out', cert],
  ]);
  if (status !== 0) return t.skip('there is no openssl to make certificates with');
  const port = await freePort();
  const options = {
    'tls-port': port,
    'tls-cert-file': cert,
    'tls-key-file': key,
    'tls-ca-cert-file': cert,
  };
  await startRedis(t, { ...options, port: 0 });
  const { cache, until } = openCache(t, port, { cert, key, cacert: cert, sni: 'cache.test' });
  await until(1);
  await cache.insert('key', ANSWER);
  assert.equal((await cache.lookup('key')).outputs[0].name, 'A');
  const stranger = openCache(t, port, { tls_enabled: 'true', sni: 'cache.test' });
  await eventually(() => stranger.context.logger.messages('warn').length > 0);
  assert.match(stranger.context.logger.messages('warn')[0], /is lost \(.*self-signed/);
  return undefined;
});

redisTest('several connections are used, and shown', async (t, redis) => {
  const { cache, context, until } = openCache(t, redis.port, { pool_size: '3', wait_timeout: '5' });
  await until(3);
  await Promise.all(Array.from({ length: 9 }, (_, index) => cache.insert(`key${index}`, ANSWER)));
  assert.ok(await cache.lookup('key8'));
  assert.match(context.logger.messages('warn')[0], /wait_timeout has no effect/);
});

test('the server starts without Redis, and uses it when it comes', async (t) => {
  const port = await freePort();
  const folder = await writeModels(t, { counter: COUNTER });
  const server = await startServer([
    `--model-repository=${folder}`,
    `--cache-config=redis,host=127.0.0.1,port=${port}`,
  ]);
  t.after(() => server.kill());
  assert.deepEqual([await ask(server), await ask(server)], [1, 2]);
  assert.match(server.log, /Redis at 127.0.0.1:\d+ is lost \(.*ECONNREFUSED/);
  assert.equal(server.log.match(/is lost/g).length, 1);
  assert.equal(await server.stop(), 0);
});

redisTest('no request fails or waits while Redis is killed and comes back', async (t, redis) => {
  const { server } = await startWithRedis(t, redis.port);
  const load = startLoad(t, server);
  await load.forMs(500);
  for (let round = 0; round < 3; round += 1) {
    await redis.kill();
    await load.forMs(400);
    await redis.start();
    await eventually(() => connected(server));
    await load.forMs(300);
  }
  const { failures, answered } = await load.stop();
  assert.deepEqual(failures, []);
  const slowest = Math.max(...answered.map(({ ms }) => ms));
  assert.ok(slowest < 3000, `${slowest} ms`);
  assert.match(server.log, /is lost \(.*requests are answered without it until it is back/);
  assert.match(server.log, /Redis at 127\.0\.0\.1:\d+ is back/);
  assert.ok(server.log.split('\n').length < 100, server.log);
});

redisTest(
  'a Redis that hangs holds up what is under way, and nothing after it',
  async (t, redis) => {
    const flags = ['--cache-config=redis,socket_timeout=400'];
    const { server } = await startWithRedis(t, redis.port, { flags });
    t.after(() => redis.thaw());
    const load = startLoad(t, server);
    await load.forMs(1000);
    const frozenMs = performance.now();
    redis.freeze();
    await load.forMs(2000);
    const thawedMs = performance.now();
    redis.thaw();
    await eventually(() => connected(server));
    await load.forMs(300);
    const { failures, answered } = await load.stop();
    assert.deepEqual(failures, []);
    const median = (fromMs, toMs) => {
      const chosen = answered.filter(({ startMs, ms }) => startMs >= fromMs && startMs + ms < toMs);
      return percentile(
        chosen.map(({ ms }) => ms),
        0.5,
      );
    };
    const [before, during] = [median(0, frozenMs), median(frozenMs + 500, thawedMs)];
    assert.ok(during < before + 200, `${before} ms before, ${during} ms while it hung`);
    assert.match(server.log, /does not answer within 400 ms/);
    assert.match(server.log, /is back/);
  },
);

const CONCURRENCY = 8;

/** Asks without pause, half of it repeated, until it is stopped. */
function startLoad(t, server) {
  const failures = [];
  const answered = [];
  let stopped = false;
  t.after(() => {
    stopped = true;
  });
  const run = async (lane) => {
    for (let turn = 0; !stopped; turn += 1) {
      const startMs = performance.now();
      const data = [turn % 2 === 0 ? 0 : lane * 1e6 + turn];
      const { status, body } = await infer(server, 'counter', fp32Request(data));
      answered.push({ startMs, ms: performance.now() - startMs });
      if (status !== 200) failures.push(body);
    }
  };
  const lanes = Promise.all(Array.from({ length: CONCURRENCY }, (_, lane) => run(lane)));
  return {
    forMs: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    async stop() {
      stopped = true;
      await lanes;
      return { failures, answered };
    },
  };
}
