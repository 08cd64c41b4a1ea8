import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { canReusePort } from '@nereid/grpc-transport';
import { field, text, varint } from '../../fuzz/protobuf.mjs';
import { fp32Message, grpcClient, grpcInfer, inferStream } from '../grpc-client.mjs';
import { slowModel, writeModels } from '../model-folder.mjs';
import { eventually, MEBIBYTE, MemoryWatch } from '../process-gauge.mjs';
import { startServer } from '../server-process.mjs';
import { call, openSession, prefixed } from './raw-grpc.mjs';

const INFER = '/inference.GRPCInferenceService/ModelInfer';
const LIVE = '/inference.GRPCInferenceService/ServerLive';
const RESOURCE_EXHAUSTED = 8;
const ENHANCE_YOUR_CALM = 11;
const INFLATED_BYTES = 1024 * MEBIBYTE;
const PART_BYTES = 16 * MEBIBYTE;
const GROWTH_LIMIT_BYTES = 300 * MEBIBYTE;
const GZIP_HEAD_BYTES = 10;
const AT_ONCE = 8;

async function start(t, ...flags) {
  const models = await writeModels(t, { echo: slowModel(0) });
  const server = await startServer([
    `--model-repository=${models}`,
    '--grpc-transport=native',
    ...flags,
  ]);
  t.after(() => server.kill());
  return server;
}

function inferMessage(values) {
  const shape = varint(values.length);
  const input = Buffer.concat([text(1, 'INPUT0'), text(2, 'FP32'), field(3, shape)]);
  const raw = Buffer.from(new Float32Array(values).buffer);
  return Buffer.concat([text(1, 'echo'), field(5, input), field(7, raw)]);
}

test('messages that inflate to a gigabyte are refused before they do', async (t) => {
  const bomb = prefixed(makeBomb(), { compressed: true });
  assert.ok(bomb.length < 2 * MEBIBYTE);
  const server = await start(t);
  const watch = new MemoryWatch(server.pid);
  const headers = { 'grpc-encoding': 'gzip' };
  const send = () => call(openSession(t, server), INFER, { body: bomb, headers });
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, send));
  for (const { status, message } of answers) {
    assert.equal(status, RESOURCE_EXHAUSTED);
    assert.match(message, /decompresses to a size larger than 67108864/);
  }
  const growth = watch.stop();
  t.diagnostic(`${Math.round(growth / MEBIBYTE)} MiB more`);
  assert.ok(growth < GROWTH_LIMIT_BYTES, `${Math.round(growth / MEBIBYTE)} MiB more`);
  const { error } = await grpcInfer(grpcClient(t, server), fp32Message('echo', [1]));
  assert.equal(error, null);
});

/** The same compressed part again and again, which a full flush makes independent of the one before. */
function makeBomb() {
  const options = { level: constants.Z_BEST_COMPRESSION, finishFlush: constants.Z_FULL_FLUSH };
  const bytes = gzipSync(Buffer.alloc(PART_BYTES, ' '), options);
  const [head, part] = [bytes.subarray(0, GZIP_HEAD_BYTES), bytes.subarray(GZIP_HEAD_BYTES)];
  return Buffer.concat([head, ...Array(INFLATED_BYTES / PART_BYTES).fill(part)]);
}

test('grpc-js refuses a message that inflates to a gigabyte before it does', async (t) => {
  const body = prefixed(makeBomb(), { compressed: true });
  const server = await start(t, '--grpc-transport=grpc-js');
  const watch = new MemoryWatch(server.pid);
  const headers = { 'grpc-encoding': 'gzip' };
  const { status } = await call(openSession(t, server), INFER, { body, headers });
  const growth = watch.stop();
  t.diagnostic(`${Math.round(growth / MEBIBYTE)} MiB more`);
  assert.equal(status, RESOURCE_EXHAUSTED);
  assert.ok(growth < GROWTH_LIMIT_BYTES, `${Math.round(growth / MEBIBYTE)} MiB more`);
  const large = fp32Message('echo', Array(20_000_000).fill(0.5));
  const client = grpcClient(t, server, { 'grpc.max_receive_message_length': -1 });
  assert.equal((await grpcInfer(client, large)).error, null);
});

test('--grpc-max-inflated-size allows more, or less', async (t) => {
  const server = await start(t, '--grpc-max-inflated-size=100000');
  const session = openSession(t, server);
  const headers = { 'grpc-encoding': 'gzip' };
  const ask = async (count) => {
    const compressed = gzipSync(inferMessage(Array(count).fill(0)));
    return (
      await call(session, INFER, { body: prefixed(compressed, { compressed: true }), headers })
    ).status;
  };
  assert.equal(await ask(20_000), 0);
  assert.equal(await ask(30_000), RESOURCE_EXHAUSTED);
});

test('--grpc-max-messages-size limits what all messages take, and gives it back', async (t) => {
  const server = await start(t, `--grpc-max-messages-size=${32 * MEBIBYTE}`);
  const watch = new MemoryWatch(server.pid);
  const part = prefixed(Buffer.alloc(12 * MEBIBYTE));
  // Each claims more than it sends, and waits.
  part.writeUInt32BE(1024 * MEBIBYTE, 1);
  const refused = [];
  const sessions = Array.from({ length: 10 }, () => openSession(t, server));
  for (const session of sessions) {
    const stream = session.request({
      ':method': 'POST',
      ':path': INFER,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {});
    stream.on('response', (headers) => refused.push(headers));
    stream.write(part);
  }
  await eventually(() => refused.length >= 7, 20_000);
  await sleep(500);
  assert.ok(refused.length >= 7 && refused.length < 10, `${refused.length} refused`);
  for (const headers of refused) assert.equal(Number(headers['grpc-status']), RESOURCE_EXHAUSTED);
  const growth = watch.stop();
  assert.ok(growth < 132 * MEBIBYTE, `${Math.round(growth / MEBIBYTE)} MiB more`);
  for (const session of sessions) session.destroy();
  const client = grpcClient(t, server);
  const large = fp32Message('echo', Array(1_000_000).fill(0.5));
  const served = async () => (await grpcInfer(client, large)).error === null;
  assert.ok(await eventually(served, 5000), 'the memory is free again');
  for (let sent = 0; sent < 20; sent += 1) assert.ok(await served());
});

for (const [level, encoding, decode] of [
  ['low', 'gzip', gunzipSync],
  ['high', 'deflate', inflateSync],
]) {
  test(`--grpc-infer-response-compression-level=${level} compresses inference`, async (t) => {
    const server = await start(t, `--grpc-infer-response-compression-level=${level}`);
    const session = openSession(t, server);
    const headers = { 'grpc-accept-encoding': 'identity,deflate,gzip' };
    const body = prefixed(inferMessage(Array(10_000).fill(1)));
    const answer = await call(session, INFER, { body, headers });
    assert.equal(answer.status, 0);
    assert.equal(answer.headers['grpc-encoding'], encoding);
    assert.equal(answer.body[0], 1);
    assert.ok(answer.body.length < 1000);
    assert.ok(decode(answer.body.subarray(5)).length > 40_000);
    const unable = await call(session, INFER, { body });
    assert.equal(unable.headers['grpc-encoding'], undefined);
    assert.ok(unable.body.length > 40_000);
    const live = await call(session, LIVE, { body: prefixed(Buffer.alloc(0)), headers });
    assert.equal(live.headers['grpc-encoding'], undefined);
    const stream = inferStream(t, grpcClient(t, server));
    stream.write(fp32Message('echo', Array(1000).fill(2)));
    const [{ inferResponse }] = await once(stream, 'data');
    assert.equal(inferResponse.rawOutputContents[0].readFloatLE(), 2);
  });
}

/** Pings as fast as they are answered; resolves with the end that the server announces, if any. */
async function pingOften(session, count) {
  const goAway = new Promise((resolve) => {
    session.on('goaway', (code, _, data) => resolve({ code, reason: String(data) }));
  });
  const pings = async () => {
    for (let sent = 0; sent < count && !session.destroyed; sent += 1) {
      await new Promise((resolve) => session.ping(resolve));
    }
    return undefined;
  };
  return Promise.race([goAway, pings()]);
}

test('a client that pings too often is told to go', async (t) => {
  const server = await start(t);
  const session = openSession(t, server);
  await once(session, 'connect');
  assert.deepEqual(await pingOften(session, 10), {
    code: ENHANCE_YOUR_CALM,
    reason: 'too_many_pings',
  });
  await eventually(() => session.destroyed, 2000);
  assert.ok(session.destroyed);
});

test('--grpc-http2-max-ping-strikes=0 counts no pings', async (t) => {
  const server = await start(t, '--grpc-http2-max-ping-strikes=0');
  const session = openSession(t, server);
  await once(session, 'connect');
  assert.equal(await pingOften(session, 20), undefined);
});

test('--grpc-http2-min-recv-ping-interval-without-data allows pings in that interval', async (t) => {
  const flags = ['--grpc-keepalive-permit-without-calls=true'];
  const server = await start(
    t,
    ...flags,
    '--grpc-http2-min-recv-ping-interval-without-data=100',
    '--grpc-http2-max-ping-strikes=1',
  );
  const session = openSession(t, server);
  await once(session, 'connect');
  for (let sent = 0; sent < 4; sent += 1) {
    assert.equal(await pingOften(session, 1), undefined);
    await sleep(150);
  }
  assert.equal((await pingOften(session, 5))?.code, ENHANCE_YOUR_CALM);
});

test('--grpc-http2-max-pings-without-data limits the pings of the server', async (t) => {
  const asked = async (least, ...flags) => {
    const server = await start(
      t,
      '--grpc-keepalive-time=50',
      '--grpc-keepalive-permit-without-calls=true',
      ...flags,
    );
    const session = openSession(t, server);
    let count = 0;
    session.on('ping', () => {
      count += 1;
    });
    await once(session, 'connect');
    await eventually(() => count >= least, 10_000);
    await sleep(300);
    return count;
  };
  assert.equal(await asked(3, '--grpc-http2-max-pings-without-data=3'), 3);
  assert.ok((await asked(5, '--grpc-http2-max-pings-without-data=0')) > 4);
});

test('clients without calls are asked only where that is permitted', async (t) => {
  const server = await start(t, '--grpc-keepalive-time=50');
  const session = openSession(t, server);
  let count = 0;
  session.on('ping', () => {
    count += 1;
  });
  await once(session, 'connect');
  await sleep(500);
  assert.equal(count, 0);
});

test('--grpc-max-connection-age sends a connection away, but not its calls', async (t) => {
  const models = await writeModels(t, { slow: slowModel(1500) });
  const server = await startServer([
    `--model-repository=${models}`,
    '--grpc-transport=native',
    '--grpc-max-connection-age=300',
    '--grpc-max-connection-age-grace=10000',
  ]);
  t.after(() => server.kill());
  const session = openSession(t, server);
  const goAway = once(session, 'goaway');
  const body = prefixed(
    Buffer.from(inferMessage([1]).toString('latin1').replace('echo', 'slow'), 'latin1'),
  );
  const { status } = await call(session, INFER, { body });
  assert.equal(status, 0);
  const [code] = await goAway;
  assert.equal(code, 0);
});

test('--reuse-grpc-port lets two servers share a port, or says what it needs', async (t) => {
  const models = await writeModels(t, { echo: slowModel(0) });
  const flags = [
    `--model-repository=${models}`,
    '--grpc-transport=native',
    '--reuse-grpc-port=true',
  ];
  const first = await startServer(flags);
  t.after(() => first.kill());
  if (!canReusePort()) {
    assert.equal(await first.stop(), 1);
    assert.match(first.log, /'reuse-port' needs Node 22.12 or 23.1/);
    return;
  }
  const second = await startServer([...flags, `--grpc-port=${first.grpc.split(':')[1]}`]);
  t.after(() => second.kill());
  assert.equal(second.grpc, first.grpc);
});
