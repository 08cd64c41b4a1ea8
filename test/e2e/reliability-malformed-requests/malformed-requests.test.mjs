import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { fp32Request, slowModel, writeModels } from '../model-folder.mjs';
import { cpuSeconds } from '../process-gauge.mjs';
import { infer, startServer } from '../server-process.mjs';

const ANSWER_LIMIT_MS = 5000;
const BUSY_LIMIT_MS = 30_000;

const tensor = (more) => ({ name: 'INPUT0', datatype: 'FP32', shape: [1], data: [1], ...more });
const json = (body) => ({ body: typeof body === 'string' ? body : JSON.stringify(body) });
const binary = (header, size, more = {}) => {
  const text = JSON.stringify({
    inputs: [tensor({ data: undefined, parameters: { binary_data_size: size }, ...more })],
  });
  return {
    header: header ?? text.length,
    body: Buffer.concat([Buffer.from(text), Buffer.alloc(4)]),
  };
};

/** Each gets an error, not more and not less. */
const requests = {
  'JSON nested a hundred thousand deep': () => json('['.repeat(100_000)),
  'deep JSON in a parameter': () => {
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    return json(`{"parameters":{"p":${deep}},"inputs":[]}`);
  },
  'deep tensor data': () => {
    const data = `${'['.repeat(100_000)}1${']'.repeat(100_000)}`;
    return json(`{"inputs":[{"name":"INPUT0","datatype":"FP32","shape":[1],"data":${data}}]}`);
  },
  'a shape of 2^62 elements': () => json({ inputs: [tensor({ shape: [2 ** 31, 2 ** 31] })] }),
  'a shape whose product overflows': () =>
    json(`{"inputs":[{"name":"INPUT0","datatype":"FP32","shape":[${2n ** 62n},8],"data":[1]}]}`),
  'a negative dimension': () => json({ inputs: [tensor({ shape: [-5] })] }),
  'a shape of a million dimensions': () =>
    json({ inputs: [tensor({ shape: Array(1_000_000).fill(1) })] }),
  'a NUL byte in the JSON': () => json('{"inputs":[\0]}'),
  'NUL bytes only': () => json('\0'.repeat(1000)),
  'a NUL byte in a name': () => json({ inputs: [tensor({ name: 'INPUT0\0' })] }),
  'a million inputs': () => json({ inputs: Array(1_000_000).fill({ name: 'INPUT0' }) }),
  'a million whole inputs': () => json({ inputs: Array(1_000_000).fill(tensor({})) }),
  'a million outputs': () =>
    json({ inputs: [tensor({})], outputs: Array(1_000_000).fill({ name: 'NONE' }) }),
  'a header length beyond the body': () => binary(1_000_000, 4),
  'a header length that is no number': () => binary('1e3', 4),
  'a negative header length': () => binary(-1, 4),
  'a binary size beyond the body': () => binary(undefined, 4_000_000_000),
  'a negative binary size': () => binary(undefined, -4),
  'a binary size that leaves bytes over': () => binary(undefined, 0, { shape: [0] }),
  'a shape that lies about the binary data': () => binary(undefined, 4, { shape: [2] }),
  'a body that ends in the middle': () => json('{"inputs":[{"name":"INPUT0","data'),
  'no members': () => json('{}'),
};

let server;
const cleanUps = [];
before(async () => {
  const models = await writeModels(
    { after: (cleanUp) => cleanUps.push(cleanUp) },
    { echo: slowModel(0) },
  );
  server = await startServer([`--model-repository=${models}`]);
});
after(async () => {
  server.kill();
  for (const cleanUp of cleanUps) await cleanUp();
});

for (const [what, makeRequest] of Object.entries(requests)) {
  test(`${what}: an error in time`, async () => {
    const { header, body } = makeRequest();
    const [startMs, startSeconds] = [performance.now(), cpuSeconds(server.pid)];
    const response = await fetch(`${server.http}/v2/models/echo/infer`, {
      method: 'POST',
      headers: header === undefined ? {} : { 'Inference-Header-Content-Length': String(header) },
      body,
    });
    const { error } = await response.json();
    const tookMs = performance.now() - startMs;
    const spentMs = (cpuSeconds(server.pid) - startSeconds) * 1000;
    // On a machine that is busy with other work, the processor's time counts.
    const inTime =
      tookMs < ANSWER_LIMIT_MS || (spentMs < ANSWER_LIMIT_MS && tookMs < BUSY_LIMIT_MS);
    assert.ok(inTime, `${tookMs} ms, of which ${spentMs} ms of the processor`);
    assert.ok(response.status >= 400 && response.status <= 500, `${response.status}`);
    assert.ok(error.length > 0);
    await assertServes();
  });
}

/** Heads whose lengths lie; the server answers or closes the connection. */
const heads = {
  'a content length that is no number': 'Content-Length: many',
  'a negative content length': 'Content-Length: -1',
  'a content length beyond any memory': 'Content-Length: 99999999999999999999',
  'a content length of 1 TB': 'Content-Length: 1099511627776',
  'two content lengths': 'Content-Length: 5\r\nContent-Length: 6',
  'a length and chunks': 'Content-Length: 5\r\nTransfer-Encoding: chunked',
};

for (const [what, fields] of Object.entries(heads)) {
  test(`${what}: an error in time`, async () => {
    const [host, port] = server.address('HTTPService').split(':');
    const answer = await new Promise((resolve, reject) => {
      const socket = connect(Number(port), host).setEncoding('latin1');
      let text = '';
      const timer = setTimeout(() => reject(new Error(`no answer: ${text}`)), ANSWER_LIMIT_MS);
      const done = () => {
        clearTimeout(timer);
        socket.destroy();
        resolve(text);
      };
      socket.on('data', (chunk) => {
        text += chunk;
        if (text.includes('\r\n\r\n')) done();
      });
      socket.on('error', () => {}).on('close', done);
      socket.write(`POST /v2/models/echo/infer HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\nx`);
    });
    assert.match(answer, /^(HTTP\/1\.1 4\d\d |$)/);
    await assertServes();
  });
}

const prefixed = (length, bytes) => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, bytes]);
};
const bytes = (hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** Messages of ModelInfer. The field numbers: 1 model name, 5 inputs, 7 raw contents. */
const messages = {
  'random bytes': Buffer.alloc(1000, 0xa5),
  'a field that is longer than the message': bytes('0a ff ff ff ff 0f 61'),
  'a varint without end': Buffer.alloc(100, 0xff),
  'a group without end': bytes('0b'),
  'groups nested ten thousand deep': Buffer.alloc(10_000, 0x0b),
  'text that is not UTF-8': bytes('0a 02 ff fe'),
  'a million inputs': Buffer.concat([
    bytes('0a 04 65 63 68 6f'),
    Buffer.alloc(2_000_000, '2a00', 'hex'),
  ]),
  'a million raw contents': Buffer.concat([
    bytes('0a 04 65 63 68 6f'),
    Buffer.alloc(2_000_000, '3a00', 'hex'),
  ]),
};

for (const [what, message] of Object.entries(messages)) {
  test(`a gRPC message with ${what}: an error in time`, async () => {
    const { status, closed } = await callInfer(prefixed(message.length, message));
    assert.ok(closed || Number(status) > 0, `grpc-status ${status}`);
    await assertServes();
  });
}

test('a gRPC message whose length lies: an error in time', async () => {
  for (const body of [
    prefixed(2 ** 32 - 1, bytes('0a')),
    prefixed(100, bytes('0a')),
    bytes('00 00'),
  ]) {
    const { status, closed } = await callInfer(body);
    assert.ok(closed || Number(status) > 0, `grpc-status ${status}`);
  }
  await assertServes();
});

/** Resolves with the call's status, or that its stream was closed without one. */
function callInfer(body) {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${server.grpc}`).on('error', () => {});
    const finish = (result) => {
      clearTimeout(timer);
      session.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => {
      session.destroy();
      reject(new Error('no answer in time'));
    }, ANSWER_LIMIT_MS);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let status;
    const note = (fields) => {
      status = fields['grpc-status'] ?? status;
    };
    stream.on('response', note).on('trailers', note).resume();
    stream
      .on('error', () => {})
      .on('close', () => finish({ status, closed: status === undefined }));
    stream.end(body);
  });
}

async function assertServes() {
  const { status, body } = await infer(server, 'echo', fp32Request([3]));
  assert.equal(status, 200);
  assert.deepEqual(body.outputs[0].data, [3]);
}
