import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import type { Frontend } from '@nereid/core';
import { InferError } from '@nereid/core';
import httpPlugin from './http-plugin.js';
import {
  EchoServer,
  exchangeRaw,
  RawConnection,
  requestBytes,
  startFrontend,
} from './http-test-kit.js';

const INFER = 'POST /v2/models/echo/infer';
const DATA = '[0.0,1.0,2.0,3.0]';
const INPUT = `{"name":"INPUT0","shape":[1,4],"datatype":"FP32","data":${DATA}}`;
const JSON_REQUEST = `{"inputs":[${INPUT}]}`;
const JSON_ANSWER =
  '{"model_name":"echo","model_version":"1","outputs":[{"name":"OUTPUT0","datatype":"FP32",' +
  `"shape":[1,4],"data":${DATA}}]}`;

let server = new EchoServer();
let frontend: Frontend;
let port = 0;

/** Always asks the server of the current test. */
const currentServer = new Proxy(server, {
  get: (_, property) => {
    const value: unknown = Reflect.get(server, property, server);
    return typeof value === 'function' ? value.bind(server) : value;
  },
});

async function send(line: string, body: string | Uint8Array = '', headers: string[] = []) {
  const answer = await exchangeRaw(port, requestBytes(line, body, headers));
  assert(answer !== undefined, 'the connection was closed without an answer');
  return { ...answer, text: answer.body.toString('utf8') };
}

async function expectAnswer(
  line: string,
  [status, text]: readonly [number, string],
  body = '',
): Promise<void> {
  const answer = await send(line, body);
  assert.deepEqual([line, answer.status, answer.text], [line, status, text]);
}

for (const transport of ['native', 'node']) {
  describe(`with the ${transport} transport`, () => {
    before(async () => {
      const started = await startFrontend(httpPlugin, currentServer, {
        transport,
        'max-input-size': '100000',
        'header-forward-pattern': 'x-fwd-',
        'restricted-api': 'trace,statistics:Admin-Key=secret',
      });
      frontend = started.frontend;
      port = started.address.port;
    });

    after(() => frontend.stop(0));

    beforeEach(() => {
      server = new EchoServer();
    });

    describe('the routes', () => {
      it('answer metadata, configuration and statistics', async () => {
        await expectAnswer('GET /v2', [
          200,
          '{"name":"triton","version":"2.51.0","extensions":["classification"]}',
        ]);
        await expectAnswer('GET /v2/models/echo/versions/1', [
          200,
          '{"name":"echo","versions":["1"],"platform":"python","inputs":[{"name":"INPUT0",' +
            '"datatype":"FP32","shape":[-1,16]}],"outputs":[]}',
        ]);
        await expectAnswer('GET /v2/models/echo/config', [200, '{"name":"echo"}']);
      });

      it('answer health without a body, and a model that is not ready with 400', async () => {
        await expectAnswer('GET /v2/health/live', [200, '']);
        await expectAnswer('GET /v2/health/ready', [200, '']);
        await expectAnswer('GET /v2/models/echo/ready', [200, '']);
        const notReady = '{"error":"Model version not ready"}';
        await expectAnswer('GET /v2/models/nope/ready', [400, notReady]);
        await expectAnswer('GET /v2/models/echo/versions/9/ready', [400, notReady]);
        server.ready = false;
        await expectAnswer('GET /v2/health/ready', [400, '']);
      });

      it('answer 404 for a path that leads nowhere', async () => {
        const paths = ['/', '/v1', '/v2/', '//v2', '/v2/models', '/v2/health', '/v2/health/foo'];
        paths.push(
          '/v2/models/echo/frob',
          '/v2/models/echo/versions/abc/infer',
          '/v2/models//ready',
        );
        paths.push('/v2/models/echo/', '/v2/models/stats/', '/v2/repository/x/y/index', '/v2#x');
        paths.push('/v2/models/echo/versions/1/trace/setting', '/v2/models/echo/constructor');
        for (const path of paths) await expectAnswer(`GET ${path}`, [404, '{"error":"Not Found"}']);
      });

      it('answer 405 for a verb that the path does not take', async () => {
        const lines = ['PUT /v2', 'DELETE /v2', 'OPTIONS /v2', 'PATCH /v2', 'FROB /v2'];
        lines.push('GET /v2/models/echo/infer', 'POST /v2/models/echo', 'GET /v2/repository/index');
        for (const line of lines) await expectAnswer(line, [405, '{"error":"Method Not Allowed"}']);
        const connection = new RawConnection(port);
        connection.write(requestBytes('HEAD /v2/health/live'));
        assert.equal((await connection.answer(false))?.status, 405);
        connection.socket.destroy();
      });

      it('match the path as it came: not decoded, and without its query', async () => {
        const unknown = `{"error":"Request for unknown model: 'ec%68o' is not found"}`;
        await expectAnswer('GET /v2/models/ec%68o', [404, unknown]);
        await expectAnswer('GET /v2/models/echo/config?x=1/ready', [200, '{"name":"echo"}']);
        await expectAnswer('GET http://h:1/v2/models/echo/config', [200, '{"name":"echo"}']);
      });

      it('refuse a version beyond 64 bits', async () => {
        const answer = await send('GET /v2/models/echo/versions/99999999999999999999');
        assert.equal(answer.status, 400);
        assert.match(answer.text, /from specified version string '9+' \(details: stol\)/);
      });

      it('answer 503 while the server starts, except for health and single models', async () => {
        server.live = false;
        await expectAnswer('GET /v2', [503, '{"error":"Server not ready"}']);
        assert.equal((await send(INFER, JSON_REQUEST)).status, 200);
        await expectAnswer('GET /v2/health/live', [400, '']);
      });

      it('ask for the header of a restricted API', async () => {
        const refused = `{"error":"This API is restricted, expecting header 'Admin-Key'"}`;
        await expectAnswer('GET /v2/models/stats', [403, refused]);
        const wrong = await send('GET /v2/models/stats', '', ['admin-key: wrong!']);
        assert.equal(wrong.status, 403);
        const right = await send('GET /v2/models/stats', '', ['admin-key: secret']);
        assert.deepEqual([right.status, right.text], [200, '{"model_stats":[]}']);
      });
    });

    describe('the repository and logging endpoints', () => {
      it('list models, all or the ready ones', async () => {
        const ready = '{"name":"echo","version":"1","state":"READY"}';
        await expectAnswer('POST /v2/repository/index', [200, `[${ready},{"name":"idle"}]`]);
        await expectAnswer('POST /v2/repository/r/index', [200, `[${ready}]`], '{"ready": true}');
      });

      it('load with a configuration and files, and unload with dependents', async () => {
        const parameters = '{"parameters":{"config":"{}","file:1/model.py":"aGVsbG8="}}';
        await expectAnswer('POST /v2/repository/models/m/load', [200, ''], parameters);
        const files = new Map([['1/model.py', Buffer.from('hello')]]);
        assert.deepEqual(server.loads, [['m', { config: '{}', files }]]);
        const dependents = '{"parameters":{"unload_dependents":true}}';
        await expectAnswer('POST /v2/repository/models/m/unload', [200, ''], dependents);
        assert.deepEqual(server.unloads, [['m', true]]);
      });

      it('refuse a repository name', async () => {
        const refused = `{"error":"'repository_name' specification is not supported"}`;
        await expectAnswer('POST /v2/repository/r/models/m/load', [501, refused]);
      });

      it('change log settings', async () => {
        const changed =
          '{"log_file":"","log_info":false,"log_warning":true,"log_error":true,' +
          '"log_verbose_level":2,"log_format":"ISO8601"}';
        const change = '{"log_info":false,"log_verbose_level":2,"log_format":"ISO8601"}';
        await expectAnswer('POST /v2/logging', [200, changed], change);
        await expectAnswer('GET /v2/logging', [200, changed]);
        await expectAnswer(
          'POST /v2/logging',
          [500, '{"error":"failed to parse the request JSON buffer: Invalid value. at 1"}'],
          '[',
        );
      });
    });

    describe('inference', () => {
      it('answers JSON with JSON', async () => {
        const answer = await send(INFER, JSON_REQUEST);
        assert.deepEqual([answer.status, answer.text], [200, JSON_ANSWER]);
        assert.match(answer.head, /^Content-Type: application\/json$/m);
      });

      it('takes a body of any content type, and a malformed one', async () => {
        for (const type of ['text/plain', 'nonsense', 'a/b; c="']) {
          const answer = await send(INFER, JSON_REQUEST, [`Content-Type: ${type}`]);
          assert.equal(answer.text, JSON_ANSWER);
        }
      });

      it('answers binary data with binary data', async () => {
        const json =
          '{"parameters":{"binary_data_output":true},"inputs":[{"name":"INPUT0","shape":[1,2],' +
          '"datatype":"FP32","parameters":{"binary_data_size":8}}]}';
        const data = Buffer.from([0, 0, 128, 63, 0, 0, 0, 64]);
        const answer = await send(INFER, Buffer.concat([Buffer.from(json), data]), [
          `Inference-Header-Content-Length: ${json.length}`,
        ]);
        assert.equal(answer.status, 200);
        const headerLength = Number(
          /^Inference-Header-Content-Length: (\d+)$/m.exec(answer.head)?.[1],
        );
        assert.deepEqual(answer.body.subarray(headerLength), data);
        assert.match(answer.head, /^Content-Type: application\/octet-stream$/m);
      });

      it('refuses a decoupled model before it looks at the body', async () => {
        server.decoupled = true;
        await expectAnswer(
          INFER,
          [
            501,
            `{"error":"HTTP end point doesn't support models with decoupled transaction policy"}`,
          ],
          '{{',
        );
      });

      it('names an unknown model before it looks at the body', async () => {
        const unknown = `{"error":"Request for unknown model: 'nope' is not found"}`;
        await expectAnswer('POST /v2/models/nope/infer', [404, unknown], '{{');
      });

      it('passes a failure on with its status', async () => {
        server.onInfer = (_, sink) => sink.end(new InferError('UNAVAILABLE', 'model says no'));
        await expectAnswer(INFER, [503, '{"error":"model says no"}'], JSON_REQUEST);
      });

      it('answers an error when the model ends without a response', async () => {
        server.onInfer = (_, sink) => sink.end();
        await expectAnswer(INFER, [500, '{"error":"the model sent no response"}'], JSON_REQUEST);
      });

      it('turns matching header fields into parameters', async () => {
        await send(INFER, JSON_REQUEST, ['X-Fwd-User: me', 'Other: no']);
        assert.deepEqual([...(server.requests[0]?.parameters ?? [])], [['X-Fwd-User', 'me']]);
      });

      it('inflates gzip and deflate bodies, and compresses answers', async () => {
        const zipped = await send(INFER, gzipSync(JSON_REQUEST), ['Content-Encoding: gzip']);
        assert.equal(zipped.text, JSON_ANSWER);
        const answer = await send(INFER, deflateSync(JSON_REQUEST), [
          'Content-Encoding: deflate',
          'Accept-Encoding: br, deflate;q=0.5, gzip;q=0.8',
        ]);
        assert.match(answer.head, /^Content-Encoding: gzip$/m);
        assert.equal(gunzipSync(answer.body).toString(), JSON_ANSWER);
        const deflated = await send(INFER, JSON_REQUEST, ['Accept-Encoding: deflate']);
        assert.equal(inflateSync(deflated.body).toString(), JSON_ANSWER);
      });

      it('refuses an unknown coding, a damaged body and one that inflates too far', async () => {
        const unknown = await send(INFER, JSON_REQUEST, ['Content-Encoding: br']);
        assert.deepEqual(
          [unknown.status, unknown.text],
          [501, '{"error":"Unsupported compression type"}'],
        );
        assert.match(unknown.head, /^Accept-Encoding: gzip, deflate$/m);
        const damaged = await send(INFER, JSON_REQUEST, ['Content-Encoding: gzip']);
        assert.equal(damaged.status, 400);
        const bomb = await send(INFER, gzipSync(Buffer.alloc(10_000_000)), [
          'Content-Encoding: gzip',
        ]);
        assert.equal(bomb.status, 400);
        assert.match(bomb.text, /the decompressed request body exceeds .* 100000 bytes/);
      });

      it('limits JSON by the maximum input size, and binary tensors not', async () => {
        const large = await send(INFER, `${JSON_REQUEST}${' '.repeat(100_000)}`);
        assert.equal(large.status, 400);
        assert.match(large.text, /^\{"error":"Request JSON size of \d+ bytes exceeds the maximum/);
        const json =
          '{"inputs":[{"name":"INPUT0","shape":[50000],"datatype":"FP32","parameters":' +
          '{"binary_data_size":200000}}],"parameters":{"binary_data_output":true}}';
        const data = Buffer.alloc(200_000, 7);
        const answer = await send(INFER, Buffer.concat([Buffer.from(json), data]), [
          `Inference-Header-Content-Length: ${json.length}`,
        ]);
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.body.subarray(-200_000), data);
      });
    });

    describe('the connection', () => {
      it('carries one request after the other', async () => {
        const connection = new RawConnection(port);
        for (let round = 0; round < 3; round += 1) {
          connection.write(requestBytes(INFER, JSON_REQUEST));
          assert.equal((await connection.answer())?.body.toString(), JSON_ANSWER);
        }
        connection.socket.destroy();
      });

      it('answers pipelined requests in order', async () => {
        const connection = new RawConnection(port);
        connection.write(
          Buffer.concat([requestBytes('GET /v2/health/live'), requestBytes(INFER, JSON_REQUEST)]),
        );
        assert.equal((await connection.answer())?.body.length, 0);
        assert.equal((await connection.answer())?.body.toString(), JSON_ANSWER);
        connection.socket.destroy();
      });

      it('takes chunked bodies, HTTP/1.0 and requests without Host', async () => {
        const chunked =
          `${INFER} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n` +
          `a\r\n${JSON_REQUEST.slice(0, 10)}\r\n` +
          `${(JSON_REQUEST.length - 10).toString(16)}\r\n${JSON_REQUEST.slice(10)}\r\n0\r\n\r\n`;
        assert.equal((await exchangeRaw(port, chunked))?.body.toString(), JSON_ANSWER);
        assert.equal((await exchangeRaw(port, 'GET /v2 HTTP/1.0\r\n\r\n'))?.status, 200);
        assert.equal((await exchangeRaw(port, 'GET /v2 HTTP/1.1\r\n\r\n'))?.status, 200);
      });

      it('puts a body together that arrives in pieces', async () => {
        const connection = new RawConnection(port);
        const bytes = requestBytes(INFER, JSON_REQUEST);
        for (let start = 0; start < bytes.length; start += 40) {
          connection.write(bytes.subarray(start, start + 40));
          await new Promise(setImmediate);
        }
        assert.equal((await connection.answer())?.body.toString(), JSON_ANSWER);
        connection.socket.destroy();
      });

      it('says 100 Continue when asked', async () => {
        const connection = new RawConnection(port);
        const bytes = requestBytes(INFER, JSON_REQUEST, ['Expect: 100-continue']);
        connection.write(bytes.subarray(0, bytes.length - JSON_REQUEST.length));
        assert.equal((await connection.answer())?.status, 100);
        connection.write(JSON_REQUEST);
        assert.equal((await connection.answer())?.status, 200);
        connection.socket.destroy();
      });

      it('is closed without an answer after bytes that are no HTTP', async () => {
        assert.equal(await exchangeRaw(port, '\u0000\u0001garbage\r\n\r\n'), undefined);
      });

      it('answers 400 to a malformed header, 413 to an enormous body', async () => {
        assert.equal((await exchangeRaw(port, 'GET /v2 HTTP/1.1\r\nA B\r\n\r\n'))?.status, 400);
        const huge = `${INFER} HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000000\r\n\r\n`;
        const answer = await exchangeRaw(port, huge);
        assert.equal(answer?.status, 413);
        assert.match(answer?.head ?? '', /^Connection: close$/m);
      });

      it('cancels a request whose client goes away', async () => {
        const cancelled = new Promise<void>((resolve) => {
          server.onInfer = (request) => request.signal.onCancel(resolve);
        });
        const connection = new RawConnection(port);
        connection.write(requestBytes(INFER, JSON_REQUEST));
        while (server.requests.length === 0) await new Promise(setImmediate);
        connection.socket.destroy();
        await cancelled;
      });

      it('does not cancel a request that is answered', async () => {
        const connection = new RawConnection(port);
        connection.write(requestBytes(INFER, JSON_REQUEST));
        await connection.answer();
        connection.socket.destroy();
        await connection.closed();
        await new Promise(setImmediate);
        assert.equal(server.requests[0]?.signal.cancelled, false);
      });
    });
  });
}
