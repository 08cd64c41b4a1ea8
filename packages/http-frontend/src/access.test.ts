import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ApiCategory, Authorizer, Frontend, FrontendPlugin } from '@nereid/core';
import httpPlugin from './http-plugin.js';
import { EchoServer, exchangeRaw, requestBytes, startFrontend } from './http-test-kit.js';
import metricsPlugin from './metrics-plugin.js';

/** Knows one token, which grants metadata, and lets everybody ask for health. */
const authorizer: Authorizer = {
  decide(token: string | undefined, category: ApiCategory) {
    if (category === 'health') return 'granted';
    if (token !== 'secret') return 'unauthenticated';
    return category === 'metadata' ? 'granted' : 'forbidden';
  },
};

function guarded(plugin: FrontendPlugin): FrontendPlugin {
  return {
    createFrontend: (server, context) => plugin.createFrontend(server, { ...context, authorizer }),
  };
}

const NEEDED =
  '{"error":"This API needs a token: send \'Authorization: Bearer <token>\' or ' +
  "'X-API-Key: <token>'\"}";

let frontends: Frontend[] = [];
let httpPort = 0;
let metricsPort = 0;

before(async () => {
  const server = new EchoServer();
  const http = await startFrontend(guarded(httpPlugin), server);
  const metrics = await startFrontend(guarded(metricsPlugin), server);
  frontends = [http.frontend, metrics.frontend];
  httpPort = http.address.port;
  metricsPort = metrics.address.port;
});

after(async () => {
  for (const frontend of frontends) await frontend.stop(0);
});

async function send(line: string, headers: readonly string[] = [], port = httpPort) {
  const answer = await exchangeRaw(port, requestBytes(line, '', headers));
  assert(answer !== undefined);
  return { ...answer, text: answer.body.toString() };
}

describe('a front end that asks for tokens', () => {
  it('lets a request pass whose token grants its API, in either header', async () => {
    assert.equal((await send('GET /v2', ['Authorization: Bearer secret'])).status, 200);
    assert.equal((await send('GET /v2', ['authorization: bearer  secret '])).status, 200);
    assert.equal((await send('GET /v2', ['X-API-Key: secret'])).status, 200);
    const basic = ['Authorization: Basic eDp5', 'X-API-Key: secret'];
    assert.equal((await send('GET /v2', basic)).status, 200);
  });

  it('lets a request without a token pass where none is needed', async () => {
    assert.equal((await send('GET /v2/health/live')).status, 200);
  });

  it('answers 401 and a challenge to a request without a token', async () => {
    const { status, head, text } = await send('GET /v2');
    assert.deepEqual([status, text], [401, NEEDED]);
    assert.match(head, /^WWW-Authenticate: Bearer$/m);
    assert.equal((await send('POST /v2/models/echo/infer')).status, 401);
    assert.equal((await send('POST /v2/models/echo/generate')).status, 401);
  });

  it('answers 401 to a token that nobody knows, and 403 to one for other APIs', async () => {
    const wrong = await send('GET /v2', ['Authorization: Bearer wrong']);
    assert.deepEqual([wrong.status, wrong.text], [401, '{"error":"The token is not valid"}']);
    const other = await send('POST /v2/repository/index', ['Authorization: Bearer secret']);
    const text = `{"error":"The token does not grant the API 'model-repository'"}`;
    assert.deepEqual([other.status, other.text], [403, text]);
  });

  it('guards metrics as it guards statistics', async () => {
    assert.equal((await send('GET /metrics', [], metricsPort)).status, 401);
    const headers = ['Authorization: Bearer secret'];
    assert.equal((await send('GET /metrics', headers, metricsPort)).status, 403);
  });
});
