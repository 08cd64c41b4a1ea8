import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { fp32Message, grpcClient, grpcInfer } from '../grpc-client.mjs';
import { fp32Request, slowModel, writeModels } from '../model-folder.mjs';
import { infer, startServer } from '../server-process.mjs';

const CONNECTIONS = 20;
const ANSWER_LIMIT_MS = 2000;
const SERVICES = ['HTTPService', 'GRPCInferenceService', 'Metrics Service'];

const tlsHello = Buffer.concat([
  Buffer.from('160301004401000040030300', 'hex'),
  Buffer.alloc(62, 7),
]);
const http2Hello = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
]);
const inferBody = JSON.stringify(fp32Request([1]));
const httpRequest = Buffer.from(
  `POST /v2/models/echo/infer HTTP/1.1\r\nHost: a\r\nContent-Length: ${inferBody.length}\r\n\r\n` +
    inferBody,
);

/** What arrives on a connection, by its index, before the client leaves. */
const arrivals = {
  'random bytes': () => randomBytes(4096),
  'a TLS hello': () => tlsHello,
  'an HTTP/2 hello': () => http2Hello,
  'an HTTP/1.1 request': () => httpRequest,
  'a request that is cut off': (index) =>
    httpRequest.subarray(0, 1 + Math.floor((index * httpRequest.length) / CONNECTIONS)),
  'an HTTP/2 hello that is cut off': (index) => http2Hello.subarray(0, 1 + index),
  'an HTTP/2 hello before random bytes': () => Buffer.concat([http2Hello, randomBytes(4096)]),
  'a header without end': () => Buffer.from(`GET / HTTP/1.1\r\nA: ${'a'.repeat(200_000)}`),
  'bad chunk sizes': () =>
    Buffer.from('POST /v2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nxx'),
};

let server;
let cleanUps = [];
before(async () => {
  const collect = { after: (cleanUp) => cleanUps.push(cleanUp) };
  const models = await writeModels(collect, { echo: slowModel(0) });
  server = await startServer([`--model-repository=${models}`]);
});
after(async () => {
  server.kill();
  for (const cleanUp of cleanUps) await cleanUp();
  cleanUps = [];
});

for (const service of SERVICES) {
  for (const [what, makeBytes] of Object.entries(arrivals)) {
    test(`${service} survives ${what}`, async (t) => {
      const sockets = Array.from({ length: CONNECTIONS }, (_, index) =>
        send(server.address(service), makeBytes(index), index % 2 === 0),
      );
      await Promise.all(sockets);
      await assertServes(t);
    });
  }
}

/** Resolves a little after the bytes are sent; the client leaves in either way. */
function send(address, bytes, reset) {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host, () => {
      socket.write(bytes);
      setTimeout(() => (reset ? socket.resetAndDestroy() : socket.destroy()), 50);
    });
    socket.resume().on('error', () => {});
    socket.on('close', resolve);
  });
}

async function assertServes(t) {
  const startMs = performance.now();
  const { status, body } = await infer(server, 'echo', fp32Request([3]));
  assert.equal(status, 200);
  assert.deepEqual(body.outputs[0].data, [3]);
  const deadline = Date.now() + ANSWER_LIMIT_MS;
  const message = fp32Message('echo', [3]);
  const { error } = await grpcInfer(grpcClient(t, server), message, { deadline });
  assert.equal(error, null);
  assert.equal((await fetch(`${server.metrics}/metrics`)).status, 200);
  assert.ok(performance.now() - startMs < ANSWER_LIMIT_MS);
}
