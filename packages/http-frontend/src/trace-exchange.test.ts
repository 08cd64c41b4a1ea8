import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Frontend } from '@nereid/core';
import httpPlugin from './http-plugin.js';
import { EchoServer, exchangeRaw, requestBytes, startFrontend } from './http-test-kit.js';

const INPUTS = '{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}]}';

const OFF =
  '{"trace_level":["OFF"],"trace_rate":"1000","trace_count":"-1","log_frequency":"0",' +
  '"trace_file":"","trace_mode":"triton"}';

const server = new EchoServer();
let frontend: Frontend;
let port = 0;

before(async () => {
  const started = await startFrontend(httpPlugin, server);
  frontend = started.frontend;
  port = started.address.port;
});

after(() => frontend.stop(0));

async function send(line: string, body = '', headers: readonly string[] = []) {
  const answer = await exchangeRaw(port, requestBytes(line, body, headers));
  assert.ok(answer);
  return { status: answer.status, text: answer.body.toString('utf8') };
}

/** An answer has been received before the server knows that it has left. */
async function traceEnds(count: number): Promise<void> {
  while (server.tracing.traces.filter(({ events }) => events.includes('close')).length < count) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('trace settings over HTTP', () => {
  it('are told and changed, for all models and for one', async () => {
    assert.deepEqual(await send('GET /v2/trace/setting'), { status: 200, text: OFF });
    const change = '{"trace_level":["TENSORS"],"trace_rate":"5","log_frequency":null,"frob":1}';
    const path = '/v2/models/echo/trace/setting';
    assert.deepEqual(await send(`POST ${path}`, change), { status: 200, text: OFF });
    assert.deepEqual(server.tracing.changes, [
      ['echo', { levels: ['TENSORS'], rate: 5, logFrequency: 'default' }],
    ]);
  });

  it('show what an exporter was told, repeated where it was', async () => {
    const { current } = server.tracing;
    const exporterSettings = [
      ['url', 'http://c'],
      ['resource', 'a=b'],
      ['resource', 'c=d'],
    ] as const;
    server.tracing.current = { ...current, levels: ['TIMESTAMPS'], mode: 'x', exporterSettings };
    const { text } = await send('GET /v2/trace/setting');
    server.tracing.current = current;
    const common = '"trace_level":["TIMESTAMPS"],"trace_rate":"1000","trace_count":"-1"';
    const own = '"url":"http://c","resource":"a=b","resource":"c=d"';
    assert.equal(text, `{${common},"trace_mode":"x",${own}}`);
  });

  it('are refused as Triton refuses them', async () => {
    const cases = [
      [
        '{"trace_file":null}',
        501,
        'trace file location can not be updated through network protocol',
      ],
      ['{"trace_rate":5}', 500, 'attempt to access JSON non-string as string'],
      ['{"trace_level":"OFF"}', 500, 'attempt to access JSON non-array as array'],
      ['{"trace_level":["OFF","TENSORS"]}', 400, "Expect only one trace level 'OFF' is specified"],
      ['{"trace_rate":""}', 400, "Unable to parse 'trace_rate', got: "],
      ['xx', 500, 'failed to parse the request JSON buffer: Invalid value. at 0'],
    ] as const;
    for (const [body, status, error] of cases) {
      const text = JSON.stringify({ error });
      assert.deepEqual(await send('POST /v2/trace/setting', body), { status, text });
    }
  });
});

describe('a traced HTTP request', () => {
  it('records when it came and when its answer left', async () => {
    server.tracing.active = true;
    const header = ['traceparent: from-the-client'];
    assert.equal((await send('POST /v2/models/echo/infer', INPUTS, header)).status, 200);
    await traceEnds(1);
    server.tracing.active = false;
    const [trace] = server.tracing.traces.splice(0);
    assert.deepEqual(trace?.events, [
      'HTTP_RECV_START',
      'HTTP_RECV_END',
      'INFER_RESPONSE_COMPLETE',
      'HTTP_SEND_START',
      'HTTP_SEND_END',
      'close',
    ]);
    assert.ok((trace.timesNs.get('HTTP_RECV_START') ?? 0) > 0);
    assert.equal(server.requests.at(-1)?.trace, trace);
    assert.equal(server.tracing.sampled.at(-1)?.[1].header('traceparent'), 'from-the-client');
  });

  it('ends although its body is no request', async () => {
    server.tracing.active = true;
    assert.equal((await send('POST /v2/models/echo/infer', '[')).status, 500);
    await traceEnds(1);
    server.tracing.active = false;
    const [trace] = server.tracing.traces.splice(0);
    assert.deepEqual(trace?.events.slice(2), ['HTTP_SEND_START', 'HTTP_SEND_END', 'close']);
  });

  it('is left alone while nothing can be traced', async () => {
    server.tracing.active = false;
    assert.equal((await send('POST /v2/models/echo/infer', INPUTS)).status, 200);
    assert.equal(server.requests.at(-1)?.trace, undefined);
    assert.equal(Object.hasOwn(server.requests.at(-1) ?? {}, 'trace'), false);
  });
});
