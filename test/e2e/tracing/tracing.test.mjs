import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { infer, post, root, startServer } from '../server-process.mjs';

const require = createRequire(join(root, 'packages', 'grpc-frontend', 'package.json'));
const { Client, credentials, Metadata } = require('@grpc/grpc-js');
const protobuf = require('protobufjs');

const models = `--model-repository=${join(dirname(fileURLToPath(import.meta.url)), 'models')}`;
const INPUT = { name: 'INPUT0', datatype: 'FP32', shape: [1, 2] };
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_SPAN_ID = 'b7ad6b7169203331';

const MODEL_ACTIVITIES = [
  'REQUEST_START',
  'QUEUE_START',
  'COMPUTE_START',
  'COMPUTE_INPUT_END',
  'COMPUTE_OUTPUT_START',
  'COMPUTE_END',
  'REQUEST_END',
];

test('traces of both protocols are in the file when the server has stopped', async (t) => {
  const file = join(await temporaryFolder(t), 'trace.json');
  const server = await start(t, [
    `--trace-config=triton,file=${file}`,
    '--trace-config=rate=1',
    '--trace-config=level=TENSORS',
    '--trace-config=level=timestamps',
  ]);
  const body = { id: 'h1', inputs: [{ ...INPUT, data: [1, 2.5] }] };
  assert.equal((await infer(server, 'identity', body)).status, 200);
  await grpcInfer(server, 'g1');
  assert.equal(await server.stop(), 0);

  const traces = tracesById(JSON.parse(await readFile(file, 'utf8')));
  const ids = [...traces.values()].map(({ request_id: requestId }) => requestId);
  assert.deepEqual(ids, ['h1', 'g1']);
  for (const [index, trace] of [...traces.values()].entries()) {
    const { activities, tensors, model_name: name, model_version: version } = trace;
    assert.deepEqual([name, version], ['identity', 1]);
    const received = index === 0 ? 'HTTP_RECV' : 'GRPC_WAITREAD';
    const sent = index === 0 ? 'HTTP_SEND' : 'GRPC_SEND';
    checkOrder(activities, [`${received}_START`, `${received}_END`, ...MODEL_ACTIVITIES]);
    checkOrder(activities, ['INFER_RESPONSE_COMPLETE', `${sent}_START`, `${sent}_END`]);
    assert.deepEqual(tensors, [
      ['TENSOR_QUEUE_INPUT', { name: 'INPUT0', data: '1,2.5', shape: '1,2', dtype: 'FP32' }],
      ['TENSOR_BACKEND_OUTPUT', { name: 'OUTPUT0', data: '1,2.5', shape: '1,2', dtype: 'FP32' }],
    ]);
  }
});

test('the steps of an ensemble are children of its trace', async (t) => {
  const file = join(await temporaryFolder(t), 'trace.json');
  const server = await start(t, [
    `--trace-config=triton,file=${file}`,
    '--trace-config=rate=1',
    '--trace-config=level=TIMESTAMPS',
    '--trace-config=triton,log-frequency=1',
  ]);
  const body = { id: 'e1', inputs: [{ ...INPUT, data: [1, 2] }] };
  assert.equal((await infer(server, 'twice', body)).status, 200);
  assert.equal(await server.stop(), 0);
  const traces = tracesById(JSON.parse(await readFile(`${file}.0`, 'utf8')));
  const family = [...traces].map(([id, { model_name: name, parent_id: parent }]) => [
    id,
    name,
    parent,
  ]);
  assert.deepEqual(family, [
    [1, 'twice', undefined],
    [2, 'identity', 1],
    [3, 'identity', 1],
  ]);
  const [whole, first, second] = [...traces.values()].map(({ activities }) => activities);
  assert.equal(whole.has('COMPUTE_START'), false);
  checkOrder(first, MODEL_ACTIVITIES);
  checkOrder(second, MODEL_ACTIVITIES);
  assert.ok(second.get('REQUEST_START') >= first.get('COMPUTE_OUTPUT_START'));
  assert.ok(whole.get('REQUEST_END') >= second.get('COMPUTE_OUTPUT_START'));
});

test('tracing is turned on, for one model and a count, while the server runs', async (t) => {
  const file = join(await temporaryFolder(t), 'trace.json');
  const server = await start(t, [`--trace-config=triton,file=${file}`]);
  const body = { inputs: [{ ...INPUT, data: [1, 2] }] };
  await infer(server, 'identity', body);
  const change = { trace_level: ['TIMESTAMPS'], trace_rate: '2', trace_count: '2' };
  const changed = await post(server, '/v2/models/identity/trace/setting', change);
  assert.deepEqual(changed, {
    status: 200,
    body: { ...change, log_frequency: '0', trace_file: file, trace_mode: 'triton' },
  });
  for (let index = 0; index < 6; index += 1) await infer(server, 'identity', body);
  const global = await (await fetch(`${server.http}/v2/trace/setting`)).json();
  assert.deepEqual(global.trace_level, ['OFF']);
  const own = await (await fetch(`${server.http}/v2/models/identity/trace/setting`)).json();
  assert.equal(own.trace_count, '0');
  assert.equal(await server.stop(), 0);
  const traces = tracesById(JSON.parse(await readFile(`${file}.0`, 'utf8')));
  assert.deepEqual([...traces.keys()], [1, 2]);
});

test('a file that cannot be written is logged and hurts no request', async (t) => {
  const server = await start(t, [
    '--trace-config=triton,file=/dev/full',
    '--trace-config=triton,log-frequency=0',
    '--trace-config=rate=1',
    '--trace-config=level=TIMESTAMPS',
  ]);
  const body = { inputs: [{ ...INPUT, data: [1, 2] }] };
  assert.equal((await infer(server, 'identity', body)).status, 200);
  // Other settings have the traces of the old ones written.
  assert.equal((await post(server, '/v2/trace/setting', { trace_rate: '1' })).status, 200);
  assert.equal((await infer(server, 'identity', body)).status, 200);
  assert.equal(await server.stop(), 0);
  assert.match(server.log, /traces are lost: \/dev\/full/);
});

test('spans reach a collector, in the trace that the client began', async (t) => {
  const collector = await startCollector(t);
  const server = await start(t, [
    '--trace-config=mode=opentelemetry',
    '--trace-config=level=TIMESTAMPS',
    '--trace-config=rate=0',
    `--trace-config=opentelemetry,url=${collector.url}`,
    '--trace-config=opentelemetry,bsp_schedule_delay=50',
    '--trace-config=opentelemetry,resource=service.name=vision',
    '--trace-config=opentelemetry,resource=region=here',
  ]);
  const settings = await (await fetch(`${server.http}/v2/trace/setting`)).text();
  assert.equal(
    settings,
    '{"trace_level":["TIMESTAMPS"],"trace_rate":"0","trace_count":"-1",' +
      `"trace_mode":"opentelemetry","url":"${collector.url}","resource":"service.name=vision",` +
      '"resource":"region=here","bsp_max_queue_size":"2048","bsp_schedule_delay":"50",' +
      '"bsp_max_export_batch_size":"512"}',
  );
  const body = { id: 'h1', inputs: [{ ...INPUT, data: [1, 2] }] };
  const traceparent = `00-${TRACE_ID}-${PARENT_SPAN_ID}-00`;
  // Without a context of its own, no request is traced at this rate.
  await infer(server, 'identity', { ...body, id: 'untraced' });
  const answer = await fetch(`${server.http}/v2/models/identity/infer`, {
    method: 'POST',
    headers: { traceparent },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200);
  checkSpans(await collector.spans(3), 'h1', 'HTTP_RECV_START');
  await grpcInfer(server, 'g1', { traceparent });
  // What has not been sent when the server stops, is sent then.
  assert.equal(await server.stop(), 0);
  const spans = await collector.spans(6);
  assert.equal(spans.length, 6);
  checkSpans(spans.slice(3), 'g1', 'GRPC_WAITREAD_START');
  assert.deepEqual(collector.resource(), { 'service.name': 'vision', region: 'here' });
});

test('a collector that is away is logged and hurts no request', async (t) => {
  const server = await start(t, [
    '--trace-config=mode=opentelemetry',
    '--trace-config=level=TIMESTAMPS',
    '--trace-config=rate=1',
    '--trace-config=opentelemetry,url=http://127.0.0.1:9/v1/traces',
    '--trace-config=opentelemetry,bsp_schedule_delay=10',
  ]);
  const body = { inputs: [{ ...INPUT, data: [1, 2] }] };
  assert.equal((await infer(server, 'identity', body)).status, 200);
  assert.equal(await server.stop(), 0);
  assert.match(server.log, /spans are lost|could not be sent in time/);
});

test('trace flags that make no sense end the server with a sentence', async (t) => {
  const cases = [
    ['--trace-config=rate', /option format is '<trace mode>,<setting>=<value>'\. Got rate/],
    ['--trace-config=,rate=1', /No trace mode specified/],
    ['--trace-config=level=frob', /invalid value for trace level option: frob/],
    ['--trace-config=rate=x', /Bad option: "--trace-config rate"\.\nInvalid option value\. Got x/],
    ['--trace-config=frob=1', /unknown setting 'frob'/],
    ['--trace-config=mode=frob', /Available options are "triton" and "opentelemetry"/],
    ['--trace-rate=x', /Bad option: "--trace-rate"/],
  ];
  for (const [flag, text] of cases) {
    const server = await start(t, [flag]);
    assert.equal(server.exitCode, 1, flag);
    assert.match(server.log, text);
  }
});

test('the deprecated flags work, with a warning, and give way to --trace-config', async (t) => {
  const file = join(await temporaryFolder(t), 'trace.json');
  const server = await start(t, [
    `--trace-file=${file}`,
    '--trace-level=TIMESTAMPS',
    '--trace-rate=5',
    '--trace-count=9',
    '--trace-config=rate=7',
  ]);
  const settings = await (await fetch(`${server.http}/v2/trace/setting`)).json();
  assert.deepEqual(settings, {
    trace_level: ['TIMESTAMPS'],
    trace_rate: '7',
    trace_count: '9',
    log_frequency: '0',
    trace_file: file,
    trace_mode: 'triton',
  });
  assert.match(server.log, /'--trace-rate' has been deprecated/);
  assert.equal(await server.stop(), 0);
});

async function start(t, args) {
  const server = await startServer([models, ...args]);
  t.after(() => server.kill());
  return server;
}

async function temporaryFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-tracing-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** The objects of a trace file, gathered by trace. */
function tracesById(objects) {
  const traces = new Map();
  for (const { id, timestamps, activity, tensor, ...rest } of objects) {
    if (!traces.has(id)) traces.set(id, { activities: new Map(), tensors: [] });
    const trace = traces.get(id);
    Object.assign(trace, rest);
    for (const { name, ns } of timestamps ?? []) trace.activities.set(name, ns);
    if (activity !== undefined) trace.tensors.push([activity, tensor]);
  }
  return traces;
}

/** All are there, each no earlier than the one before. */
function checkOrder(activities, names) {
  const times = names.map((name) => activities.get(name));
  for (const [index, time] of times.entries()) {
    assert.ok(time > 0, `${names[index]} is missing`);
    const before = times[index - 1] ?? 0;
    assert.ok(time >= before, `${names[index]} is earlier than ${names[index - 1]}`);
  }
}

function checkSpans(spans, requestId, firstEvent) {
  const byName = Object.fromEntries(spans.map((span) => [span.name, span]));
  const { InferRequest: request, identity: model, compute } = byName;
  for (const span of spans) assert.equal(span.traceId, TRACE_ID);
  assert.equal(request.parentSpanId, PARENT_SPAN_ID);
  assert.equal(model.parentSpanId, request.spanId);
  assert.equal(compute.parentSpanId, model.spanId);
  const eventsOf = (span) => span.events.map(({ name }) => name);
  assert.equal(eventsOf(request)[0], firstEvent);
  assert.deepEqual(eventsOf(model), ['REQUEST_START', 'QUEUE_START', 'REQUEST_END']);
  assert.deepEqual(eventsOf(compute), MODEL_ACTIVITIES.slice(2, 6));
  const attributes = Object.fromEntries(
    model.attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
  );
  assert.equal(attributes['triton.model_name'], 'identity');
  assert.equal(Number(attributes['triton.model_version']), 1);
  assert.equal(attributes['triton.request_id'], requestId);
  const startMs = Number(BigInt(request.startTimeUnixNano) / 1_000_000n);
  assert.ok(Math.abs(startMs - Date.now()) < 60_000, 'the span has the wrong time of day');
  assert.ok(BigInt(compute.startTimeUnixNano) >= BigInt(model.startTimeUnixNano));
  assert.ok(BigInt(compute.endTimeUnixNano) <= BigInt(request.endTimeUnixNano));
}

/** An OTLP/HTTP collector for JSON. */
async function startCollector(t) {
  const received = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      assert.equal(request.headers['content-type'], 'application/json');
      received.push(...JSON.parse(Buffer.concat(chunks)).resourceSpans);
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const spans = () => received.flatMap((one) => one.scopeSpans).flatMap((scope) => scope.spans);
  return {
    url: `http://127.0.0.1:${server.address().port}/v1/traces`,
    async spans(count) {
      const limit = Date.now() + 10_000;
      while (spans().length < count && Date.now() < limit) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return spans();
    },
    resource: () =>
      Object.fromEntries(
        received[0].resource.attributes.map(({ key, value }) => [key, value.stringValue]),
      ),
  };
}

async function grpcInfer(server, id, headers = {}) {
  const types = new protobuf.Root();
  const protos = join(root, 'protos');
  types.resolvePath = (_, target) => join(protos, target);
  types.loadSync('grpc_service.proto');
  const Request = types.lookupType('inference.ModelInferRequest');
  const message = Request.create({
    modelName: 'identity',
    id,
    inputs: [INPUT],
    rawInputContents: [Buffer.from(new Float32Array([1, 2.5]).buffer)],
  });
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const client = new Client(server.grpc, credentials.createInsecure());
  const path = '/inference.GRPCInferenceService/ModelInfer';
  const identity = (bytes) => bytes;
  await new Promise((resolve, reject) => {
    const bytes = Buffer.from(Request.encode(message).finish());
    client.makeUnaryRequest(path, identity, identity, bytes, metadata, (error) => {
      client.close();
      if (error) reject(error);
      else resolve();
    });
  });
}
