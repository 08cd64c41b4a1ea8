import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { AccessEntry, Frontend, FrontendPlugin } from '@nereid/core';
import httpPlugin from './http-plugin.js';
import {
  EchoServer,
  exchangeRaw,
  RawConnection,
  requestBytes,
  startFrontend,
} from './http-test-kit.js';

const INPUT = '{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}';
const server = new EchoServer();
const entries: AccessEntry[] = [];
let frontend: Frontend;
let port = 0;

const logged: FrontendPlugin = {
  createFrontend: (inner, context) =>
    httpPlugin.createFrontend(inner, {
      ...context,
      accessLog: { write: (entry) => entries.push(entry) },
    }),
};

before(async () => {
  const started = await startFrontend(logged, server);
  frontend = started.frontend;
  port = started.address.port;
});

after(() => frontend.stop(0));

beforeEach(() => {
  entries.length = 0;
  server.requests.length = 0;
  server.onInfer = undefined;
});

async function send(line: string, body = '') {
  const answer = await exchangeRaw(port, requestBytes(line, body));
  assert(answer !== undefined);
  return answer;
}

async function firstEntry(): Promise<AccessEntry> {
  for (;;) {
    const [entry] = entries;
    if (entry !== undefined) return entry;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the access log of HTTP', () => {
  it('has an inference with its model, id and bytes', async () => {
    const body = `{"id":"r1","inputs":[${INPUT}]}`;
    const answer = await send('POST /v2/models/echo/infer?key=secret', body);
    const entry = await firstEntry();
    assert.deepEqual(
      [entry.status, entry.sentBytes, entry.modelName, entry.modelVersion, entry.requestId],
      [200, answer.body.length, 'echo', 1, 'r1'],
    );
    assert.deepEqual(
      [entry.protocol, entry.client, entry.method, entry.path],
      ['HTTP', '127.0.0.1', 'POST', '/v2/models/echo/infer'],
    );
    assert(entry.durationNs > 0);
  });

  it('has requests that lead nowhere, and refused ones', async () => {
    await send('GET /nowhere');
    assert.equal((await firstEntry()).status, 404);
    entries.length = 0;
    await send('GET /v2/models/echo/infer');
    assert.equal((await firstEntry()).status, 405);
  });

  it('has a client that went away, once its request has ended', async () => {
    const ended = new Promise<void>((resolve) => {
      server.onInfer = (request, sink) => {
        request.signal.onCancel(() => {
          assert.equal(entries.length, 0);
          sink.end();
          resolve();
        });
      };
    });
    const connection = new RawConnection(port);
    connection.write(requestBytes('POST /v2/models/echo/infer', `{"inputs":[${INPUT}]}`));
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    connection.socket.destroy();
    await ended;
    assert.equal((await firstEntry()).status, 499);
    assert.equal(entries.length, 1);
  });
});
