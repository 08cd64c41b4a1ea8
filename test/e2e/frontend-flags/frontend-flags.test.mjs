/** Flags of the front ends that no other folder has, in force on the transports of their defaults. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metadata } from '@grpc/grpc-js';
import { field, text, varint } from '../../fuzz/protobuf.mjs';
import { fp32Message, grpcClient, inferStream } from '../grpc-client.mjs';
import { prefixed } from '../grpc-transport/raw-grpc.mjs';
import { fp32Request, modelConfig, slowModel, writeModels } from '../model-folder.mjs';
import { eventually } from '../process-gauge.mjs';
import { infer, startServer } from '../server-process.mjs';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const EMPTY_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const CLOSE_LIMIT_MS = 20_000;

/** Answers the values of the parameters, in the order of their names. */
const PARAMETERS = `export const execute = (requests) => requests.map(({ parameters }) => ({
  outputs: { OUTPUT0: { shape: [1], data: [Number(parameters['x-fwd-number'] ?? -1)] } },
}));`;

/** Sends as many responses as its input says, and logs how many were taken. */
const TALKER = `let sent = 0;
setInterval(() => console.log('taken: ' + sent), 100).unref();
export async function execute(requests) {
  for (const request of requests) {
    for (; sent < request.inputs.INPUT0.data[0] && !request.signal.aborted; sent += 1) {
      const data = new Float32Array(1);
      await request.send({ outputs: { OUTPUT0: { shape: [data.length], data } } });
    }
    request.end();
  }
}`;

async function start(t, models, flags) {
  const server = await startServer([
    `--model-repository=${await writeModels(t, models)}`,
    ...flags,
  ]);
  t.after(() => server.kill());
  return server;
}

test('--http-max-input-size refuses larger bodies, and takes smaller ones', async (t) => {
  const server = await start(t, { echo: slowModel(0) }, ['--http-max-input-size=1000']);
  assert.equal((await infer(server, 'echo', fp32Request([1]))).status, 200);
  const { status, body } = await infer(server, 'echo', fp32Request(Array(1000).fill(1)));
  assert.equal(status, 400);
  assert.match(
    body.error,
    /exceeds the maximum allowed value of 1000 bytes.*--http-max-input-size/,
  );
});

test('--grpc-header-forward-pattern passes metadata on to the model', async (t) => {
  const models = { echo: { config: modelConfig('javascript'), source: PARAMETERS } };
  const server = await start(t, models, ['--grpc-header-forward-pattern=^X-FWD-']);
  const client = grpcClient(t, server);
  const metadata = new Metadata();
  metadata.set('x-fwd-number', '7');
  const answer = await new Promise((resolve, reject) => {
    client.modelInfer(fp32Message('echo', [1]), metadata, (error, response) =>
      error ? reject(error) : resolve(response),
    );
  });
  assert.equal(answer.rawOutputContents[0].readFloatLE(), 7);
});

test('--allow-metrics=false listens for no scraper', async (t) => {
  const server = await start(t, { echo: slowModel(0) }, ['--allow-metrics=false']);
  assert.equal(server.address('Metrics Service'), undefined);
  assert.equal((await infer(server, 'echo', fp32Request([1]))).status, 200);
});

test('--grpc-keepalive-timeout closes a connection that answers no ping', async (t) => {
  const server = await start(t, { echo: slowModel(0) }, [
    '--grpc-keepalive-time=200',
    '--grpc-keepalive-timeout=200',
    '--grpc-keepalive-permit-without-calls=true',
    '--grpc-http2-max-pings-without-data=0',
  ]);
  const [host, port] = server.grpc.split(':');
  const silent = connect(Number(port), host).on('error', () => {});
  t.after(() => silent.destroy());
  silent.resume().write(Buffer.concat([PREFACE, EMPTY_SETTINGS]));
  const client = grpcClient(t, server);
  const call = inferStream(t, client).on('error', () => {});
  call.write(fp32Message('echo', [1]));
  await once(call, 'data');
  await once(silent, 'close', { signal: AbortSignal.timeout(CLOSE_LIMIT_MS) });
  // A client that answers stays, idle as it is.
  call.write(fp32Message('echo', [2]));
  const [{ inferResponse }] = await once(call, 'data');
  assert.equal(inferResponse.rawOutputContents[0].readFloatLE(), 2);
});

test('--grpc-max-response-pool-size is how many responses wait for a slow client', async (t) => {
  const taken = async (flags) => {
    const decoupled = 'model_transaction_policy { decoupled: true }';
    const models = { talker: { config: modelConfig('javascript', decoupled), source: TALKER } };
    const server = await start(t, models, flags);
    // A client that gives the server no window: all responses wait.
    const session = connectHttp2(`http://${server.grpc}`, { settings: { initialWindowSize: 0 } });
    t.after(() => session.destroy());
    await once(session, 'localSettings');
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelStreamInfer',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {}).write(prefixed(talkerMessage()));
    const count = () =>
      Number(
        server.log
          .match(/taken: \d+/g)
          ?.at(-1)
          ?.slice(7) ?? 0,
      );
    let before = -1;
    await eventually(async () => {
      const settled = count() === before;
      before = count();
      await sleep(1000);
      return settled;
    }, 20_000);
    return count();
  };
  const one = await taken(['--grpc-max-response-pool-size=1']);
  const four = await taken(['--grpc-max-response-pool-size=4']);
  const many = await taken([]);
  t.diagnostic(`${one}, ${four} and ${many} responses were taken from the model`);
  assert.ok(one < four && four < many && many < 100, `${one}, ${four} and ${many}`);
});

/** Asks for more responses than anybody waits for. */
function talkerMessage() {
  const input = Buffer.concat([text(1, 'INPUT0'), text(2, 'FP32'), field(3, varint(1))]);
  const raw = Buffer.from(new Float32Array([100_000]).buffer);
  return Buffer.concat([text(1, 'talker'), field(5, input), field(7, raw)]);
}
