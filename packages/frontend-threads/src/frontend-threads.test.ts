import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AccessEntry,
  InferError,
  type InferenceRequest,
  type InferenceServer,
  NO_PARAMETERS,
  type ResponseSink,
  systemClock,
} from '@nereid/core';
import { CollectingLogger, FakeSharedMemory, FakeTracing, fakeModelConfig } from '@nereid/testing';
import type { LineCommand } from './fixtures/line-frontend.js';
import { FrontendThreads } from './frontend-threads.js';

type Infer = (request: InferenceRequest, sink: ResponseSink) => void;

function answer({ inputs, id, modelName }: InferenceRequest, sink: ResponseSink): void {
  void sink.response({
    modelName,
    modelVersion: 1,
    id,
    parameters: NO_PARAMETERS,
    outputs: inputs,
    final: true,
  });
  sink.end();
}

/** A server of models that answer their input, at once or in their own way. */
function fakeServer(models: Readonly<Record<string, Infer>>): InferenceServer {
  const parts: Partial<InferenceServer> = {
    metadata: { name: 'fake', version: '1', extensions: [] },
    isReady: () => true,
    modelConfig: (name) => fakeModelConfig({ name }),
    metricsText: async () => 'text of metrics',
    tracing: new FakeTracing(),
    systemSharedMemory: new FakeSharedMemory(),
    infer(request, sink) {
      const model = models[request.modelName];
      if (model) model(request, sink);
      else sink.end(new InferError('NOT_FOUND', 'no such model'));
    },
  };
  return parts as InferenceServer;
}

async function start(t: TestContext, models: Readonly<Record<string, Infer>>, count = 2) {
  const logger = new CollectingLogger();
  const entries: AccessEntry[] = [];
  const threads = new FrontendThreads({
    count,
    server: fakeServer({ m: answer, ...models }),
    logger,
    clock: systemClock,
    authorizer: { decide: (token) => (token === 'secret' ? 'granted' : 'unauthenticated') },
    accessLog: { write: (entry) => entries.push(entry) },
  });
  const frontend = threads.frontend({
    name: 'line',
    module: new URL('./fixtures/line-frontend.js', import.meta.url).href,
    settings: new Map(),
  });
  const { port } = await frontend.start();
  t.after(() => frontend.stop(1000));
  return { port, logger, entries, frontend };
}

/** A connection that sends commands and resolves to their answers. */
async function client(t: TestContext, port: number) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return {
    socket,
    async send(command: LineCommand): Promise<Record<string, unknown>> {
      socket.write(`${JSON.stringify(command)}\n`);
      return JSON.parse((await lines.next()).value ?? '{"gone":true}');
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 20_000;
  while (!condition() && Date.now() < limit) await sleep(5);
  assert.ok(condition());
}

test('requests of every size are answered on every connection', async (t) => {
  const { port } = await start(t, {});
  for (let count = 0; count < 4; count += 1) {
    const { send } = await client(t, port);
    assert.deepEqual(await send({ infer: 'm', values: [count, 2] }), { responses: [[count, 2]] });
    const values = Array.from({ length: 20_000 }, (_, index) => index + count);
    const large = await send({ infer: 'm', values });
    assert.deepEqual(large, { responses: [values.slice(0, 4)] });
  }
});

test('a refusal is told apart from a failure', async (t) => {
  const { port } = await start(t, {
    late: (_, sink) => void setTimeout(() => sink.end(new InferError('INTERNAL', 'late')), 5),
  });
  const { send } = await client(t, port);
  assert.deepEqual(await send({ infer: 'unknown' }), {
    responses: [],
    code: 'NOT_FOUND',
    refused: true,
  });
  assert.deepEqual(await send({ infer: 'late' }), { responses: [], code: 'INTERNAL' });
});

test('errors among responses go to those who take them, or end the request', async (t) => {
  let released = 0;
  const mixed: Infer = ({ id, inputs: outputs }, sink) => {
    const response = { modelName: 'mixed', modelVersion: 1, id, outputs, final: false };
    const release = () => {
      released += 1;
    };
    void sink.response({ ...response, parameters: NO_PARAMETERS, release });
    sink.failed?.(new InferError('UNSUPPORTED', 'not this one'));
    void sink.response({ ...response, parameters: new Map([['p', 1]]), release });
    sink.executed?.({ inputNs: 1, inferNs: 2, outputNs: 3 }, 4);
    sink.end();
  };
  const { port } = await start(t, { mixed });
  const { send } = await client(t, port);
  assert.deepEqual(await send({ infer: 'mixed', values: [5], takesFailures: true }), {
    responses: [[5], [5]],
    failures: ['UNSUPPORTED'],
    times: [2, 4],
  });
  const { code } = await send({ infer: 'mixed', values: [5] });
  assert.equal(code, 'UNSUPPORTED');
  assert.equal(released, 4);
});

test('a client that goes away cancels its request', async (t) => {
  let cancelled = 0;
  const { port } = await start(t, {
    patient: ({ signal }, sink) => {
      signal.onCancel(() => {
        cancelled += 1;
        sink.end(new InferError('CANCELLED', 'gone'));
      });
    },
  });
  const { send } = await client(t, port);
  const { code } = await send({ infer: 'patient', cancel: true });
  assert.equal(code, 'CANCELLED');
  assert.equal(cancelled, 1);
});

test('a producer of many responses waits for the thread', async (t) => {
  let sent = 0;
  let waits = 0;
  const many: Infer = async (request, sink) => {
    for (; sent < 500; sent += 1) {
      const { id, inputs: outputs } = request;
      const response = { modelName: 'many', modelVersion: 1, id, outputs, final: false };
      const waiting = sink.response({ ...response, parameters: NO_PARAMETERS });
      if (waiting) waits += 1;
      await waiting;
    }
    sink.end();
  };
  const { port } = await start(t, { many });
  const { send } = await client(t, port);
  const { responses } = await send({ infer: 'many' });
  assert.equal((responses as unknown[]).length, 500);
  assert.ok(waits > 0);
});

test('everything else reaches the main thread', async (t) => {
  const { port, logger, entries } = await start(t, {});
  const { send } = await client(t, port);
  assert.deepEqual(await send({ call: 'modelConfig' }), { name: 'm' });
  assert.deepEqual(await send({ call: 'isReady' }), { ready: true });
  assert.deepEqual(await send({ call: 'metricsText' }), { text: 'text of metrics' });
  assert.deepEqual(await send({ call: 'decide' }), { decision: 'granted' });
  assert.equal((await send({ call: 'metrics' }))['code'], 'UNSUPPORTED');
  await send({ call: 'log' });
  await until(() => entries.length === 1);
  assert.equal(entries[0]?.path, '/line');
  assert.ok(logger.lines.some(({ message }) => message === 'a warning'));
});

test('a thread that dies takes only its connections along, and is started again', async (t) => {
  let begun = false;
  let cancelled = 0;
  const { port, logger } = await start(t, {
    patient: ({ signal }, sink) => {
      begun = true;
      signal.onCancel(() => {
        cancelled += 1;
        sink.end(new InferError('CANCELLED', 'gone'));
      });
    },
  });
  const doomed = await client(t, port);
  const spared = await client(t, port);
  doomed.socket.write(`${JSON.stringify({ infer: 'patient' })}\n`);
  await until(() => begun);
  const gone = once(doomed.socket, 'close');
  doomed.socket.write(`${JSON.stringify({ exit: 3 })}\n`);
  await gone;
  assert.deepEqual(await spared.send({ infer: 'm', values: [1] }), { responses: [[1]] });
  await until(() => logger.lines.some(({ message }) => /runs again/.test(message)));
  assert.equal(cancelled, 1);
  for (let count = 0; count < 4; count += 1) {
    const { send } = await client(t, port);
    assert.deepEqual(await send({ infer: 'm', values: [count] }), { responses: [[count]] });
  }
});

test('connections wait for the only thread while it is started again', async (t) => {
  const { port, logger } = await start(t, {}, 1);
  const doomed = await client(t, port);
  const gone = once(doomed.socket, 'close');
  doomed.socket.write(`${JSON.stringify({ exit: 1 })}\n`);
  await gone;
  await until(() => logger.lines.some(({ message }) => /has died/.test(message)));
  const { send } = await client(t, port);
  assert.deepEqual(await send({ infer: 'm', values: [9] }), { responses: [[9]] });
});

test('what nobody catches is logged, and the thread goes on', async (t) => {
  const { port, logger } = await start(t, {}, 1);
  const { send } = await client(t, port);
  await send({ fault: true });
  await until(() => logger.lines.some(({ message }) => /a fault of the front end/.test(message)));
  assert.deepEqual(await send({ infer: 'm', values: [1] }), { responses: [[1]] });
});

test('after the stop nobody is served', async (t) => {
  const { port, frontend } = await start(t, {});
  await frontend.stop(1000);
  const socket = connect(port, '127.0.0.1');
  const [error] = await once(socket, 'error');
  assert.equal(error.code, 'ECONNREFUSED');
});

test('a front end that cannot start says why', async (t) => {
  const threads = new FrontendThreads({
    count: 1,
    server: fakeServer({}),
    logger: new CollectingLogger(),
    clock: systemClock,
    authorizer: undefined,
    accessLog: undefined,
  });
  const module = new URL('./fixtures/missing.js', import.meta.url).href;
  const frontend = threads.frontend({ name: 'line', module, settings: new Map() });
  t.after(() => frontend.stop(0));
  await assert.rejects(frontend.start(), /Cannot find module/);
});
