/** A server whose models are in a real MinIO, seen through a proxy that counts and breaks. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { modelConfig } from '../e2e/model-folder.mjs';
import { startProxy } from './counting-proxy.mjs';
import { S3_ENVIRONMENT, startMinio } from './minio.mjs';
import {
  ask,
  cachedFile,
  changeWhileFetched,
  eventually,
  load,
  makeFolder,
  scaleSource,
  serve,
  unload,
  writeModel,
} from './repository.mjs';

const MEBIBYTE = 2 ** 20;
const SECRET = S3_ENVIRONMENT.AWS_SECRET_ACCESS_KEY;
const EXPLICIT = '--model-control-mode=explicit';
const QUICK = '--store-config=max_attempts=2';

let minio;
let proxy;
let buckets = 0;

before(async () => {
  minio = await startMinio();
  proxy = await startProxy(minio.port);
});
after(async () => {
  await proxy?.stop();
  await minio?.stop();
});
afterEach(() => {
  proxy.fault = () => undefined;
});

/** A bucket of its own for a test, and the location of its models as seen through the proxy. */
async function makeBucket() {
  const bucket = `models-${++buckets}`;
  await minio.makeBucket(bucket);
  return { bucket, repository: `--model-repository=s3://${proxy.address}/${bucket}/models` };
}

function sentBytes() {
  return proxy.reads.reduce((sum, { sentBytes: bytes }) => sum + bytes, 0);
}

test('fetches only what changed since the last load', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  await minio.write(bucket, 'models/m/1/weights.bin', randomBytes(2 * MEBIBYTE));
  const server = await serve(t, [repository, EXPLICIT, '--load-model=m'], {
    environment: S3_ENVIRONMENT,
  });
  assert.equal(await ask(server, 'm', 5), 5);
  assert.equal(proxy.reads.length, 3);

  proxy.reset();
  await unload(server, 'm');
  await eventually(async () => (await ask(server, 'm').catch(() => 'gone')) === 'gone', 'unload');
  assert.equal((await load(server, 'm')).status, 200);
  assert.equal(await ask(server, 'm', 5), 5);
  assert.deepEqual(proxy.reads, [], 'an unchanged model is not read again');

  await minio.write(bucket, 'models/m/1/model.js', scaleSource(3));
  assert.equal((await load(server, 'm')).status, 200);
  assert.equal(await ask(server, 'm', 5), 15);
  assert.equal(proxy.reads.length, 1);
  assert.ok(sentBytes() < 1000, `${sentBytes()} bytes`);
});

test('a server that starts again fetches nothing when its cache directory was kept', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm'], { source: scaleSource(2) });
  const args = [repository, `--store-config=s3,cache_directory=${await makeFolder(t)}`];
  const first = await serve(t, args, { environment: S3_ENVIRONMENT });
  assert.equal(await ask(first, 'm'), 2);
  assert.equal(await first.stop(), 0);

  proxy.reset();
  const second = await serve(t, args, { environment: S3_ENVIRONMENT });
  assert.equal(await ask(second, 'm'), 2);
  assert.deepEqual(proxy.reads, []);
});

test("Triton's mount directory keeps the cache, and a temporary one is removed", async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  const [mounted, temporary] = [await makeFolder(t), await makeFolder(t)];
  for (const TRITON_AWS_MOUNT_DIRECTORY of [mounted, '']) {
    const environment = { ...S3_ENVIRONMENT, TMPDIR: temporary, TRITON_AWS_MOUNT_DIRECTORY };
    const server = await serve(t, [repository], { environment });
    assert.equal(await ask(server, 'm'), 1);
    assert.equal(readdirSync(temporary).length, TRITON_AWS_MOUNT_DIRECTORY === '' ? 1 : 0);
    assert.equal(await server.stop(), 0);
    assert.deepEqual(readdirSync(temporary), []);
  }
  assert.equal(readdirSync(join(mounted, 'objects')).length, 2);
  assert.deepEqual(readdirSync(join(mounted, 'runs')), []);
});

test('polling sees what came, changed and went by one listing', async (t) => {
  const { bucket, repository } = await makeBucket();
  const names = Array.from({ length: 12 }, (_, index) => `m${index}`);
  for (const name of names) await writeModel(minio, [bucket, name]);
  const polling = ['--model-control-mode=poll', '--repository-poll-secs=1'];
  const server = await serve(t, [repository, ...polling], { environment: S3_ENVIRONMENT });
  proxy.reset();
  await eventually(() => proxy.listings.length >= 2, 'two looks');
  assert.ok(
    proxy.listings.every(({ path }) => /[?&]prefix=models%2F(?:&|$)/.test(path)),
    'each look lists the repository as a whole',
  );
  assert.deepEqual(proxy.reads, []);

  await minio.write(bucket, 'models/m3/1/model.js', scaleSource(7));
  await writeModel(minio, [bucket, 'new'], { source: scaleSource(9) });
  await minio.remove(bucket, 'models/m4/');
  await eventually(async () => (await ask(server, 'm3')) === 7, 'the change of m3');
  await eventually(async () => (await ask(server, 'new').catch(() => 0)) === 9, 'the new model');
  await eventually(async () => (await ask(server, 'm4').catch(() => 'gone')) === 'gone', 'the end');
  assert.equal(proxy.reads.length, 3);
});

test('polling goes on when the store comes back, and models serve meanwhile', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  const polling = ['--model-control-mode=poll', '--repository-poll-secs=1'];
  const server = await serve(t, [repository, ...polling, QUICK], { environment: S3_ENVIRONMENT });
  proxy.fault = () => ({ status: 503 });
  await eventually(() => server.log.includes('polling failed: cannot list s3://'), 'a failed look');
  assert.equal(await ask(server, 'm'), 1);
  await minio.write(bucket, 'models/m/1/model.js', scaleSource(4));
  proxy.fault = () => undefined;
  await eventually(async () => (await ask(server, 'm')) === 4, 'the change');
});

test('a version that is added is fetched and loaded alone', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm'], { more: 'version_policy: { all {} }' });
  const server = await serve(t, [repository, EXPLICIT, '--load-model=m'], {
    environment: S3_ENVIRONMENT,
  });
  proxy.reset();
  await minio.write(bucket, 'models/m/2/model.js', scaleSource(2));
  assert.equal((await load(server, 'm')).status, 200);
  assert.equal(await ask(server, 'm'), 2);
  assert.equal(proxy.reads.length, 1);
  assert.equal(server.log.match(/"loading: m:1"/g).length, 1);
  assert.equal(server.log.match(/"loading: m:2"/g).length, 1);
});

test('a store that fails in the middle of a load leaves the running version serving', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  await minio.write(bucket, 'models/m/1/weights.bin', randomBytes(MEBIBYTE));
  const server = await serve(t, [repository, EXPLICIT, '--load-model=m', QUICK], {
    environment: S3_ENVIRONMENT,
  });
  await minio.write(bucket, 'models/m/1/model.js', scaleSource(2));
  await minio.write(bucket, 'models/m/1/weights.bin', randomBytes(MEBIBYTE));
  proxy.fault = ({ path }) => (path.includes('weights.bin') ? { cutAfterBytes: 0 } : undefined);

  const { status, body } = await load(server, 'm');
  assert.equal(status, 500);
  assert.match(body.error, /failed to load 'm'/);
  assert.match(body.error, new RegExp(`cannot fetch s3://.*/${bucket}/models/m/1/weights.bin`));
  assert.equal(await ask(server, 'm'), 1);

  proxy.fault = () => undefined;
  assert.equal((await load(server, 'm')).status, 200);
  assert.equal(await ask(server, 'm'), 2);
});

test('a connection that breaks is made again where it broke', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  await minio.write(bucket, 'models/m/1/weights.bin', randomBytes(5 * MEBIBYTE));
  proxy.reset();
  proxy.fault = ({ path }) =>
    path.includes('weights.bin') ? { cutAfterBytes: 2 * MEBIBYTE } : undefined;
  const server = await serve(t, [repository, QUICK], { environment: S3_ENVIRONMENT });
  assert.equal(await ask(server, 'm'), 1);
  const reads = proxy.reads.filter(({ path }) => path.includes('weights.bin'));
  assert.equal(reads.length, 3);
  assert.ok(reads.slice(1).every(({ range }) => /^bytes=[1-9][0-9]*-$/.test(range)));
  const totalBytes = reads.reduce((sum, { sentBytes: bytes }) => sum + bytes, 0);
  assert.ok(totalBytes < 5.5 * MEBIBYTE, `${totalBytes} bytes for a file of 5 MiB`);
});

test('an object that changes while it is fetched is fetched anew', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  const [before, then] = [randomBytes(2 * MEBIBYTE), randomBytes(2 * MEBIBYTE)];
  await minio.write(bucket, 'models/m/1/weights.bin', before);
  proxy.fault = changeWhileFetched('weights.bin', () =>
    minio.write(bucket, 'models/m/1/weights.bin', then),
  );
  const cache = await makeFolder(t);
  const args = [repository, `--store-config=cache_directory=${cache}`];
  await serve(t, args, { environment: S3_ENVIRONMENT });
  assert.ok(cachedFile(cache, 'm/1/weights.bin').equals(then));
});

test('a killed server leaves no model behind, and the next one goes on', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  const weights = randomBytes(4 * MEBIBYTE);
  await minio.write(bucket, 'models/m/1/weights.bin', weights);
  const cache = await makeFolder(t);
  const args = [repository, `--store-config=cache_directory=${cache}`];
  proxy.reset();
  proxy.fault = ({ path }) =>
    path.includes('weights.bin') ? { stallAfterBytes: 3 * MEBIBYTE } : undefined;
  const killed = await serve(t, args, { environment: S3_ENVIRONMENT, waitForReady: false });
  await eventually(() => proxy.reads.some((read) => read.sentBytes === 3 * MEBIBYTE), 'the stall');
  await eventually(() => readdirSync(join(cache, 'objects')).length === 2, 'the small files');
  await killed.stop('SIGKILL');
  const [dead] = readdirSync(join(cache, 'runs'));
  assert.deepEqual(readdirSync(join(cache, 'runs', dead)).sort(), ['owner.json', 'partial']);
  assert.equal(readdirSync(join(cache, 'objects')).length, 2, 'no object that is not complete');

  proxy.reset();
  proxy.fault = () => undefined;
  const next = await serve(t, args, { environment: S3_ENVIRONMENT });
  assert.equal(await ask(next, 'm'), 1);
  assert.equal(proxy.reads.length, 1);
  assert.match(proxy.reads[0].range, /^bytes=[1-9][0-9]{5,}-$/);
  const [run, ...others] = readdirSync(join(cache, 'runs'));
  assert.deepEqual(others, []);
  assert.notEqual(run, dead);
  assert.ok(cachedFile(cache, 'm/1/weights.bin').equals(weights));
});

test('a server ends in time while a fetch hangs', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  proxy.reset();
  proxy.fault = ({ path }) => (path.includes('model.js') ? { stallAfterBytes: 5 } : undefined);
  const server = await serve(t, [repository], { environment: S3_ENVIRONMENT, waitForReady: false });
  await eventually(() => proxy.reads.some((read) => read.sentBytes === 5), 'the stall');
  const startMs = Date.now();
  assert.equal(await server.stop(), 0);
  assert.ok(Date.now() - startMs < 5_000);
});

test('a fetch without progress, and one that takes too long, fail in time', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  proxy.fault = ({ path }) => (path.includes('model.js') ? { stallAfterBytes: 0 } : undefined);
  for (const [setting, message] of [
    ['request_timeout_seconds=1', /cannot fetch .*model\.js: no data came for 1 s/],
    ['fetch_timeout_seconds=1', /cannot fetch .*\/m: it takes longer than 1 s/],
  ]) {
    const args = [repository, EXPLICIT, QUICK, `--store-config=${setting}`];
    const server = await serve(t, args, { environment: S3_ENVIRONMENT });
    const { status, body } = await load(server, 'm');
    assert.equal(status, 500);
    assert.match(body.error, message);
  }
});

test('memory does not grow with the size of a file', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  await minio.write(bucket, 'models/m/1/weights.bin', Buffer.alloc(300 * MEBIBYTE, 'x'));
  const server = await serve(t, [repository, EXPLICIT], { environment: S3_ENVIRONMENT });
  const before = peakBytes(server.pid);
  assert.equal((await load(server, 'm')).status, 200);
  const grownBytes = peakBytes(server.pid) - before;
  assert.ok(grownBytes < 150 * MEBIBYTE, `${grownBytes} bytes more for a file of 300 MiB`);
});

function peakBytes(pid) {
  return 1024 * Number(/VmHWM:\s+([0-9]+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

test('what is wrong with a repository is said with its URL and without secrets', async (t) => {
  const { bucket, repository } = await makeBucket();
  const missing = `--model-repository=s3://${proxy.address}/no-such-bucket/models`;
  const nobody = '--model-repository=s3://127.0.0.1:1/bucket/models';
  for (const [args, environment, message] of [
    [[repository], { AWS_SECRET_ACCESS_KEY: `${SECRET}x` }, /access denied.*SignatureDoesNotMatch/],
    [[repository], { AWS_ACCESS_KEY_ID: 'somebody' }, /access denied.*InvalidAccessKeyId/],
    [[missing], {}, /s3:.*no-such-bucket\/models: there is no such bucket/],
    [[nobody, QUICK], {}, /cannot list s3:\/\/127.0.0.1:1\/bucket\/models: .*ECONNREFUSED/],
    [['--model-repository=s3://'], {}, /an S3 location is s3:\/\/<bucket>/],
    [[repository, '--store-config=s3,cache_size=big'], {}, /cache_size must be a whole number/],
  ]) {
    const server = await serve(t, args, { environment: { ...S3_ENVIRONMENT, ...environment } });
    assert.ok(server.exited, server.log);
    assert.equal(server.exitCode, 1);
    assert.match(server.log, message);
    assert.ok(!server.log.includes(SECRET), server.log);
  }
  assert.ok(bucket);
});

test('the credential file decides by the longest prefix, and may change', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  const file = join(await makeFolder(t), 'credentials.json');
  const good = { key_id: S3_ENVIRONMENT.AWS_ACCESS_KEY_ID, secret_key: SECRET, region: '' };
  const bad = { key_id: 'somebody', secret_key: 'wrong' };
  const location = `s3://${proxy.address}/${bucket}`;
  const write = (value) => writeFile(file, JSON.stringify({ s3: { '': bad, ...value } }));
  await write({ [`${location}/models`]: good, [location]: bad });
  const environment = {
    ...S3_ENVIRONMENT,
    AWS_SECRET_ACCESS_KEY: 'unused',
    TRITON_CLOUD_CREDENTIAL_PATH: file,
  };
  const server = await serve(t, [repository, EXPLICIT], { environment });
  await write({ [`${location}/models`]: bad, [location]: good });
  const refused = await load(server, 'm');
  assert.equal(refused.status, 500);
  assert.match(refused.body.error, /access denied/);

  await write({ [`${location}/models`]: good });
  assert.equal((await load(server, 'm')).status, 200);
  assert.equal(await ask(server, 'm'), 1);
  assert.match(server.log, new RegExp(`using credential '${location}/models'`));
  assert.ok(!server.log.includes(SECRET));
});

test('a start that fails leaves no files behind', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'good']);
  await writeModel(minio, [bucket, 'bad'], { source: 'throw new Error("no");' });
  const temporary = await makeFolder(t);
  const environment = { ...S3_ENVIRONMENT, TMPDIR: temporary };
  const server = await serve(t, [repository], { environment });
  await eventually(() => server.exited, 'the exit');
  assert.equal(server.exitCode, 1);
  assert.deepEqual(readdirSync(temporary), []);
});

test('a public bucket is read without credentials', async (t) => {
  const { bucket, repository } = await makeBucket();
  await writeModel(minio, [bucket, 'm']);
  const nobody = { ...S3_ENVIRONMENT, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
  const refused = await serve(t, [repository], { environment: nobody });
  assert.ok(refused.exited);
  assert.match(refused.log, /access denied/);
  await minio.publish(bucket);
  const server = await serve(t, [repository], { environment: nobody });
  assert.equal(await ask(server, 'm'), 1);
  assert.match(server.log, /read anonymously/);
});

test('a version folder may be empty, as a marker object', async (t) => {
  const { bucket, repository } = await makeBucket();
  await minio.write(bucket, 'models/m/config.pbtxt', modelConfig('identity'));
  await minio.write(bucket, 'models/m/1/', '');
  const server = await serve(t, [repository], { environment: S3_ENVIRONMENT });
  assert.equal(await ask(server, 'm', 3), 3);
});

test('a cache that exceeds its size loses what no model uses', async (t) => {
  const { bucket, repository } = await makeBucket();
  for (const name of ['a', 'b']) {
    await writeModel(minio, [bucket, name]);
    await minio.write(bucket, `models/${name}/1/weights.bin`, randomBytes(MEBIBYTE));
  }
  const cache = await makeFolder(t);
  const config = [`cache_directory=${cache}`, `cache_size=${1.5 * MEBIBYTE}`];
  const args = [repository, EXPLICIT, ...config.map((setting) => `--store-config=s3,${setting}`)];
  const server = await serve(t, args, { environment: S3_ENVIRONMENT });
  await load(server, 'a');
  await load(server, 'b');
  assert.equal(readdirSync(join(cache, 'objects')).length, 6, 'models in use are not counted');
  await unload(server, 'a');
  await unload(server, 'b');
  await eventually(() => readdirSync(join(cache, 'objects')).length < 6, 'the removal');
  assert.ok(existsSync(cache));
  proxy.reset();
  await load(server, 'b');
  assert.equal(await ask(server, 'b'), 1);
  assert.equal(proxy.reads.length, 0, 'what was used last is still there');
});
