import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  type Clock,
  type Frontend,
  InferError,
  type InferenceRequest,
  type InferenceServer,
  isInferError,
  type LoadOptions,
  type LogSettings,
  type ModelConfig,
  type ModelStatistics,
  NO_PARAMETERS,
  type ResponseSink,
  systemClock,
  type UnloadOptions,
} from '@nereid/core';
import {
  bytesTensor,
  FakeClock,
  FakeSharedMemory,
  FakeTracing,
  fakeModelConfig,
  fakePluginContext,
} from '@nereid/testing';
import protobuf from 'protobufjs';
import plugin from './grpc-plugin.js';

const PROTOS = fileURLToPath(new URL('../../../protos/', import.meta.url));
const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const SERVICE = '/inference.GRPCInferenceService/';

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith(PROTOS) ? target : PROTOS + target);
root.loadSync([
  'grpc_service.proto',
  'grpc/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto',
]);

type Handler = (request: InferenceRequest, sink: ResponseSink) => void;

const LOG_SETTINGS: LogSettings = {
  logFile: '',
  logInfo: true,
  logWarning: true,
  logError: true,
  logVerboseLevel: 0,
  logFormat: 'default',
};

/** Answers with the request's inputs, renamed. */
const echo: Handler = (request, sink) => {
  sink.response({
    modelName: request.modelName,
    modelVersion: 1,
    id: request.id,
    parameters: request.parameters,
    outputs: request.inputs.map(({ datatype, shape, data }) => ({
      name: 'OUTPUT0',
      datatype,
      shape,
      data,
    })),
    final: true,
  });
  sink.end();
};

const NO_TIME = { count: 0, ns: 0 };
const NO_TIMES = {
  success: { count: 2, ns: 3 },
  fail: NO_TIME,
  queue: NO_TIME,
  computeInput: NO_TIME,
  computeInfer: NO_TIME,
  computeOutput: NO_TIME,
  cacheHit: NO_TIME,
  cacheMiss: NO_TIME,
};

/** An InferenceServer whose models are functions. */
class FakeServer implements InferenceServer {
  readonly metadata = { name: 'triton', version: '1.2.3', extensions: ['sequence'] };
  readonly systemSharedMemory = new FakeSharedMemory();
  readonly tracing = new FakeTracing();
  readonly handlers = new Map<string, Handler>([['identity', echo]]);
  readonly decoupled = new Set<string>();
  readonly requests: InferenceRequest[] = [];
  readonly loads: [string, LoadOptions][] = [];
  readonly unloads: [string, UnloadOptions][] = [];
  ready = true;
  log = LOG_SETTINGS;

  isLive() {
    return true;
  }
  isReady() {
    return this.ready;
  }
  isModelReady(name: string, version: number | undefined) {
    return this.handlers.has(name) && (version ?? 1) === 1;
  }
  modelMetadata(name: string, version: number | undefined) {
    this.modelConfig(name, version);
    const tensor = { name: 'INPUT0', datatype: 'FP32', shape: [-1, 16] } as const;
    return { name, versions: [1, 3], platform: 'fake', inputs: [tensor], outputs: [] };
  }
  modelConfig(name: string, version: number | undefined): ModelConfig {
    if (!this.handlers.has(name)) {
      throw new InferError('NOT_FOUND', `Request for unknown model: '${name}' is not found`);
    }
    if (version !== undefined && version !== 1) {
      throw new InferError(
        'NOT_FOUND',
        `Request for unknown model: '${name}' version ${version} is not found`,
      );
    }
    const decoupled = this.decoupled.has(name);
    return fakeModelConfig({ name, maxBatchSize: 8, modelTransactionPolicy: { decoupled } });
  }
  modelConfigJson() {
    return '{}';
  }
  modelStatistics(name: string | undefined): readonly ModelStatistics[] {
    return [
      {
        name: name ?? 'all',
        version: 1,
        lastInferenceMs: 1_700_000_000_000,
        inferenceCount: 5,
        executionCount: 4,
        inferenceStats: NO_TIMES,
        responseStats: {},
        batchStats: [],
        memoryUsage: [{ type: 'CPU', deviceId: 0, sizeBytes: 9 }],
      },
    ];
  }
  metricsText() {
    return Promise.resolve('');
  }
  repositoryIndex(readyOnly: boolean) {
    const ready = { name: 'identity', version: 1, state: 'READY', reason: '' } as const;
    const known = { name: 'other', version: undefined, state: undefined, reason: '' };
    return Promise.resolve(readyOnly ? [ready] : [ready, known]);
  }
  loadModel(name: string, options: LoadOptions) {
    this.loads.push([name, options]);
    return Promise.resolve();
  }
  unloadModel(name: string, options: UnloadOptions) {
    this.unloads.push([name, options]);
    return Promise.resolve();
  }
  logSettings() {
    return this.log;
  }
  updateLogSettings(change: Partial<LogSettings>) {
    this.log = { ...this.log, ...change };
    return this.log;
  }
  infer(request: InferenceRequest, sink: ResponseSink) {
    this.requests.push(request);
    this.handlers.get(request.modelName)?.(request, sink);
  }
}

const passBytes = (bytes: Buffer): Buffer => bytes;

interface Answer {
  readonly code: number;
  readonly message: string;
  readonly body: Record<string, unknown>;
}

function encode(type: string, message: object): Buffer {
  const messageType = root.lookupType(type);
  return Buffer.from(messageType.encode(messageType.fromObject(message)).finish());
}

function decode(type: string, bytes: Uint8Array): Record<string, unknown> {
  return root.lookupType(type).decode(bytes).toJSON();
}

function metadataOf(entries: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}

/** The same tests run over each transport. */
const TRANSPORT = process.env['NEREID_TEST_TRANSPORT'] ?? 'native';

/** A front end on a free port, and a client of it. */
class Setup {
  readonly server = new FakeServer();
  frontend: Frontend | undefined;
  client: Client | undefined;
  port = 0;

  async start(
    settings: Readonly<Record<string, string>> = {},
    clock: Clock = systemClock,
  ): Promise<this> {
    const all = { transport: TRANSPORT, address: '127.0.0.1', port: '0', ...settings };
    const context = fakePluginContext({ settings: new Map(Object.entries(all)), clock });
    this.frontend = plugin.createFrontend(this.server, context);
    const address = await this.frontend.start();
    this.port = address.port;
    this.client = new Client(`127.0.0.1:${this.port}`, credentials.createInsecure());
    return this;
  }

  async stop(graceMs = 1_000): Promise<void> {
    this.client?.close();
    await this.frontend?.stop(graceMs);
  }

  raw(path: string, bytes: Buffer, headers: Readonly<Record<string, string>> = {}) {
    assert.ok(this.client);
    const client = this.client;
    return new Promise<{ error: ServiceError | null; bytes: Buffer | undefined }>((resolve) => {
      client.makeUnaryRequest(
        path,
        passBytes,
        passBytes,
        bytes,
        metadataOf(headers),
        (error, answer) => resolve({ error, bytes: answer }),
      );
    });
  }

  async call(
    method: string,
    message: object = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const bytes = encode(`inference.${method}Request`, message);
    const answer = await this.raw(SERVICE + method, bytes, headers);
    const body = answer.bytes && decode(`inference.${method}Response`, answer.bytes);
    return {
      code: answer.error?.code ?? 0,
      message: answer.error?.details ?? '',
      body: body ?? {},
    };
  }

  stream(
    path = `${SERVICE}ModelStreamInfer`,
    headers: Readonly<Record<string, string>> = {},
    types = ['inference.ModelInferRequest', 'inference.ModelStreamInferResponse'],
  ) {
    assert.ok(this.client);
    const [requestType = '', responseType = ''] = types;
    const call = this.client.makeBidiStreamRequest(path, passBytes, passBytes, metadataOf(headers));
    const received: Record<string, unknown>[] = [];
    let arrived = () => {};
    call.on('data', (bytes: Buffer) => {
      received.push(decode(responseType, bytes));
      arrived();
    });
    call.on('error', () => {});
    const status = new Promise<{ code: number; details: string }>((resolve) => {
      call.on('status', ({ code, details }) => resolve({ code, details }));
    });
    const count = async (wanted: number) => {
      while (received.length < wanted) {
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
      return received;
    };
    const send = (message: object) => call.write(encode(requestType, message));
    return { call, received, status, count, send };
  }
}

const INPUT = bytesTensor('INPUT0', [1], ['hello']);

function request(modelName: string, extra: object = {}): object {
  return {
    modelName,
    inputs: [{ name: INPUT.name, datatype: INPUT.datatype, shape: INPUT.shape }],
    rawInputContents: [INPUT.data],
    ...extra,
  };
}

const ECHOED = {
  outputs: [{ name: 'OUTPUT0', datatype: 'BYTES', shape: ['1'] }],
  rawOutputContents: [Buffer.from(INPUT.data).toString('base64')],
};

describe('the gRPC front end', () => {
  const setup = new Setup();
  const { server } = setup;
  before(() => setup.start());
  after(() => setup.stop());

  it('tells health, metadata and configuration', async () => {
    assert.deepEqual((await setup.call('ServerLive')).body, { live: true });
    assert.deepEqual((await setup.call('ServerReady')).body, { ready: true });
    assert.deepEqual((await setup.call('ModelReady', { name: 'identity' })).body, { ready: true });
    assert.deepEqual((await setup.call('ModelReady', { name: 'nope' })).body, {});
    assert.deepEqual((await setup.call('ServerMetadata')).body, server.metadata);
    assert.deepEqual((await setup.call('ModelMetadata', { name: 'identity' })).body, {
      name: 'identity',
      versions: ['1', '3'],
      platform: 'fake',
      inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: ['-1', '16'] }],
    });
    const { body } = await setup.call('ModelConfig', { name: 'identity', version: '1' });
    assert.deepEqual(body, {
      config: { name: 'identity', maxBatchSize: 8, modelTransactionPolicy: {} },
    });
  });

  it('tells statistics of one model and of all', async () => {
    const { body } = await setup.call('ModelStatistics', { name: 'identity' });
    const [statistics] = body['modelStats'] as Record<string, unknown>[];
    assert.deepEqual(statistics, {
      name: 'identity',
      version: '1',
      lastInference: '1700000000000',
      inferenceCount: '5',
      executionCount: '4',
      inferenceStats: {
        success: { count: '2', ns: '3' },
        fail: {},
        queue: {},
        computeInput: {},
        computeInfer: {},
        computeOutput: {},
        cacheHit: {},
        cacheMiss: {},
      },
      memoryUsage: [{ type: 'CPU', byteSize: '9' }],
    });
    const all = await setup.call('ModelStatistics');
    assert.equal((all.body['modelStats'] as { name: string }[])[0]?.name, 'all');
  });

  it('answers an inference request', async () => {
    const parameters = { k: { int64Param: 7 } };
    const answer = await setup.call('ModelInfer', request('identity', { id: 'r', parameters }));
    assert.equal(answer.code, 0);
    assert.deepEqual(answer.body, {
      modelName: 'identity',
      modelVersion: '1',
      id: 'r',
      parameters: { k: { int64Param: '7' } },
      ...ECHOED,
    });
  });

  it('checks the version, then the model, then the rest of a request', async () => {
    const broken = { parameters: { priority: { boolParam: true } } };
    const cases: readonly [object, number, string][] = [
      [
        request('nope', { modelVersion: 'abc', ...broken }),
        3,
        "failed to get model version from specified version string 'abc' (details: stol), " +
          'version should be an integral value > 0',
      ],
      [request('nope', broken), 5, "Request for unknown model: 'nope' is not found"],
      [
        request('identity', { modelVersion: '9', ...broken }),
        5,
        "Request for unknown model: 'identity' version 9 is not found",
      ],
      [
        request('identity', broken),
        3,
        "invalid value type for 'priority' parameter, expected int64_param or uint64_param.",
      ],
    ];
    for (const [message, code, text] of cases) {
      const answer = await setup.call('ModelInfer', message);
      assert.deepEqual([answer.code, answer.message], [code, text]);
    }
  });

  it('refuses a decoupled model outside a stream', async () => {
    server.handlers.set('tokens', echo);
    server.decoupled.add('tokens');
    const answer = await setup.call('ModelInfer', request('tokens'));
    assert.equal(answer.code, 12);
    assert.equal(
      answer.message,
      "ModelInfer RPC doesn't support models with decoupled transaction policy",
    );
  });

  it('passes on the status of each error code', async () => {
    const codes = {
      UNKNOWN: 2,
      INTERNAL: 13,
      NOT_FOUND: 5,
      INVALID_ARG: 3,
      UNAVAILABLE: 14,
      UNSUPPORTED: 12,
      ALREADY_EXISTS: 6,
      CANCELLED: 1,
    } as const;
    for (const [code, status] of Object.entries(codes)) {
      const error = new InferError(code as keyof typeof codes, `größer als \ud800 ${code}`);
      server.handlers.set('failing', (_request, sink) => sink.end(error));
      const answer = await setup.call('ModelInfer', request('failing'));
      assert.deepEqual([answer.code, answer.message], [status, `größer als \ufffd ${code}`]);
    }
  });

  it('answers a request that is no protobuf, and an unknown method', async () => {
    const broken = await setup.raw(`${SERVICE}ModelInfer`, Buffer.from([0x0a, 0xff]));
    assert.deepEqual([broken.error?.code, broken.error?.details], [13, 'Unable to parse request']);
    const control = await setup.raw(`${SERVICE}ModelReady`, Buffer.from([0x0a, 0xff]));
    assert.equal(control.error?.code, 13);
    const unknown = await setup.raw(`${SERVICE}Nope`, Buffer.alloc(0));
    assert.equal(unknown.error?.code, 12);
  });

  it('cancels the request when the client gives up', async () => {
    const cancelled = new Promise<void>((resolve) => {
      server.handlers.set('waiting', ({ signal }) => void signal.onCancel(resolve));
    });
    assert.ok(setup.client);
    const call = setup.client.makeUnaryRequest(
      `${SERVICE}ModelInfer`,
      passBytes,
      passBytes,
      encode('inference.ModelInferRequest', request('waiting')),
      () => {},
    );
    while (server.requests.at(-1)?.modelName !== 'waiting') await nextTurn();
    call.cancel();
    await cancelled;
  });

  it('cancels the request when its deadline passes, but not when it was answered', async () => {
    const cancelled = new Promise<void>((resolve) => {
      server.handlers.set('waiting', ({ signal }) => void signal.onCancel(resolve));
    });
    assert.ok(setup.client);
    const code = await new Promise((resolve) => {
      setup.client?.makeUnaryRequest(
        `${SERVICE}ModelInfer`,
        passBytes,
        passBytes,
        encode('inference.ModelInferRequest', request('waiting')),
        new Metadata(),
        { deadline: Date.now() + 100 },
        (error) => resolve(error?.code),
      );
    });
    assert.equal(code, 4);
    await cancelled;
    await setup.call('ModelInfer', request('identity'));
    await nextTurn();
    assert.equal(server.requests.at(-1)?.signal.cancelled, false);
  });

  it('lists, loads and unloads models', async () => {
    const index = await setup.call('RepositoryIndex');
    assert.deepEqual(index.body, {
      models: [{ name: 'identity', version: '1', state: 'READY' }, { name: 'other' }],
    });
    const ready = await setup.call('RepositoryIndex', { ready: true });
    assert.equal((ready.body['models'] as unknown[]).length, 1);
    await setup.call('RepositoryModelLoad', {
      modelName: 'm',
      parameters: {
        config: { stringParam: '{}' },
        'file:1/model.py': { bytesParam: Buffer.from('code') },
      },
    });
    const [name, options] = server.loads.at(-1) ?? [];
    assert.equal(name, 'm');
    assert.equal(options?.config, '{}');
    assert.equal(Buffer.from(options?.files?.get('1/model.py') ?? []).toString(), 'code');
    await setup.call('RepositoryModelUnload', {
      modelName: 'm',
      parameters: { unload_dependents: { boolParam: true } },
    });
    assert.deepEqual(server.unloads, [['m', { unloadDependents: true }]]);
  });

  it('refuses repository requests that it does not understand', async () => {
    const cases: readonly [string, object, number, string][] = [
      [
        'RepositoryModelLoad',
        { modelName: 'm', parameters: { frob: { stringParam: 'x' } } },
        3,
        "unrecognized load parameter 'frob'.",
      ],
      [
        'RepositoryModelLoad',
        { modelName: 'm', parameters: { config: { bytesParam: Buffer.from('x') } } },
        3,
        "invalid value type for load parameter 'config', expected string_param.",
      ],
      [
        'RepositoryModelLoad',
        { modelName: 'm', parameters: { 'file:a': { stringParam: 'x' } } },
        3,
        "invalid value type for load parameter 'file:a', expected bytes_param.",
      ],
      [
        'RepositoryModelUnload',
        { modelName: 'm', parameters: { unload_dependents: { stringParam: 'yes' } } },
        3,
        "invalid value type for 'unload_dependents' parameter, expected bool_param.",
      ],
      [
        'RepositoryIndex',
        { repositoryName: 'r' },
        12,
        "'repository_name' specification is not supported",
      ],
    ];
    for (const [method, message, code, text] of cases) {
      const answer = await setup.call(method, message);
      assert.deepEqual([answer.code, answer.message], [code, text]);
    }
  });

  it('reads and changes log settings', async () => {
    const before = await setup.call('LogSettings', { settings: { frob: { stringParam: 'x' } } });
    assert.deepEqual(before.body, {
      settings: {
        log_file: { stringParam: '' },
        log_info: { boolParam: true },
        log_warning: { boolParam: true },
        log_error: { boolParam: true },
        log_verbose_level: { uint32Param: 0 },
        log_format: { stringParam: 'default' },
      },
    });
    await setup.call('LogSettings', {
      settings: {
        log_info: { boolParam: false },
        log_verbose_level: { uint32Param: 2 },
        log_format: { stringParam: 'ISO8601' },
      },
    });
    assert.deepEqual(server.log, {
      ...LOG_SETTINGS,
      logInfo: false,
      logVerboseLevel: 2,
      logFormat: 'ISO8601',
    });
  });

  it('refuses log settings of the wrong type, and changes none of the request', async () => {
    const unchanged = server.log;
    const cases: readonly [string, object, number, string][] = [
      [
        'log_file',
        { stringParam: 'x' },
        12,
        'log file location can not be updated through network protocol',
      ],
      ['log_error', { uint32Param: 1 }, 3, "expect boolean for 'log_error'"],
      ['log_verbose_level', { stringParam: 'x' }, 3, "expect int32 for 'log_verbose_level'"],
      ['log_format', { boolParam: true }, 3, "expect string for 'log_format'"],
      ['log_format', { stringParam: 'x' }, 3, 'invalid argument for log_format, got: x'],
    ];
    for (const [name, value, code, text] of cases) {
      const settings = { log_info: { boolParam: true }, [name]: value };
      const answer = await setup.call('LogSettings', { settings });
      assert.deepEqual([answer.code, answer.message], [code, text]);
    }
    assert.equal(server.log, unchanged);
  });

  it('keeps shared-memory regions', async () => {
    assert.equal((await setup.call('SystemSharedMemoryStatus')).code, 0);
    assert.equal((await setup.call('CudaSharedMemoryStatus')).code, 0);
    const missing = await setup.call('SystemSharedMemoryStatus', { name: 'g' });
    assert.deepEqual(
      [missing.code, missing.message],
      [5, "Unable to find system shared memory region: 'g'"],
    );
    server.systemSharedMemory.objects.set('/k', new Uint8Array(8));
    const region = { name: 'g', key: '/k', offset: '2', byteSize: '4' };
    assert.equal((await setup.call('SystemSharedMemoryRegister', region)).code, 0);
    const { body } = await setup.call('SystemSharedMemoryStatus');
    assert.deepEqual(body, { regions: { g: region } });
    assert.equal((await setup.call('SystemSharedMemoryUnregister', { name: 'g' })).code, 0);
    assert.deepEqual((await setup.call('SystemSharedMemoryStatus')).body, {});
  });

  it('tells and changes trace settings, for all models and for one', async () => {
    const values = (answer: Answer) =>
      Object.fromEntries(
        Object.entries(answer.body['settings'] ?? {}).map(([name, { value }]) => [name, value]),
      );
    assert.deepEqual(values(await setup.call('TraceSetting')), {
      trace_level: ['OFF'],
      trace_rate: ['1000'],
      trace_count: ['-1'],
      log_frequency: ['0'],
      trace_file: [''],
      trace_mode: ['triton'],
    });
    const settings = {
      trace_level: { value: ['TIMESTAMPS', 'FROB'] },
      trace_rate: { value: ['7x'] },
      trace_count: { value: [] },
      frob: { value: ['1'] },
    };
    await setup.call('TraceSetting', { settings, modelName: 'identity' });
    assert.deepEqual(server.tracing.changes, [
      [undefined, {}],
      ['identity', { levels: ['TIMESTAMPS'], rate: 7, count: 'default' }],
    ]);
  });

  it('refuses trace settings as Triton does', async () => {
    const cases = [
      ['trace_file', ['x'], 12, 'trace file location can not be updated through network protocol'],
      ['trace_level', ['OFF', 'TENSORS'], 3, "Expect only one trace level 'OFF' is specified"],
      ['trace_rate', ['x'], 3, "Unable to parse 'trace_rate', got: x"],
      ['trace_rate', ['1', '2'], 3, "expect only 1 value for 'trace_rate'"],
      ['trace_count', ['-2'], 3, "Unable to parse 'trace_count'. Expecting value >= -1, got:-2"],
      [
        'log_frequency',
        ['2147483648'],
        3,
        "Unable to parse 'log_frequency', value is out of range [ 0, 4294967295 ], got: 2147483648",
      ],
    ] as const;
    for (const [name, value, code, message] of cases) {
      const answer = await setup.call('TraceSetting', { settings: { [name]: { value } } });
      assert.deepEqual([answer.code, answer.message], [code, message]);
    }
  });

  it('records when a traced request came and when its answer left', async () => {
    server.tracing.active = true;
    try {
      await setup.call('ModelInfer', request('identity'), { traceparent: 'from-the-client' });
      const stream = setup.stream();
      stream.send(request('identity'));
      stream.send({ modelName: 'nope' });
      await stream.count(2);
      stream.call.end();
      await stream.status;
    } finally {
      server.tracing.active = false;
    }
    const expected = [
      'GRPC_WAITREAD_START',
      'GRPC_WAITREAD_END',
      'INFER_RESPONSE_COMPLETE',
      'GRPC_SEND_START',
      'GRPC_SEND_END',
      'close',
    ];
    const traces = server.tracing.traces.splice(0);
    assert.deepEqual(
      traces.map(({ events }) => events),
      [expected, expected],
    );
    assert.ok((traces[0]?.timesNs.get('GRPC_WAITREAD_START') ?? 0) > 0);
    const [first] = server.tracing.sampled;
    assert.equal(first?.[1].header('traceparent'), 'from-the-client');
    assert.equal(server.requests.at(-1)?.trace, traces[1]);
  });

  it('describes its services to tools', async () => {
    const types = ['Request', 'Response'].map(
      (kind) => `grpc.reflection.v1.ServerReflection${kind}`,
    );
    for (const version of ['v1', 'v1alpha']) {
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      const reflection = setup.stream(path, {}, types);
      reflection.send({ listServices: '' });
      reflection.send({ fileContainingSymbol: 'inference.GRPCInferenceService' });
      reflection.send({ fileByFilename: 'nope.proto' });
      reflection.send({ allExtensionNumbersOfType: 'inference.ModelInferRequest' });
      reflection.call.end();
      assert.equal((await reflection.status).code, 0);
      const [services, file, missing, extensions] = reflection.received;
      assert.deepEqual(services?.['listServicesResponse'], {
        service: [
          { name: 'grpc.health.v1.Health' },
          { name: 'grpc.reflection.v1.ServerReflection' },
          { name: 'grpc.reflection.v1alpha.ServerReflection' },
          { name: 'inference.GRPCInferenceService' },
        ],
      });
      const files = file?.['fileDescriptorResponse'] as { fileDescriptorProto: string[] };
      assert.equal(files.fileDescriptorProto.length, 2);
      assert.deepEqual(missing?.['errorResponse'], {
        errorCode: 5,
        errorMessage: "file 'nope.proto' not found",
      });
      assert.deepEqual(extensions?.['allExtensionNumbersResponse'], {
        baseTypeName: 'inference.ModelInferRequest',
      });
    }
  });
});

describe('the health service', () => {
  const clock = new FakeClock();
  const setup = new Setup();
  before(() => setup.start({}, clock));
  after(() => setup.stop());

  it('answers checks', async () => {
    for (const ready of [true, false]) {
      setup.server.ready = ready;
      const { bytes } = await setup.raw('/grpc.health.v1.Health/Check', Buffer.alloc(0));
      const answer = decode('grpc.health.v1.HealthCheckResponse', bytes ?? Buffer.alloc(0));
      assert.deepEqual(answer, { status: ready ? 'SERVING' : 'NOT_SERVING' });
    }
  });

  it('tells a watch the status, and each change of it', async () => {
    setup.server.ready = true;
    const types = ['grpc.health.v1.HealthCheckRequest', 'grpc.health.v1.HealthCheckResponse'];
    const scheduledBefore = clock.scheduledCount;
    const watch = setup.stream('/grpc.health.v1.Health/Watch', {}, types);
    watch.send({});
    watch.call.end();
    await watch.count(1);
    clock.advanceUs(1_000_000);
    setup.server.ready = false;
    clock.advanceUs(1_000_000);
    assert.deepEqual(await watch.count(2), [{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
    watch.call.cancel();
    assert.equal((await watch.status).code, 1);
    while (clock.scheduledCount > scheduledBefore) await nextTurn();
  });
});

describe('a stream', () => {
  const setup = new Setup();
  const { server } = setup;
  before(() => setup.start());
  after(() => setup.stop());

  it('answers in the order of the requests and marks each response as final', async () => {
    const waiting: (() => void)[] = [];
    server.handlers.set('later', (request, sink) => waiting.push(() => echo(request, sink)));
    const stream = setup.stream();
    for (const id of ['1', '2', '3']) stream.send(request('later', { id }));
    stream.send(request('identity', { id: '4' }));
    stream.call.end();
    while (server.requests.length < 4) await nextTurn();
    for (const answer of waiting.reverse()) answer();
    assert.equal((await stream.status).code, 0);
    const responses = stream.received.map((each) => each['inferResponse'] as { id: string });
    assert.deepEqual(
      responses.map(({ id }) => id),
      ['1', '2', '3', '4'],
    );
    assert.deepEqual(responses[0], {
      modelName: 'later',
      modelVersion: '1',
      id: '1',
      parameters: { triton_final_response: { boolParam: true } },
      ...ECHOED,
    });
  });

  it('reports errors with the id of their request and stays open', async () => {
    const stream = setup.stream();
    stream.send(request('nope', { id: '9' }));
    stream.send(request('identity', { id: 'x', rawInputContents: [] }));
    stream.send(request('identity', { id: 'after' }));
    stream.call.end();
    assert.equal((await stream.status).code, 0);
    const [unknown, invalid, good] = stream.received;
    assert.deepEqual(unknown, {
      errorMessage: "Request for unknown model: 'nope' is not found",
      inferResponse: { id: '9' },
    });
    assert.deepEqual(invalid, {
      errorMessage:
        "unable to find data for input tensor 'INPUT0' for model 'identity' in request.",
      inferResponse: { id: 'x' },
    });
    assert.match(JSON.stringify(good), /"id":"after"/);
  });

  it('names the model of a request that failed after it was accepted', async () => {
    server.handlers.set('failing', (_request, sink) => {
      setImmediate(() => sink.end(new InferError('INTERNAL', 'broken')));
    });
    const stream = setup.stream();
    stream.send(request('failing', { id: 'f', modelVersion: '1' }));
    stream.call.end();
    await stream.status;
    assert.deepEqual(stream.received, [
      {
        errorMessage: 'broken',
        inferResponse: {
          modelName: 'failing',
          modelVersion: '1',
          id: 'f',
          parameters: { triton_final_response: { boolParam: true } },
        },
      },
    ]);
  });

  /** Sends `count` responses and tells only afterwards that there are no more. */
  function tokens(count: number): Handler {
    return ({ modelName, id }, sink) => {
      for (let index = 0; index < count; index += 1) {
        const outputs = [bytesTensor('text', [1], [`${index}`])];
        const parameters = NO_PARAMETERS;
        sink.response({ modelName, modelVersion: 1, id, parameters, outputs, final: false });
      }
      sink.end();
    };
  }

  const FINAL = { triton_final_response: { boolParam: true } };
  const NOT_FINAL = { triton_final_response: { boolParam: false } };
  const WANT_FINAL = { parameters: { triton_enable_empty_final_response: { boolParam: true } } };

  it('sends an empty last response of a decoupled model only when asked to', async () => {
    server.handlers.set('tokens', tokens(2));
    server.handlers.set('silent', tokens(0));
    server.decoupled.add('tokens').add('silent');
    const stream = setup.stream();
    stream.send(request('silent'));
    stream.send(request('tokens', { id: 'a' }));
    stream.send(request('tokens', { id: 'b', ...WANT_FINAL }));
    stream.send(request('silent', WANT_FINAL));
    stream.call.end();
    assert.equal((await stream.status).code, 0);
    const seen = stream.received.map((each) => {
      const { id = '', parameters, outputs } = each['inferResponse'] as Record<string, unknown>;
      return [id, parameters, (outputs as unknown[] | undefined)?.length ?? 0];
    });
    assert.deepEqual(seen, [
      ['a', NOT_FINAL, 1],
      ['a', NOT_FINAL, 1],
      ['b', NOT_FINAL, 1],
      ['b', NOT_FINAL, 1],
      ['b', FINAL, 0],
      ['', FINAL, 0],
    ]);
    assert.deepEqual(stream.received.at(-1), {
      inferResponse: { modelName: 'silent', parameters: FINAL },
    });
  });

  it('lets a decoupled model overtake an ordered one', async () => {
    let finish = () => {};
    server.handlers.set('later', (request, sink) => {
      finish = () => echo(request, sink);
    });
    const stream = setup.stream();
    stream.send(request('later', { id: 'slow' }));
    stream.send(request('tokens', { id: 'fast' }));
    await stream.count(2);
    finish();
    stream.call.end();
    await stream.status;
    assert.deepEqual(
      stream.received.map((each) => (each['inferResponse'] as { id: string }).id),
      ['fast', 'fast', 'slow'],
    );
  });

  it('ends with the status of the first error when the client wants that', async () => {
    const cancelled = new Promise<void>((resolve) => {
      server.handlers.set('waiting', ({ signal }) => void signal.onCancel(resolve));
    });
    const stream = setup.stream(undefined, { triton_grpc_error: 'true' });
    stream.send(request('waiting'));
    stream.send(request('nope'));
    assert.deepEqual(await stream.status, {
      code: 5,
      details: "Request for unknown model: 'nope' is not found",
    });
    await cancelled;
  });

  it('cancels all its requests when the client goes away', async () => {
    let cancelledCount = 0;
    const cancelled = new Promise<void>((resolve) => {
      server.handlers.set('waiting', ({ signal }) => {
        signal.onCancel(() => {
          cancelledCount += 1;
          if (cancelledCount === 2) resolve();
        });
      });
    });
    const already = server.requests.length;
    const stream = setup.stream();
    stream.send(request('waiting'));
    stream.send(request('waiting'));
    while (server.requests.length < already + 2) await nextTurn();
    stream.call.cancel();
    await cancelled;
  });

  it('makes a model wait while the client does not read', async () => {
    const big = Buffer.alloc(1 << 20);
    const outputs = [{ name: 'o', datatype: 'UINT8', shape: [big.length], data: big }] as const;
    let sent = 0;
    const flood = async ({ modelName, id }: InferenceRequest, sink: ResponseSink) => {
      for (; sent < 64; sent += 1) {
        const parameters = NO_PARAMETERS;
        await sink.response({ modelName, modelVersion: 1, id, parameters, outputs, final: false });
      }
      sink.end();
    };
    let finished = Promise.resolve();
    server.handlers.set('flood', (request, sink) => {
      finished = flood(request, sink);
    });
    server.decoupled.add('flood');
    const stream = setup.stream();
    stream.call.pause();
    stream.send(request('flood'));
    stream.call.end();
    while (sent === 0) await nextTurn();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(sent < 64, `${sent} responses were taken from the model`);
    stream.call.resume();
    await finished;
    await stream.status;
    assert.equal(stream.received.length, 64);
  });
});

describe('the settings', () => {
  it('restrict protocols to calls with a header', async () => {
    const setup = await new Setup().start({
      'restricted-protocol': 'inference,health:Admin-Key=secret\nlogging:other=value',
    });
    try {
      const refusal =
        "This protocol is restricted, expecting header 'triton-grpc-protocol-Admin-Key'";
      const refused = await setup.call('ModelInfer', request('identity'));
      assert.deepEqual([refused.code, refused.message], [14, refusal]);
      const wrong = await setup.call('ServerLive', {}, { 'triton-grpc-protocol-admin-key': 'x' });
      assert.equal(wrong.code, 14);
      const right = { 'triton-grpc-protocol-admin-key': 'secret' };
      assert.equal((await setup.call('ServerLive', {}, right)).code, 0);
      const stream = setup.stream();
      assert.deepEqual(await stream.status, { code: 14, details: refusal });
      assert.equal((await setup.call('ServerMetadata')).code, 0);
    } finally {
      await setup.stop();
    }
  });

  it('forward matching headers as string parameters', async () => {
    const setup = await new Setup().start({ 'header-forward-pattern': '(?i)^X-Fwd' });
    try {
      const headers = { 'x-fwd-user': 'me', 'x-other': 'no' };
      await setup.call('ModelInfer', request('identity'), headers);
      assert.deepEqual([...(setup.server.requests[0]?.parameters ?? [])], [['x-fwd-user', 'me']]);
    } finally {
      await setup.stop();
    }
  });

  it('encrypt connections and ask clients for a certificate', async () => {
    const { readFile } = await import('node:fs/promises');
    const file = (name: string) => readFile(`${FIXTURES}${name}.pem`);
    const setup = await new Setup().start({
      'use-ssl-mutual': 'true',
      'server-cert': `${FIXTURES}server.pem`,
      'server-key': `${FIXTURES}server-key.pem`,
      'root-cert': `${FIXTURES}root.pem`,
    });
    try {
      setup.client?.close();
      const rootCertificate = await file('root');
      setup.client = new Client(
        `localhost:${setup.port}`,
        credentials.createSsl(rootCertificate, await file('client-key'), await file('client')),
      );
      assert.deepEqual((await setup.call('ServerLive')).body, { live: true });
      setup.client.close();
      setup.client = new Client(`localhost:${setup.port}`, credentials.createSsl(rootCertificate));
      assert.equal((await setup.call('ServerLive')).code, 14);
    } finally {
      await setup.stop();
    }
  });

  const GRPC_JS = { transport: 'grpc-js' };
  const refused: readonly [Record<string, string>, string, RegExp][] = [
    [{ frob: '1' }, 'INVALID_ARG', /no setting 'frob'/],
    [{ port: '65536' }, 'INVALID_ARG', /'port' has to be a whole number from 0 to 65535/],
    [{ 'use-ssl': 'yes' }, 'INVALID_ARG', /'use-ssl' has to be true or false/],
    [{ 'use-ssl': 'true' }, 'INVALID_ARG', /needs the settings 'server-cert' and 'server-key'/],
    [{ 'use-ssl': 'true', 'server-cert': '/nope' }, 'INVALID_ARG', /cannot read .* ENOENT/],
    [{ transport: 'quic' }, 'INVALID_ARG', /one of native, grpc-js, got 'quic'/],
    [{ ...GRPC_JS, 'reuse-port': 'true' }, 'UNSUPPORTED', /'reuse-port' cannot be 'true'/],
    [{ ...GRPC_JS, 'infer-response-compression-level': 'low' }, 'UNSUPPORTED', /uncompressed/],
    [{ ...GRPC_JS, 'http2-max-ping-strikes': '3' }, 'UNSUPPORTED', /leave it at '2'/],
    [{ ...GRPC_JS, 'max-messages-size': '1' }, 'UNSUPPORTED', /choose the transport 'native'/],
    [{ 'infer-response-compression-level': 'best' }, 'INVALID_ARG', /one of none, low/],
    [{ 'http2-max-ping-strikes': '-1' }, 'INVALID_ARG', /whole number/],
    [{ 'max-response-pool-size': '0' }, 'INVALID_ARG', /above 0/],
    [{ 'header-forward-pattern': '(' }, 'INVALID_ARG', /no regular expression/],
    [{ 'restricted-protocol': 'health' }, 'INVALID_ARG', /<protocols>:<key>=<value>/],
    [{ 'restricted-protocol': 'frob:a=b' }, 'INVALID_ARG', /unknown protocol 'frob'/],
    [{ 'restricted-protocol': 'health:a=b\nhealth:c=d' }, 'INVALID_ARG', /more than one/],
  ];
  for (const [settings, code, text] of refused) {
    it(`are refused: ${JSON.stringify(settings)}`, () => {
      const context = fakePluginContext({ settings: new Map(Object.entries(settings)) });
      assert.throws(
        () => plugin.createFrontend(new FakeServer(), context),
        (error) => isInferError(error) && error.code === code && text.test(error.message),
      );
    });
  }

  it('name the address when it is taken', async () => {
    const first = await new Setup().start();
    const port = String(first.port);
    await assert.rejects(new Setup().start({ port }), {
      code: 'UNAVAILABLE',
      message: new RegExp(`cannot listen on 127.0.0.1:${port}`),
    });
    await first.stop();
  });
});

describe('stopping', () => {
  it('finishes what was accepted and refuses what is new', async () => {
    const setup = await new Setup().start();
    let finish = () => {};
    setup.server.handlers.set('later', (request, sink) => {
      finish = () => echo(request, sink);
    });
    const stream = setup.stream();
    const accepted = setup.call('ModelInfer', request('later'));
    while (setup.server.requests.length < 1) await nextTurn();
    const stopped = setup.frontend?.stop(5_000);
    const refused = await setup.call('ModelInfer', request('identity'));
    const refusal = 'GRPC server is shutting down and has stopped accepting new requests.';
    assert.deepEqual([refused.code, refused.message], [14, refusal]);
    assert.equal((await stream.status).code, 14);
    finish();
    assert.equal((await accepted).code, 0);
    await stopped;
    setup.client?.close();
  });

  it('ends calls that outlast the grace', async () => {
    const setup = await new Setup().start();
    const cancelled = new Promise<void>((resolve) => {
      setup.server.handlers.set('waiting', ({ signal }) => void signal.onCancel(resolve));
    });
    const hanging = setup.call('ModelInfer', request('waiting'));
    while (setup.server.requests.length < 1) await nextTurn();
    await setup.frontend?.stop(50);
    assert.notEqual((await hanging).code, 0);
    await cancelled;
    setup.client?.close();
  });
});
