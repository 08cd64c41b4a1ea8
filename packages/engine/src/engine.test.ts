import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  CancelSource,
  type Clock,
  InferError,
  isInferError,
  type ModelResponse,
  type PendingRequest,
  PLUGIN_KINDS,
  PluginCatalog,
  type PluginContext,
  type PluginKind,
  type PluginOfKind,
  type ResponseCache,
  type Scheduler,
  type SchedulerContext,
  type SchedulerPlugin,
  systemClock,
} from '@nereid/core';
import { FileSystemStore } from '@nereid/model-repository';
import {
  DEFAULT_METRICS_CONFIG,
  InferenceMetrics,
  PromMetricRegistry,
  ServerLogger,
} from '@nereid/observability';
import {
  CollectingSink,
  FakeBackend,
  type FakeBackendOptions,
  FakeClock,
  type FakeRequestOptions,
  FakeTracing,
  fakeInferenceRequest,
  fp32Tensor,
} from '@nereid/testing';
import { Engine } from './engine.js';

/** Hands each request on at once. */
class DirectScheduler implements Scheduler {
  readonly pendingCount = 0;
  readonly inflightCount = 0;
  readonly #context: SchedulerContext;

  constructor(context: SchedulerContext) {
    this.#context = context;
  }

  enqueue(pending: PendingRequest): void {
    if (pending.request.id === 'throw') throw new Error('the scheduler is broken');
    void this.#context.runBatch([pending]);
  }

  async stop(): Promise<void> {}
}

const DIRECT: SchedulerPlugin = {
  createScheduler: (context) => {
    if (context.config.parameters['refuse']) throw new InferError('UNSUPPORTED', 'refused');
    return new DirectScheduler(context);
  },
};

/** Hands each request on at once, whatever instances there are. */
const FLEXIBLE: SchedulerPlugin = {
  createScheduler: (context) =>
    Object.assign(new DirectScheduler(context), { changeInstances: async () => {} }),
};

/** Runs no instances: sends each request to the model that the parameter `to` names. */
const RELAY: SchedulerPlugin = {
  instanceless: true,
  dependencies: (config) => [{ name: config.parameters['to']?.stringValue ?? '', version: -1 }],
  createScheduler: ({ config, infer }) => ({
    inflightCount: 0,
    pendingCount: 0,
    enqueue: (pending) => {
      const modelName = config.parameters['to']?.stringValue ?? '';
      infer(
        { ...pending.request, modelName },
        {
          response: ({ outputs }) => pending.respond({ outputs }),
          end: (error) => pending.finish(error),
        },
      );
    },
    stop: async () => {},
  }),
};

const TARGET = { name: 'm', version: -1 };

/** Runs no instances: holds the model `m` for each request, and starts requests itself. */
const HOLDER: SchedulerPlugin = {
  instanceless: true,
  dependencies: () => [TARGET],
  completeConfig: (config, { modelConfig }) => ({
    ...config,
    metricTags: { target: String(modelConfig(TARGET).maxBatchSize) },
  }),
  createScheduler: ({ clock, hold }) => ({
    inflightCount: 0,
    pendingCount: 0,
    enqueue: (pending) => {
      const model = hold(TARGET);
      const durations = { inputNs: 0, inferNs: 0, outputNs: 0 };
      const times = { startNs: clock.nowNs(), inputEndNs: 0, outputStartNs: 0, durations };
      pending.started(times);
      // The model is asked so late that it may have been unloaded meanwhile.
      setImmediate(() =>
        model.infer(pending.request, {
          response: ({ outputs }) => pending.respond({ outputs }),
          executed: (told) => Object.assign(durations, told),
          end: (error) => {
            model.release();
            pending.finish(error);
          },
        }),
      );
    },
    stop: async () => {},
  }),
};

type Plugins = { readonly [K in PluginKind]?: Readonly<Record<string, PluginOfKind[K]>> };

/** Plugins that come from the test, in place of packages. */
class ScriptedCatalog extends PluginCatalog {
  readonly #plugins: Plugins;

  constructor(plugins: Plugins) {
    const origin = {
      packageName: 'test',
      packageVersion: '1',
      packageDirectory: '/',
      modulePath: '',
    };
    super(
      PLUGIN_KINDS.flatMap((kind) =>
        Object.keys(plugins[kind] ?? {}).map((name) => ({ kind, name, ...origin })),
      ),
    );
    this.#plugins = plugins;
  }

  override async activate<K extends PluginKind>(kind: K, name: string): Promise<PluginOfKind[K]> {
    const plugin = this.#plugins[kind]?.[name];
    if (!plugin) throw new Error(`no plugin ${name}`);
    return plugin;
  }
}

const ADD_ONE = `
  backend: "scripted" max_batch_size: 8
  input [ { name: "IN" data_type: TYPE_FP32 dims: [ 2 ] } ]
  output [ { name: "OUT" data_type: TYPE_FP32 dims: [ 2 ] label_filename: "labels.txt" } ]
  instance_group [ { kind: KIND_CPU count: 2 } ]
`;

const folders: string[] = [];

after(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** Writes models, given by the text of their configuration, and files by their path. */
async function writeRepository(
  models: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-engine-'));
  folders.push(folder);
  for (const [name, config] of Object.entries(models)) {
    await mkdir(join(folder, name, '1'), { recursive: true });
    await writeFile(join(folder, name, 'config.pbtxt'), config);
    await writeFile(join(folder, name, 'labels.txt'), 'even\nodd\n');
  }
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

interface SetUpOptions {
  readonly models: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly backend?: FakeBackendOptions;
  readonly clock?: Clock;
  readonly strictReadiness?: boolean;
  readonly coreCount?: number;
  readonly schedulers?: Plugins['schedulers'];
  /** A setting of the backend. */
  readonly instanceCount?: string;
  readonly responseCache?: ResponseCache;
}

async function setUp(options: SetUpOptions) {
  const backend = new FakeBackend({ execute: answer, ...options.backend });
  const contexts: PluginContext[] = [];
  const createBackend = (context: PluginContext) => {
    contexts.push(context);
    return backend;
  };
  const folder = await writeRepository(options.models, options.files);
  const clock = options.clock ?? systemClock;
  const logger = new ServerLogger({
    settings: {
      logFile: '',
      logInfo: false,
      logWarning: false,
      logError: false,
      logVerboseLevel: 0,
      logFormat: 'default',
    },
    clock,
  });
  const registry = new PromMetricRegistry();
  const instanceCount = options.instanceCount && {
    'default-instance-count': options.instanceCount,
  };
  const engine = new Engine({
    metadata: { name: 'test', version: '0', extensions: [] },
    repository: {
      stores: [new FileSystemStore(folder)],
      controlMode: 'explicit',
      startupModels: ['*'],
      autoComplete: true,
      configName: undefined,
      loadThreadCount: 4,
      loadRetryCount: 0,
      pollSeconds: 15,
      temporaryDirectory: tmpdir(),
      clock: systemClock,
      logger,
    },
    catalog: new ScriptedCatalog({
      backends: { scripted: { createBackend } },
      schedulers: {
        default: DIRECT,
        ensemble_scheduling: RELAY,
        sequence_batching: HOLDER,
        ...options.schedulers,
      },
    }),
    backendSettings: new Map([
      ['', new Map(Object.entries({ shared: 'all', both: 'all' }))],
      ['scripted', new Map(Object.entries({ both: 'own', ...instanceCount }))],
    ]),
    strictReadiness: options.strictReadiness ?? true,
    coreCount: options.coreCount ?? 4,
    clock,
    logger,
    registry,
    tracing: new FakeTracing(),
    metrics: new InferenceMetrics(registry, DEFAULT_METRICS_CONFIG),
    responseCache: options.responseCache,
  });
  return { engine, backend, contexts };
}

/** Answers a request with its first input, named as the output. */
async function answer(batch: readonly PendingRequest[]): Promise<void> {
  for (const pending of batch) {
    const [input] = pending.request.inputs;
    void pending.respond({ outputs: input ? [{ ...input, name: 'OUT' }] : [] });
    pending.finish();
  }
}

function request(options: FakeRequestOptions = {}) {
  return fakeInferenceRequest({ inputs: [fp32Tensor('IN', [1, 2], [3, 4])], ...options });
}

function send(engine: Engine, options: FakeRequestOptions = {}): CollectingSink {
  const sink = new CollectingSink();
  engine.infer(request({ modelName: 'm', ...options }), sink);
  return sink;
}

function throws(action: () => unknown, code: string, message: string): void {
  assert.throws(action, (error) => {
    assert.ok(isInferError(error));
    assert.deepEqual([error.code, error.message], [code, message]);
    return true;
  });
}

describe('the engine', () => {
  it('answers requests, with labels for classes', async () => {
    const { engine } = await setUp({ models: { m: ADD_ONE } });
    await engine.start();
    const requestedOutputs = [{ name: 'OUT', classificationCount: 1 }];
    const sink = send(engine, { id: 'x', requestedOutputs });
    assert.equal(await sink.ended, undefined);
    const [response] = sink.responses;
    assert.deepEqual([response?.modelName, response?.modelVersion, response?.id], ['m', 1, 'x']);
    const text = Buffer.from(response?.outputs[0]?.data.subarray(4) ?? []).toString();
    assert.equal(text, '4.000000:1:odd');
    await engine.stop(1000);
  });

  it('refuses what does not fit the model, or names no model', async () => {
    const { engine } = await setUp({ models: { m: ADD_ONE } });
    await engine.start();
    assert.match((await send(engine, { inputs: [] }).ended)?.message ?? '', /expected 1 inputs/);
    const unknown = await send(engine, { modelName: 'nope' }).ended;
    assert.equal(unknown?.code, 'NOT_FOUND');
    assert.equal(unknown?.message, "Request for unknown model: 'nope' is not found");
    await engine.stop(1000);
  });

  it('fails the request when a scheduler throws', async () => {
    const { engine } = await setUp({ models: { m: ADD_ONE } });
    await engine.start();
    const error = await send(engine, { id: 'throw' }).ended;
    assert.deepEqual([error?.code, error?.message], ['INTERNAL', 'the scheduler is broken']);
    assert.equal(await engine.stop(1000), true);
  });

  it('describes models, versions and configurations', async () => {
    const { engine } = await setUp({ models: { m: ADD_ONE } });
    await engine.start();
    assert.deepEqual(engine.modelMetadata('m', undefined), {
      name: 'm',
      platform: 'scripted',
      versions: [1],
      inputs: [{ name: 'IN', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'OUT', datatype: 'FP32', shape: [-1, 2] }],
    });
    assert.equal(engine.modelConfig('m', 1).maxBatchSize, 8);
    assert.equal(JSON.parse(engine.modelConfigJson('m', 1)).name, 'm');
    throws(
      () => engine.modelMetadata('m', 9),
      'NOT_FOUND',
      "Request for unknown model: 'm' version 9 is not found",
    );
    await engine.stop(1000);
  });

  it('gives passive instances no requests', async () => {
    const group = 'instance_group [ { kind: KIND_CPU count: 1 passive: true }, { count: 1 } ]';
    const model = ADD_ONE.replace(/instance_group.*/, group);
    const { engine, backend } = await setUp({ models: { m: model } });
    await engine.start();
    for (let count = 0; count < 3; count += 1) assert.equal(await send(engine).ended, undefined);
    assert.deepEqual(
      backend.instances.map(({ batches }) => batches.length),
      [0, 3],
    );
    await engine.stop(1000);
  });

  it('runs all versions of a model side by side', async () => {
    const ends: (() => void)[] = [];
    const { engine } = await setUp({
      models: { m: `${ADD_ONE.replace('count: 2', 'count: 1')} version_policy { all {} }` },
      files: { 'm/2/file': '' },
      backend: {
        execute: async (batch) => {
          await new Promise<void>((resolve) => ends.push(resolve));
          await answer(batch);
        },
      },
    });
    await engine.start();
    const sinks = [1, 2].map((modelVersion) => {
      const sink = new CollectingSink();
      engine.infer({ ...request({ modelName: 'm' }), modelVersion }, sink);
      return sink;
    });
    assert.equal(ends.length, 2);
    for (const end of ends) end();
    for (const sink of sinks) assert.equal(await sink.ended, undefined);
    // The instance takes its next request when it has ended this one.
    await new Promise((resolve) => setImmediate(resolve));
    const latest = send(engine);
    ends[2]?.();
    await latest.ended;
    assert.equal(latest.responses[0]?.modelVersion, 2);
    await engine.stop(1000);
  });

  it('changes instances without loading the model again', async () => {
    const { engine, backend } = await setUp({
      models: { m: ADD_ONE.replace('"scripted"', '"scripted" sequence_batching {}') },
      schedulers: { sequence_batching: FLEXIBLE },
    });
    await engine.start();
    const config = JSON.parse(engine.modelConfigJson('m', 1));
    const loadWith = async (group: object) => {
      await engine.loadModel('m', {
        config: JSON.stringify({ ...config, instance_group: [group] }),
      });
      await new Promise((resolve) => setImmediate(resolve));
    };
    const group = { kind: 'KIND_CPU', name: 'm_0' };
    await loadWith({ ...group, count: 3 });
    assert.equal(engine.modelConfig('m', 1).instanceGroup[0]?.count, 3);
    assert.equal(JSON.parse(engine.modelConfigJson('m', 1)).instance_group[0].count, 3);
    assert.deepEqual(backend.calls, ['load m/1', 'create m_0_0', 'create m_0_1', 'create m_0_2']);
    await loadWith({ ...group, count: 1 });
    assert.deepEqual(backend.calls.slice(4), ['destroy m_0_1', 'destroy m_0_2']);
    assert.equal(await send(engine).ended, undefined);
    await engine.stop(1000);
    assert.deepEqual(backend.calls.slice(6), ['destroy m_0_0', 'unload m/1', 'close']);
  });

  it('makes as many instances as the backend prefers, but none without a core', async () => {
    const model = ADD_ONE.replace(' count: 2', '');
    const countOf = async (options: Omit<SetUpOptions, 'models'>) => {
      const backend = { defaultInstanceCount: 3 };
      const { engine } = await setUp({ models: { m: model }, backend, ...options });
      await engine.start();
      const [group] = engine.modelConfig('m', undefined).instanceGroup;
      await engine.stop(1000);
      return group?.count;
    };
    assert.equal(await countOf({}), 3);
    assert.equal(await countOf({ coreCount: 2 }), 2);
    assert.equal(await countOf({ instanceCount: '5', coreCount: 1 }), 5);
  });

  it('refuses a default number of instances that is none', async () => {
    const model = ADD_ONE.replace(' count: 2', '');
    const { engine } = await setUp({ models: { m: model }, instanceCount: 'many' });
    await engine.start();
    const [entry] = await engine.repositoryIndex(false);
    assert.match(entry?.reason ?? '', /default-instance-count must be a number .*, got 'many'/);
    await engine.stop(1000);
  });

  it('counts requests, executions and failures', async () => {
    const { engine } = await setUp({
      models: { m: ADD_ONE },
      backend: {
        execute: async (batch) => {
          if (batch[0]?.request.id === 'bad') throw new InferError('UNAVAILABLE', 'no');
          await answer(batch);
        },
      },
    });
    await engine.start();
    await send(engine, { inputs: [fp32Tensor('IN', [3, 2], [1, 2, 3, 4, 5, 6])] }).ended;
    await send(engine, { id: 'bad' }).ended;
    await send(engine, { inputs: [] }).ended;
    await new Promise((resolve) => setImmediate(resolve));
    const [statistics] = engine.modelStatistics('m', undefined);
    assert.equal(statistics?.inferenceStats.success.count, 1);
    assert.equal(statistics?.inferenceStats.fail.count, 1);
    assert.equal(statistics?.inferenceCount, 3);
    assert.equal(statistics?.executionCount, 2);
    assert.equal(engine.modelStatistics(undefined, undefined).length, 1);
    assert.match(
      await engine.metricsText(),
      /nv_inference_request_success\{model="m",version="1"\} 1/,
    );
    throws(
      () => engine.modelStatistics('nope', undefined),
      'INVALID_ARG',
      "requested model 'nope' is not available",
    );
    throws(
      () => engine.modelStatistics('m', 9),
      'INVALID_ARG',
      "requested model version is not available for model 'm'",
    );
    await engine.stop(1000);
  });

  it('gives each backend the settings for all, overlaid with its own', async () => {
    const { engine, contexts } = await setUp({ models: { m: ADD_ONE, n: ADD_ONE } });
    await engine.start();
    assert.equal(contexts.length, 1);
    assert.deepEqual(Object.fromEntries(contexts[0]?.settings ?? []), {
      shared: 'all',
      both: 'own',
    });
    await engine.stop(1000);
  });

  it('refuses a request for a model that waits for its answer', async () => {
    const { engine, contexts } = await setUp({ models: { m: ADD_ONE, n: ADD_ONE } });
    await engine.start();
    const call = (modelName: string) => {
      const sink = new CollectingSink();
      contexts[0]?.infer({ ...request({ modelName }), callers: ['n', 'x'] }, sink);
      return sink.ended;
    };
    assert.equal(await call('m'), undefined);
    assert.equal(
      (await call('n'))?.message,
      "model 'n' is called by a model that it waits for: n -> x -> n",
    );
    await engine.stop(1000);
  });

  it('lets a scheduler without instances reach other models', async () => {
    const relay = `
      platform: "ensemble" max_batch_size: 8
      input [ { name: "IN" data_type: TYPE_FP32 dims: [ 2 ] } ]
      output [ { name: "OUT" data_type: TYPE_FP32 dims: [ 2 ] } ]
      parameters { key: "to" value { string_value: "m" } }
      ensemble_scheduling { step [ { model_name: "m" model_version: -1
        input_map { key: "IN" value: "IN" } output_map { key: "OUT" value: "OUT" } } ] }
    `;
    const { engine } = await setUp({ models: { relay, m: ADD_ONE } });
    await engine.start();
    assert.equal(engine.isModelReady('relay', undefined), true);
    const sink = send(engine, { modelName: 'relay' });
    assert.equal(await sink.ended, undefined);
    assert.equal(sink.responses[0]?.modelName, 'relay');
    assert.equal(await engine.stop(1000), true);
  });
});

describe('a scheduler that uses other models', () => {
  const models = {
    m: ADD_ONE,
    holder: ADD_ONE.replace('max_batch_size: 8', 'max_batch_size: 4 sequence_batching { }'),
  };

  it('completes its configuration from theirs', async () => {
    const { engine } = await setUp({ models });
    await engine.start();
    assert.deepEqual(engine.modelConfig('holder', undefined).metricTags, { target: '8' });
    await engine.stop(1000);
  });

  it('counts a request that it starts as an execution, with the times of theirs', async () => {
    const { engine } = await setUp({ models });
    await engine.start();
    assert.equal(await send(engine, { modelName: 'holder' }).ended, undefined);
    const failed = { modelName: 'holder', id: 'throw' };
    assert.equal((await send(engine, failed).ended)?.message, 'the scheduler is broken');
    const [holder] = engine.modelStatistics('holder', undefined);
    const [target] = engine.modelStatistics('m', undefined);
    assert.equal(holder?.executionCount, 1);
    assert.equal(holder.inferenceCount, 1);
    assert.equal(holder.inferenceStats.success.count, 1);
    assert.equal(holder.inferenceStats.fail.count, 1);
    assert.deepEqual(holder.inferenceStats.computeInput, target?.inferenceStats.computeInput);
    const { count, ns } = holder.inferenceStats.computeInfer;
    assert.equal(count, 1);
    // The holder is told a moment before the target itself counts.
    assert.ok(ns > 0 && ns <= (target?.inferenceStats.computeInfer.ns ?? 0), String(ns));
    await engine.stop(1000);
  });

  it('keeps one that it holds from stopping when it is unloaded', async () => {
    const { engine, backend } = await setUp({ models });
    await engine.start();
    const sink = send(engine, { modelName: 'holder' });
    await engine.unloadModel('m', { unloadDependents: false });
    assert.equal(engine.isModelReady('m', undefined), false);
    assert.equal(await sink.ended, undefined);
    assert.equal(sink.responses.length, 1);
    const unloaded = () => backend.calls.includes('unload m/1');
    for (let round = 0; round < 500 && !unloaded(); round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(unloaded());
    await engine.stop(1000);
  });
});

describe('a model that does not load', () => {
  async function reason(config: string, options: Partial<SetUpOptions> = {}): Promise<string> {
    const { engine, backend } = await setUp({ models: { m: config }, ...options });
    await engine.start();
    assert.equal(engine.isReady(), false);
    assert.equal(engine.isModelReady('m', undefined), false);
    const [entry] = await engine.repositoryIndex(false);
    await engine.stop(1000);
    const created = backend.calls.filter((call) => call.startsWith('create')).length;
    const destroyed = backend.calls.filter((call) => call.startsWith('destroy')).length;
    assert.equal(destroyed, backend.instances.length);
    assert.ok(destroyed <= created);
    return entry?.reason ?? '';
  }

  it('names an unknown backend, those found and the remedy', async () => {
    const config = (backend: string) => ADD_ONE.replace('"scripted"', `"${backend}"`);
    assert.match(await reason(config('mine')), /unable to find backend 'mine', found: scripted$/);
    assert.match(
      await reason(config('onnxruntime')),
      /found: scripted; install it with: npm install @nereid\/backend-onnxruntime/,
    );
  });

  it('names a scheduling choice that no plugin offers', async () => {
    const config = `${ADD_ONE} dynamic_batching { }`;
    assert.match(
      await reason(config),
      /unable to find a scheduler for 'dynamic_batching', found: default, ensemble_scheduling/,
    );
  });

  it('tells faults that need no backend as those of the poll, others as of a version', async () => {
    const faults = {
      policy: `${ADD_ONE} sequence_batching { control_input [ { } ] }`,
      negative: ADD_ONE.replace('max_batch_size: 8', 'max_batch_size: -1'),
      tensor: ADD_ONE.replace('TYPE_FP32', 'TYPE_INVALID'),
    };
    const { engine } = await setUp({ models: faults });
    await engine.start();
    const load = (name: string) => engine.loadModel(name, {});
    const poll = (name: string) =>
      `^failed to load '${name}', failed to poll from model repository`;
    await assert.rejects(load('policy'), {
      code: 'INTERNAL',
      message: new RegExp(`${poll('policy')}: sequence batching control tensor must have a name`),
    });
    await assert.rejects(load('negative'), { message: new RegExp(poll('negative')) });
    await assert.rejects(load('tensor'), {
      code: 'INVALID_ARG',
      message: /^load failed for model 'tensor': version 1 is at UNAVAILABLE state: .*data_type/,
    });
    await engine.stop(1000);
  });

  it('tells why an instance failed, and closes the others', async () => {
    const createInstance = async ({ name }: { name: string }) => {
      if (name === 'm_0_1') throw new InferError('INTERNAL', 'out of memory');
    };
    assert.match(await reason(ADD_ONE, { backend: { createInstance } }), /out of memory/);
  });

  it('tells why a scheduler refused it, and closes its instances', async () => {
    const config = `${ADD_ONE} parameters { key: "refuse" value { string_value: "1" } }`;
    assert.match(await reason(config), /refused/);
  });

  it('names a label file that cannot be read', async () => {
    const config = ADD_ONE.replace('labels.txt', 'nowhere.txt');
    assert.match(await reason(config), /failed to read the label file of output 'OUT'/);
  });

  it('does not make the server unready without strict readiness', async () => {
    const models = { bad: ADD_ONE.replace('"scripted"', '"mine"'), m: ADD_ONE };
    const { engine } = await setUp({ models, strictReadiness: false });
    await engine.start();
    assert.equal(engine.isReady(), true);
    assert.equal(engine.isModelReady('bad', undefined), false);
    await engine.stop(1000);
  });
});

describe('warmup', () => {
  const warm = (inputs: string, rest = '') =>
    `${ADD_ONE} model_warmup [ { name: "w" batch_size: 2 count: 3 ${rest}
      inputs { key: "IN" value { data_type: TYPE_FP32 dims: [ 2 ] ${inputs} } } } ]`;

  it('runs its samples on every instance before the model serves', async () => {
    const { engine, backend } = await setUp({ models: { m: warm('zero_data: true') } });
    await engine.start();
    assert.equal(backend.instances.length, 2);
    for (const { batches } of backend.instances) {
      assert.deepEqual(
        batches.map((batch) => batch.length),
        [2, 2, 2],
      );
      assert.deepEqual(batches[0]?.[0]?.request.inputs[0]?.shape, [1, 2]);
    }
    assert.equal(engine.modelStatistics('m', 1)[0]?.executionCount, 0);
    await engine.stop(1000);
  });

  it('reads data from files', async () => {
    const { engine, backend } = await setUp({
      models: { m: warm('input_data_file: "in.raw"') },
      files: { 'm/warmup/in.raw': 'abcdefghij' },
    });
    await engine.start();
    const input = backend.instances[0]?.batches[0]?.[0]?.request.inputs[0];
    assert.equal(Buffer.from(input?.data ?? []).toString(), 'abcdefgh');
    await engine.stop(1000);
  });

  it('skips samples of batch size 0, and runs one without a count once', async () => {
    const sample = (name: string, batchSize: number) =>
      `{ name: "${name}" batch_size: ${batchSize} inputs { key: "IN"
        value { data_type: TYPE_FP32 dims: [ 2 ] zero_data: true } } }`;
    const model = `${ADD_ONE} model_warmup [ ${sample('none', 0)}, ${sample('one', 3)} ]`;
    const { engine, backend } = await setUp({ models: { m: model } });
    await engine.start();
    const sizes = backend.instances[0]?.batches.map((batch) => batch.length);
    assert.deepEqual(sizes, [3]);
    await engine.stop(1000);
  });

  it('refuses a batch that no memory has room for', async () => {
    const huge = warm('zero_data: true').replace('batch_size: 2', 'batch_size: 2147483647');
    const { engine } = await setUp({ models: { m: huge } });
    await engine.start();
    const [entry] = await engine.repositoryIndex(false);
    assert.match(entry?.reason ?? '', /warmup sample 'w' of model m has batch size 2147483647/);
    await engine.stop(1000);
  });

  it('refuses a batch that is larger than those of the model', async () => {
    const sample = warm('zero_data: true').replace(' batch_size: 2', ' batch_size: 9');
    const { engine } = await setUp({ models: { m: sample } });
    await engine.start();
    const [entry] = await engine.repositoryIndex(false);
    assert.match(entry?.reason ?? '', /batch size 9 for 'm', max allowed is 8/);
    await engine.stop(1000);
  });

  it('refuses to run a sample without end', async () => {
    const endless = warm('zero_data: true').replace('count: 3', 'count: 2147483647');
    const { engine } = await setUp({ models: { m: endless } });
    await engine.start();
    const [entry] = await engine.repositoryIndex(false);
    assert.match(entry?.reason ?? '', /warmup sample 'w' of model m has count 2147483647, more/);
    await engine.stop(1000);
  });

  it('makes empty strings of random data, and passes on inputs of a scheduler', async () => {
    const model = `${ADD_ONE.replaceAll('TYPE_FP32', 'TYPE_STRING')} model_warmup [ {
      name: "w" batch_size: 1
      inputs { key: "IN" value { data_type: TYPE_STRING dims: [ 2 ] random_data: true } }
      inputs { key: "START" value { data_type: TYPE_INT32 dims: [ 1 ] zero_data: true } }
    } ]`;
    const { engine, backend } = await setUp({ models: { m: model } });
    await engine.start();
    const inputs = backend.instances[0]?.batches[0]?.[0]?.request.inputs ?? [];
    assert.deepEqual(
      inputs.map(({ name, shape, data }) => [name, shape, [...data]]),
      [
        ['IN', [1, 2], [0, 0, 0, 0, 0, 0, 0, 0]],
        ['START', [1, 1], [0, 0, 0, 0]],
      ],
    );
    await engine.stop(1000);
  });

  it('fails the load with the name of the sample', async () => {
    const { engine, backend } = await setUp({
      models: { m: warm('random_data: true') },
      backend: { execute: () => Promise.reject(new InferError('INTERNAL', 'too cold')) },
    });
    await engine.start();
    const [entry] = await engine.repositoryIndex(false);
    assert.match(entry?.reason ?? '', /failed to run warmup sample 'w': too cold/);
    assert.equal(backend.calls.filter((call) => call.startsWith('destroy')).length, 2);
    await engine.stop(1000);
  });

  it('fails the load when its file is too short', async () => {
    const { engine } = await setUp({
      models: { m: warm('input_data_file: "in.raw"') },
      files: { 'm/warmup/in.raw': 'abc' },
    });
    await engine.start();
    const [entry] = await engine.repositoryIndex(false);
    assert.match(
      entry?.reason ?? '',
      /expects 8 bytes, but the data provided from in.raw only has 3/,
    );
    await engine.stop(1000);
  });
});

describe('the state of the server', () => {
  it('is live and ready from the end of its start on', async () => {
    const { engine } = await setUp({ models: { m: ADD_ONE } });
    assert.deepEqual([engine.isLive(), engine.isReady()], [false, false]);
    const early = await send(engine).ended;
    assert.deepEqual([early?.code, early?.message], ['UNAVAILABLE', 'Server not ready']);
    await engine.start();
    assert.deepEqual([engine.isLive(), engine.isReady()], [true, true]);
    await engine.stop(1000);
  });

  it('is not ready while no instance of a model can serve', async () => {
    const { engine, backend } = await setUp({ models: { m: ADD_ONE } });
    await engine.start();
    const [a, b] = backend.instances;
    assert.ok(a && b);
    a.ready = false;
    assert.equal(engine.isModelReady('m', 1), true);
    b.ready = false;
    assert.deepEqual([engine.isModelReady('m', 1), engine.isReady()], [false, false]);
    a.ready = true;
    assert.deepEqual([engine.isModelReady('m', 1), engine.isReady()], [true, true]);
    await engine.stop(1000);
  });

  it('knows no model that is not loaded', async () => {
    const { engine } = await setUp({ models: { m: ADD_ONE } });
    await engine.start();
    assert.equal(engine.isModelReady('nope', undefined), false);
    assert.equal(engine.isModelReady('m', 9), false);
    await engine.unloadModel('m', { unloadDependents: false });
    assert.equal(engine.isModelReady('m', undefined), false);
    await engine.loadModel('m', {});
    assert.equal(engine.isModelReady('m', undefined), true);
    await engine.stop(1000);
  });
});

describe('a server that stops', () => {
  /** A model whose executions end when the test says so. */
  async function slow(clock?: Clock) {
    let complete: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      complete = resolve;
    });
    const parts = await setUp({
      models: { m: ADD_ONE },
      backend: { execute: (batch) => gate.then(() => answer(batch)) },
      ...(clock && { clock }),
    });
    await parts.engine.start();
    return { ...parts, complete };
  }

  it('refuses new requests and finishes accepted ones', async () => {
    const { engine, backend, complete } = await slow();
    const accepted = send(engine);
    const stopped = engine.stop(60_000);
    throws(() => engine.isLive(), 'UNAVAILABLE', 'Server exiting');
    throws(() => engine.isReady(), 'UNAVAILABLE', 'Server exiting');
    const refused = await send(engine).ended;
    assert.deepEqual([refused?.code, refused?.message], ['UNAVAILABLE', 'Server exiting']);
    await assert.rejects(engine.loadModel('m', {}), /Server not ready/);
    assert.equal(accepted.hasEnded, false);
    complete();
    assert.equal(await accepted.ended, undefined);
    assert.equal(await stopped, true);
    assert.equal(backend.calls.at(-1), 'close');
    assert.equal(engine.stop(1), engine.stop(1));
  });

  it('does not wait longer than it may', async () => {
    const clock = new FakeClock();
    const { engine, complete } = await slow(clock);
    send(engine);
    const stopped = engine.stop(2000);
    clock.advanceUs(1_999_000);
    clock.advanceUs(1000);
    assert.equal(await stopped, false);
    assert.equal(clock.scheduledCount, 0);
    complete();
  });

  it('still answers a request that is cancelled', async () => {
    const { engine, complete } = await slow();
    const source = new CancelSource();
    const sink = send(engine, { signal: source });
    source.cancel();
    complete();
    await sink.ended;
    assert.equal(await engine.stop(1000), true);
  });
});

/** A response cache that answers when told to, or at once. */
class MapCache implements ResponseCache {
  readonly entries = new Map<string, ModelResponse>();
  lookupCount = 0;
  gate: Promise<void> | undefined;

  lookup(key: string) {
    this.lookupCount += 1;
    const find = () => this.entries.get(key);
    return this.gate?.then(find) ?? find();
  }

  insert(key: string, response: ModelResponse): void {
    this.entries.set(key, response);
  }

  async close(): Promise<void> {}
}

describe('Engine with a response cache', () => {
  const CACHED = `${ADD_ONE} response_cache { enable: true }`;

  async function start(models: Readonly<Record<string, string>>) {
    const cache = new MapCache();
    let executed = 0;
    const execute = async (batch: readonly PendingRequest[]) => {
      executed += batch.length;
      if (batch.some((pending) => pending.request.id === 'fail')) throw new Error('broken');
      await answer(batch);
    };
    const { engine } = await setUp({ models, responseCache: cache, backend: { execute } });
    await engine.start();
    const ask = async (options: FakeRequestOptions = {}) => {
      const sink = new CollectingSink();
      engine.infer(request({ modelName: 'm', ...options }), sink);
      const error = await sink.ended;
      return { response: sink.responses[0], error };
    };
    return { engine, cache, ask, executedCount: () => executed };
  }

  it('answers an equal request without an execution, with its own id', async () => {
    const { engine, ask, executedCount } = await start({ m: CACHED });
    const first = await ask({ id: 'one' });
    const second = await ask({ id: 'two' });
    assert.equal(executedCount(), 1);
    assert.deepEqual(second.response, { ...first.response, id: 'two' });
    const [statistics] = engine.modelStatistics('m', undefined);
    const { success, queue, computeInfer, cacheHit, cacheMiss } = statistics?.inferenceStats ?? {};
    assert.deepEqual(
      [success, queue, computeInfer, cacheHit, cacheMiss].map((duration) => duration?.count),
      [2, 2, 1, 1, 1],
    );
    assert.deepEqual([statistics?.inferenceCount, statistics?.executionCount], [1, 1]);
    assert.match(await engine.metricsText(), /nv_inference_pending_request_count\{.*\} 0\n/);
    await engine.stop(1000);
  });

  it('gives outputs as each request wants them', async () => {
    const { engine, ask, executedCount } = await start({ m: CACHED });
    const requestedOutputs = [{ name: 'OUT', classificationCount: 1 }];
    await ask();
    const shown = [await ask({ requestedOutputs }), await ask({ requestedOutputs })];
    for (const { response } of shown) {
      const text = Buffer.from(response?.outputs[0]?.data ?? []).toString();
      assert.match(text, /4\.000000:1:odd$/);
    }
    assert.equal(executedCount(), 2);
    await engine.stop(1000);
  });

  it('asks the cache for no other models, and for nothing that cannot be executed', async () => {
    const { engine, cache, ask } = await start({ m: ADD_ONE, cached: CACHED });
    await ask();
    const { error } = await ask({ modelName: 'cached', inputs: [] });
    assert.equal(error?.code, 'INVALID_ARG');
    assert.equal(cache.lookupCount, 0);
    await engine.stop(1000);
  });

  it('stores no failures', async () => {
    const { engine, cache, ask } = await start({ m: CACHED });
    assert.ok((await ask({ id: 'fail' })).error);
    assert.equal(cache.entries.size, 0);
    assert.ok((await ask({ id: 'good' })).response);
    await engine.stop(1000);
  });

  it('knows no answer of a model that was loaded anew, also of models that ask it', async () => {
    const relay = `platform: "ensemble" max_batch_size: 8
      input [ { name: "IN" data_type: TYPE_FP32 dims: [ 2 ] } ]
      output [ { name: "OUT" data_type: TYPE_FP32 dims: [ 2 ] } ]
      ensemble_scheduling { step [ { model_name: "m" model_version: -1
        input_map { key: "IN" value: "IN" } output_map { key: "OUT" value: "OUT" } } ] }
      parameters { key: "to" value { string_value: "m" } }
      response_cache { enable: true }`;
    const { engine, ask, executedCount } = await start({ m: ADD_ONE, relay });
    const askRelay = () => ask({ modelName: 'relay' });
    await askRelay();
    await askRelay();
    assert.equal(executedCount(), 1);
    await engine.unloadModel('m', { unloadDependents: false });
    await engine.loadModel('m', {});
    await askRelay();
    assert.equal(executedCount(), 2);
    await askRelay();
    assert.equal(executedCount(), 2);
    await engine.stop(1000);
  });

  it('waits for a lookup before it stops the model', async () => {
    const { engine, cache, ask } = await start({ m: CACHED });
    let open = () => {};
    cache.gate = new Promise((resolve) => {
      open = resolve;
    });
    const asked = ask();
    const unloaded = engine.unloadModel('m', { unloadDependents: false });
    await new Promise((resolve) => setTimeout(resolve, 20));
    open();
    assert.equal((await asked).error, undefined);
    await unloaded;
    await engine.stop(1000);
  });
});
