import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  type Frontend,
  InferError,
  type InferenceRequest,
  type InferenceResponse,
  joinBytesElements,
  type ModelMetadata,
  type ResponseSink,
  type Tensor,
} from '@nereid/core';
import httpPlugin from './http-plugin.js';
import { EchoServer, requestBytes, startFrontend } from './http-test-kit.js';

/** The model of the recordings: numbered copies of a text. */
class TextServer extends EchoServer {
  metrics = '';

  override metricsText(): Promise<string> {
    return Promise.resolve(this.metrics);
  }

  override modelMetadata(modelName: string): ModelMetadata {
    const inputs = [{ name: 'text_input', datatype: 'BYTES', shape: [1] } as const];
    return { ...super.modelMetadata(modelName), inputs };
  }

  override infer(request: InferenceRequest, sink: ResponseSink): void {
    this.requests.push(request);
    if (this.onInfer === undefined) void answerTimes(request, sink, 1);
    else this.onInfer(request, sink);
  }
}

const server = new TextServer();
let frontend: Frontend;
let port = 0;

before(async () => {
  const started = await startFrontend(httpPlugin, server, { 'max-input-size': '1000' });
  frontend = started.frontend;
  port = started.address.port;
});

after(() => frontend.stop(0));

beforeEach(() => {
  server.onInfer = undefined;
  server.requests.length = 0;
});

function textTensor(text: string): Tensor {
  const data = joinBytesElements([text]);
  return { name: 'text_output', datatype: 'BYTES', shape: [1], data };
}

function textResponse(request: InferenceRequest, text: string): InferenceResponse {
  const { id, modelName } = request;
  const outputs = [textTensor(text)];
  return { id, modelName, modelVersion: 1, parameters: new Map(), outputs, final: false };
}

async function answerTimes(request: InferenceRequest, sink: ResponseSink, count: number) {
  for (let index = 0; index < count; index += 1) {
    await sink.response(textResponse(request, `hi-${index}`));
  }
  sink.end();
}

async function generate(action: string, body: string, headers: Record<string, string> = {}) {
  const url = `http://127.0.0.1:${port}/v2/models/echo/${action}`;
  const response = await fetch(url, { method: 'POST', body, headers });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    length: response.headers.get('content-length'),
    text: await response.text(),
  };
}

const REQUEST = '{"text_input": "hi"}';
const EVENT_TYPE = 'text/event-stream; charset=utf-8';
const NOT_ONE =
  '{"error":"generate expects model to produce exactly 1 response, use generate stream for ' +
  'model that generates various number of responses"}';

function event(index: number): string {
  return `data: {"model_name":"echo","model_version":"1","text_output":"hi-${index}"}\n\n`;
}

describe('generate', () => {
  it('answers the one response as a flat object without a length', async () => {
    assert.deepEqual(await generate('generate', REQUEST), {
      status: 200,
      type: 'application/json',
      length: null,
      text: '{"model_name":"echo","model_version":"1","text_output":"hi-0"}',
    });
  });

  it('refuses any other number of responses, with the status of the first', async () => {
    for (const count of [0, 2, 3]) {
      server.onInfer = (request, sink) => void answerTimes(request, sink, count);
      const { status, text } = await generate('generate', REQUEST);
      assert.deepEqual([count, status, text], [count, 200, NOT_ONE]);
    }
  });

  it('answers an error with its status, and one after a response as too many', async () => {
    const failure = new InferError('UNAVAILABLE', 'no more');
    server.onInfer = (_, sink) => sink.end(failure);
    const { status, text } = await generate('generate', REQUEST);
    assert.deepEqual([status, text], [503, '{"error":"no more"}']);
    server.onInfer = (request, sink) => {
      void sink.response(textResponse(request, 'x'));
      sink.end(failure);
    };
    const late = await generate('generate', REQUEST);
    assert.deepEqual([late.status, late.text], [200, NOT_ONE]);
  });

  it('refuses an unknown model, a compressed body and one that is too large', async () => {
    const url = `http://127.0.0.1:${port}/v2/models/nope/generate`;
    const unknown = await fetch(url, { method: 'POST', body: REQUEST });
    assert.equal(unknown.status, 404);
    const text = `{"error":"Request for unknown model: 'nope' is not found"}`;
    assert.equal(await unknown.text(), text);
    const compressed = await generate('generate', REQUEST, { 'content-encoding': 'gzip' });
    assert.equal(compressed.status, 400);
    const refusal = `{"error":"Unsupported content-encoding, only 'identity' is supported."}`;
    assert.equal(compressed.text, refusal);
    assert.equal((await generate('generate', `{"text_input":"${'x'.repeat(1000)}"}`)).status, 400);
  });

  it('never compresses its answer', async () => {
    const answer = await generate('generate', REQUEST, { 'accept-encoding': 'gzip' });
    assert.match(answer.text, /^\{"model_name"/);
  });

  it('answers the error of a response that JSON cannot carry', async () => {
    const half = { name: 'h', datatype: 'FP16', shape: [1], data: new Uint8Array(2) } as const;
    server.onInfer = (request, sink) => {
      void sink.response({ ...textResponse(request, ''), outputs: [half] });
      sink.end();
    };
    const { status, text } = await generate('generate', REQUEST);
    assert.equal(status, 400);
    assert.match(text, /sending FP16 data via JSON is not supported/);
  });
});

describe('the load of the endpoint', () => {
  it('goes into a header when the client asks for it and the metrics know it', async () => {
    const family = 'nv_trt_llm_kv_cache_block_metrics';
    const sample = (type: string, value: number) =>
      `${family}{model="m",kv_cache_block_type="${type}",version="1"} ${value}\n`;
    const metrics = sample('tokens_per', 64) + sample('used', 25) + sample('max', 100);
    const ask = async (format: string) => {
      const headers = { 'endpoint-load-metrics-format': format };
      const url = `http://127.0.0.1:${port}/v2/models/echo/generate`;
      const response = await fetch(url, { method: 'POST', body: REQUEST, headers });
      assert.match(await response.text(), /"text_output":"hi-0"/);
      return response.headers.get('endpoint-load-metrics');
    };
    assert.equal(await ask('json'), null);
    server.metrics = metrics;
    assert.equal(
      await ask('json'),
      'JSON {"named_metrics":{"kv_cache_utilization":0.25,"max_token_capacity":6400}}',
    );
    assert.equal(
      await ask('text'),
      'TEXT named_metrics.kv_cache_utilization=0.25, named_metrics.max_token_capacity=6400',
    );
    assert.equal(await ask('xml'), null);
  });
});

describe('generate_stream', () => {
  it('sends each response as an event', async () => {
    server.onInfer = (request, sink) => void answerTimes(request, sink, 3);
    assert.deepEqual(await generate('generate_stream', REQUEST), {
      status: 200,
      type: EVENT_TYPE,
      length: null,
      text: event(0) + event(1) + event(2),
    });
  });

  it('answers an empty stream when there is no response', async () => {
    server.onInfer = (_, sink) => sink.end();
    const { status, type, text } = await generate('generate_stream', REQUEST);
    assert.deepEqual([status, type, text], [200, EVENT_TYPE, '']);
  });

  it('answers an error before the request was accepted as JSON', async () => {
    server.onInfer = (_, sink) => sink.end(new InferError('INVALID_ARG', 'missing'));
    const { status, type, text } = await generate('generate_stream', REQUEST);
    assert.deepEqual([status, type, text], [400, 'application/json', '{"error":"missing"}']);
  });

  it('lets the first response decide the status, also when it is an error', async () => {
    const failure = new InferError('INTERNAL', 'broken');
    server.onInfer = (_, sink) => setImmediate(() => sink.end(failure));
    const { status, type, text } = await generate('generate_stream', REQUEST);
    assert.deepEqual([status, type, text], [500, EVENT_TYPE, 'data: {"error":"broken"}\n\n']);
  });

  it('sends a later error as an event', async () => {
    server.onInfer = (request, sink) => {
      void sink.response(textResponse(request, 'hi-0'));
      sink.end(new InferError('INTERNAL', 'broken'));
    };
    const { status, text } = await generate('generate_stream', REQUEST);
    assert.deepEqual([status, text], [200, `${event(0)}data: {"error":"broken"}\n\n`]);
  });

  it('keeps the order when large responses take several turns', async () => {
    const count = 50_000;
    const data = new Uint8Array(count * 4);
    const large = { name: 'x', datatype: 'FP32', shape: [count], data } as const;
    const send = (request: InferenceRequest, sink: ResponseSink, wait: boolean) => async () => {
      for (let index = 0; index < 3; index += 1) {
        const first = sink.response({ ...textResponse(request, ''), outputs: [large] });
        if (wait) await first;
        const second = sink.response(textResponse(request, `hi-${index}`));
        if (wait) await second;
      }
      void sink.response({ ...textResponse(request, ''), outputs: [large] });
      sink.end();
    };
    for (const wait of [true, false]) {
      server.onInfer = (request, sink) => void send(request, sink, wait)();
      const { text } = await generate('generate_stream', REQUEST);
      const events = text.split('\n\n');
      const kinds = events.map((value) => /hi-\d/.exec(value)?.[0] ?? (value && 'large'));
      assert.deepEqual(kinds, ['large', 'hi-0', 'large', 'hi-1', 'large', 'hi-2', 'large', '']);
      assert.equal(events[6]?.match(/0\.0/g)?.length, count);
    }
  });

  it('holds a producer back while its client does not read', async () => {
    const text = 'x'.repeat(1000);
    const count = 20_000;
    let sent = 0;
    server.onInfer = async (request, sink) => {
      for (; sent < count; sent += 1) await sink.response(textResponse(request, text));
      sink.end();
    };
    const socket = connect(port, '127.0.0.1');
    socket.write(requestBytes('POST /v2/models/echo/generate_stream', REQUEST));
    await once(socket, 'readable');
    socket.pause();
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert(sent < count, 'the producer was not held back');
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.resume();
    while (sent < count) await new Promise((resolve) => setTimeout(resolve, 20));
    assert(received > 0);
    socket.destroy();
  });

  it('gives up on a client when a producer that does not wait is too far ahead of it', async () => {
    const text = 'x'.repeat(1024 * 1024);
    let sent = 0;
    const cancelled = new Promise<void>((resolve) => {
      server.onInfer = async (request, sink) => {
        for (; sent < 500 && !request.signal.cancelled; sent += 1) {
          void sink.response(textResponse(request, text));
          await new Promise((next) => setImmediate(next));
        }
        sink.end();
        resolve();
      };
    });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(requestBytes('POST /v2/models/echo/generate_stream', REQUEST));
    await once(socket, 'readable');
    socket.pause();
    await cancelled;
    assert(sent > 64 && sent < 200, `${sent} MiB`);
    socket.destroy();
  });

  it('cancels the request when the client goes away, and frees a waiting producer', async () => {
    const ended = new Promise<InferenceRequest>((resolve) => {
      server.onInfer = async (request, sink) => {
        while (!request.signal.cancelled) await sink.response(textResponse(request, 'x'));
        sink.end(new InferError('CANCELLED', 'cancelled'));
        resolve(request);
      };
    });
    const socket = connect(port, '127.0.0.1');
    socket.write(requestBytes('POST /v2/models/echo/generate_stream', REQUEST));
    await once(socket, 'readable');
    socket.destroy();
    assert.equal((await ended).signal.cancelled, true);
  });

  it('serves the next request of the connection', async () => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    const answers = () => received.match(/\r\n0\r\n\r\n/g)?.length ?? 0;
    for (const expected of [1, 2]) {
      socket.write(requestBytes('POST /v2/models/echo/generate_stream', REQUEST));
      while (answers() < expected) await once(socket, 'data');
    }
    socket.destroy();
    assert.equal(server.requests.length, 2);
  });
});
