import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancelSource,
  InferError,
  type InferenceRequest,
  isInferError,
  type ModelConfig,
  type PluginContext,
  type ResponseSink,
} from '@nereid/core';
import {
  bytesTensor,
  CollectingLogger,
  describeBackend,
  fakeInputConfig,
  fakeModelConfig,
  fakeOutputConfig,
  fakePluginContext,
  fp32Tensor,
  fp32Values,
  makeTemporaryModel,
  RecordedRequest,
  type RecordedRequestOptions,
} from '@nereid/testing';
import plugin from './index.js';

const DOUBLING = `
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            a = pb_utils.get_input_tensor_by_name(request, "A")
            s = pb_utils.get_input_tensor_by_name(request, "S")
            x = pb_utils.Tensor.from_values("X", "FP32", a.shape(), [2 * v for v in a.values()])
            responses.append(pb_utils.InferenceResponse([x, s]))
        return responses
`;

const CONFIG = fakeModelConfig({
  maxBatchSize: 8,
  input: [
    fakeInputConfig({ name: 'A', dims: [2] }),
    fakeInputConfig({ name: 'S', dataType: 'TYPE_STRING' }),
  ],
  output: [
    fakeOutputConfig({ name: 'X', dims: [2] }),
    fakeOutputConfig({ name: 'S', dataType: 'TYPE_STRING' }),
  ],
});

const PLACEMENT = {
  name: 'model_0_0',
  kind: 'CPU',
  deviceId: 0,
  threadCount: 1,
  profiles: [],
  hostPolicy: '',
} as const;

const TIMER = { inputEnd() {}, outputStart() {} };

describeBackend('pyodide', {
  plugin,
  model: () => makeTemporaryModel(CONFIG, { 'model.py': DOUBLING }),
  inputs: (batchSize, seed) => [
    fp32Tensor('A', [batchSize, 2], new Array(batchSize * 2).fill(seed + 0.5)),
    bytesTensor('S', [batchSize, 1], new Array(batchSize).fill(`text ${seed}`)),
  ],
  outputs: ([a, s]) => {
    assert.ok(a && s);
    return [
      fp32Tensor(
        'X',
        a.shape,
        fp32Values(a).map((value) => value * 2),
      ),
      s,
    ];
  },
  // While Pyodide is compiled, it takes all cores.
  maxStallMs: 250,
  missingFile: async () => ({ model: await makeTemporaryModel(CONFIG), fileName: '1/model.py' }),
});

interface Setup {
  readonly config?: Partial<ModelConfig>;
  readonly settings?: Readonly<Record<string, string>>;
  readonly context?: Partial<PluginContext>;
  readonly files?: Readonly<Record<string, string>>;
}

/** Runs the Python text of each request, which makes `answer` of `request`. */
const SCRIPTED = `
import asyncio, json, time
import triton_python_backend_utils as pb_utils

def values(*numbers, **more):
    tensor = pb_utils.Tensor.from_values("X", "FP32", [1, len(numbers)], numbers)
    return pb_utils.InferenceResponse([tensor], **more)

def call(model, *numbers, **more):
    tensor = pb_utils.Tensor.from_values("IN", "FP32", [len(numbers)], numbers)
    return pb_utils.InferenceRequest(
        model_name=model, inputs=[tensor], requested_output_names=["OUT"], **more)

def first(response):
    if response.has_error():
        return response.error().message()
    return [v for tensor in response.output_tensors() for v in tensor.values()]

class TritonPythonModel:
    def initialize(self, args):
        self.args = args
        self.counter = pb_utils.MetricFamily(
            "asked", "Asked", pb_utils.MetricFamily.COUNTER).Metric({"model": args["model_name"]})

    def execute(self, requests):
        answers = []
        for request in requests:
            scope = {**globals(), "model": self, "request": request, "answer": None}
            exec(request.inputs()[0].values()[0].decode(), scope)
            answers.append(scope["answer"])
        return None if DECOUPLED else answers

    def finalize(self):
        print("finalized")
`;

const scripted = (decoupled = false) => `DECOUPLED = ${decoupled ? 'True' : 'False'}\n${SCRIPTED}`;
const DECOUPLED = { modelTransactionPolicy: { decoupled: true } };

async function start(code: string, setup: Setup = {}) {
  const { config = {}, settings = {}, context = {}, files = { 'model.py': code } } = setup;
  const temporary = await makeTemporaryModel({ ...CONFIG, ...config }, files);
  const logger = new CollectingLogger();
  const made = fakePluginContext({ logger, settings: new Map(Object.entries(settings)) });
  const backend = plugin.createBackend({ ...made, ...context });
  try {
    const model = await backend.loadModel(temporary.source);
    const instance = await model.createInstance(PLACEMENT);
    const close = async () => {
      await instance.close();
      await temporary.remove();
    };
    return {
      instance,
      logger,
      metrics: made.metrics,
      directory: temporary.source.directory,
      close,
    };
  } catch (error) {
    await temporary.remove();
    throw error;
  }
}

type Started = Awaited<ReturnType<typeof start>>;

/** Executes a request whose input is the Python text. */
async function run({ instance }: Started, code: string, options: RecordedRequestOptions = {}) {
  const inputs = [bytesTensor('S', [1, 1], [code])];
  const pending = new RecordedRequest({ inputs, ...options });
  await instance.execute([pending], TIMER);
  return pending;
}

async function withModel(
  test: (started: Started) => Promise<void>,
  setup: Setup & { readonly code?: string } = {},
): Promise<void> {
  const decoupled = setup.config?.modelTransactionPolicy?.decoupled ?? false;
  const started = await start(setup.code ?? scripted(decoupled), setup);
  await test(started).finally(() => started.close());
}

const valuesOf = (pending: RecordedRequest) =>
  pending.responses.map(({ outputs }) => outputs.flatMap(fp32Values));

/** Answers for `double`, `count`, and `waiting`, which waits when asked to; `stuck` has no end. */
const infer: PluginContext['infer'] = (request, sink) => {
  const numbers = request.inputs.flatMap(fp32Values);
  const respond = (values: number[], final: boolean) => {
    const outputs = [fp32Tensor('OUT', [values.length], values)];
    const { modelName, id } = request;
    const parameters = new Map([['n', 1n]]);
    return sink.response({ modelName, modelVersion: 1, id, outputs, parameters, final });
  };
  if (request.modelName === 'double') {
    void respond(
      numbers.map((value) => 2 * value),
      true,
    );
    sink.end();
  }
  if (request.modelName === 'count') {
    setImmediate(() => {
      for (let index = 0; index < (numbers[0] ?? 0); index++) void respond([index], false);
      sink.end();
    });
  }
  if (request.modelName === 'waiting') {
    void (async () => {
      for (let index = 0; index < 40; index++) await respond([index], false);
      sink.end();
    })();
  }
  if (request.modelName === 'stuck') stuck.push({ request, sink });
};

const stuck: { readonly request: InferenceRequest; readonly sink: ResponseSink }[] = [];

const models: PluginContext['models'] = {
  async loadModel(name, options) {
    if (name === 'bad') throw new InferError('INTERNAL', 'no such model');
    loads.push([name, options?.config, [...(options?.files ?? [])]]);
  },
  async unloadModel(name) {
    loads.push([name]);
  },
  isModelReady: (name) => name !== 'nobody',
};

const loads: unknown[][] = [];

const BLS = { infer, models };

describe('pyodide model', () => {
  let started: Started;
  before(async () => {
    started = await start(scripted(), { context: BLS });
  });
  after(() => started.close());
  const ask = (code: string, options?: RecordedRequestOptions) => run(started, code, options);

  it('sees what the client sent, and answers with parameters', async () => {
    const pending = await ask(
      `r = request
assert (r.request_id(), r.correlation_id(), r.flags(), r.timeout()) == ("me", 7, 1, 9), r.flags()
assert r.requested_output_names() == {"X"}
given = json.loads(r.parameters())
answer = values(1.5, parameters={**given, "big": 2**60, "half": 0.5})`,
      {
        id: 'me',
        sequence: { correlationId: 7n, start: true, end: false },
        timeoutUs: 9,
        parameters: new Map<string, string | bigint | boolean>([
          ['text', 'ä'],
          ['n', 2n ** 60n + 1n],
          ['flag', true],
        ]),
        requestedOutputs: [{ name: 'X', classificationCount: 0 }],
      },
    );
    assert.equal(pending.error, undefined);
    assert.deepEqual(valuesOf(pending), [[1.5]]);
    const { parameters } = pending.responses[0] ?? {};
    assert.deepEqual(
      [...(parameters ?? [])],
      [
        ['text', 'ä'],
        ['n', 2n ** 60n + 1n],
        ['flag', true],
        ['big', 2n ** 60n],
        ['half', 0.5],
      ],
    );
  });

  it('is initialized with strings, and knows its folder', async () => {
    const pending = await ask(
      `assert set(map(type, model.args.values())) == {str}
assert json.loads(model.args["model_config"])["output"][0]["name"] == "X"
folder = pb_utils.get_model_dir()
assert folder.startswith(model.args["model_repository"] + "/"), folder
assert "SCRIPTED" or open(folder + "/model.py")
answer = values(len(open(folder + "/model.py").read()))`,
    );
    assert.equal(pending.error, undefined);
    assert.deepEqual(valuesOf(pending), [[scripted().length]]);
  });

  it('fails a request with what it raises, and where', async () => {
    const { error } = await ask('def inner():\n  raise ValueError("odd")\ninner()');
    assert.equal(error?.code, 'INTERNAL');
    assert.deepEqual(error.message.replace(/\/\S*\/1\/model\.py\(\d+\)/, 'model.py').split('\n'), [
      "Failed to process the request(s) for model 'model_0_0', message: ValueError: odd",
      '',
      'At:',
      '  <string>(2): inner',
      '  <string>(3): <module>',
      '  model.py: execute',
      '',
    ]);
  });

  it('may answer with an error and its code', async () => {
    const { error } = await ask(
      'e = pb_utils.TritonError("nothing there", pb_utils.TritonError.NOT_FOUND)\n' +
        'answer = pb_utils.InferenceResponse(error=e)',
    );
    assert.deepEqual([error?.code, error?.message], ['NOT_FOUND', 'nothing there']);
  });

  it('is told when it breaks a rule', async () => {
    const { error } = await ask('answer = 5');
    assert.match(error?.message ?? '', /message: Expected an 'InferenceResponse' object in the ex/);
    assert.match((await ask('pass')).error?.message ?? '', /returned None for a request whose/);
  });

  it('asks other models', async () => {
    const pending = await ask(
      `assert first(call("double", 4, 5).exec()) == [8, 10]
counted = [first(r) for r in call("count", 3).exec(decoupled=True)]
assert counted == [[0], [1], [2], []], counted
assert len(list(call("waiting", 1).exec(decoupled=True))) == 41
assert "Model 'nobody' is not ready." in first(call("nobody", 1).exec())
assert "Please use 'decoupled=True'" in first(call("count", 1).exec())
assert len(list(call("double", 1).exec(decoupled=True))) == 1
assert json.loads(call("double", 1).exec().parameters()) == {"n": 1}
answer = values(1)`,
    );
    assert.equal(pending.error, undefined);
  });

  it('runs coroutines, also side by side and with time passing', async () => {
    const pending = await ask(
      `async def both():
    started = time.monotonic()
    answers = await asyncio.gather(call("double", 1).async_exec(), call("double", 2).async_exec())
    await asyncio.gather(asyncio.sleep(0.05), asyncio.sleep(0.05))
    passed = time.monotonic() - started
    assert 0.04 < passed < 5, passed
    later = await asyncio.to_thread(lambda: 7)
    stream = await call("count", 2).async_exec(decoupled=True)
    return [v for a in answers for v in first(a)] + [later, len(list(stream))]
answer = values(*asyncio.run(both()))`,
    );
    assert.equal(pending.error, undefined);
    assert.deepEqual(valuesOf(pending), [[2, 4, 7, 3]]);
  });

  it('sees that nobody waits any more, and takes its own requests back', async () => {
    const source = new CancelSource();
    setTimeout(() => source.cancel(), 50);
    const pending = await ask(
      `child = call("stuck", 1).exec(decoupled=True)
while not request.is_cancelled():
    time.sleep(0.001)
answer = values(1)`,
      { signal: source },
    );
    assert.equal(pending.error, undefined);
    const [asked] = stuck.splice(0);
    assert.equal(asked?.request.signal.cancelled, true);
    assert.deepEqual(asked.request.callers, ['model']);
    asked.sink.end(new InferError('CANCELLED', 'as was asked'));
  });

  it('loads and unloads models, and asks whether they are ready', async () => {
    const pending = await ask(
      `pb_utils.load_model("m", config="{}", files={"file:1/a.txt": b"text"})
pb_utils.unload_model("m")
assert pb_utils.is_model_ready("m") and not pb_utils.is_model_ready("nobody")
try:
    pb_utils.load_model("bad")
except pb_utils.TritonModelException as error:
    answer = values(parameters={"said": str(error)})`,
    );
    assert.deepEqual(loads, [
      ['m', '{}', [['1/a.txt', new Uint8Array(Buffer.from('text'))]]],
      ['m'],
    ]);
    const said = pending.responses[0]?.parameters?.get('said');
    assert.equal(said, 'Failed to load model: no such model');
  });

  it('keeps metrics', async () => {
    const pending = await ask('model.counter.increment(2); answer = values(model.counter.value())');
    assert.deepEqual(valuesOf(pending), [[2]]);
  });

  it('writes to the log', async () => {
    await ask('print("said"); pb_utils.Logger.log_warn("careful"); answer = values(1)');
    const { logger } = started;
    for (let round = 0; round < 1000 && !logger.messages('info').includes('said'); round++) {
      await sleep(10);
    }
    assert.ok(logger.messages('info').includes('said'));
    assert.deepEqual(logger.messages('warn'), ['careful']);
    assert.equal(logger.lines.find(({ message }) => message === 'said')?.component, 'model');
  });
});

describe('pyodide model at its end', () => {
  it('is finalized, and its metrics go with it', async () => {
    const code = scripted().replace('print("finalized")', 'raise ValueError("too late")');
    const { close, logger, metrics } = await start(code);
    assert.deepEqual(await metrics.samples('asked'), [{ labels: { model: 'model' }, value: 0 }]);
    await close();
    assert.equal(await metrics.samples('asked'), undefined);
    assert.match(logger.messages('error').join(), /^closing failed: ValueError: too late\n\nAt:\n/);
  });
});

describe('decoupled pyodide model', () => {
  it('sends responses while it executes, after it has returned, and with a slow client', () =>
    withModel(
      async (started) => {
        const sending = `sender = request.get_response_sender()
for i in range(3):
    sender.send(values(i))
sender.send(flags=1)`;
        const pending = await run(started, sending);
        assert.equal(await pending.ended, undefined);
        assert.deepEqual(valuesOf(pending), [[0], [1], [2]]);

        const later = await run(
          started,
          `sender = request.get_response_sender()
async def go():
    await asyncio.sleep(0.02)
    sender.send(values(*first(await call("double", 3).async_exec())))
    sender.send(flags=1)
loop = model.loop = getattr(model, "loop", None) or asyncio.get_event_loop_policy().get_event_loop()
loop.run_until_complete(go())`,
        );
        assert.equal(await later.ended, undefined);
        assert.deepEqual(valuesOf(later), [[6]]);

        const big = `sender = request.get_response_sender()
for i in range(4):
    sender.send(values(*[i] * 200_000))
sender.send(flags=1)`;
        const whenResponse = () => sleep(20);
        const startMs = performance.now();
        const slow = await run(started, big, { whenResponse });
        assert.equal(await slow.ended, undefined);
        assert.equal(slow.responses.length, 4);
        assert.ok(performance.now() - startMs > 20);
      },
      { config: DECOUPLED, context: BLS },
    ));

  it('goes on by itself when execute is a coroutine, and fails what is open when that raises', () =>
    withModel(
      async ({ instance }) => {
        const batch = ['fine', 'raise'].map((id) => new RecordedRequest({ id, inputs: [] }));
        await instance.execute(batch, TIMER);
        const [fine, failed] = batch;
        assert.equal(await fine?.ended, undefined);
        assert.match((await failed?.ended)?.message ?? '', /message: KeyError: 'lost'/);
      },
      {
        config: DECOUPLED,
        code: `
import asyncio
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    async def execute(self, requests):
        await asyncio.sleep(0.02)
        for request in requests:
            if request.request_id() == "raise":
                raise KeyError("lost")
            sender = request.get_response_sender()
            sender.send(pb_utils.InferenceResponse(), flags=1)
`,
      },
    ));
});

describe('packages of a pyodide model', () => {
  it('come from wheels in a folder, if these fit', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'nereid-wheels-'));
    t.after(() => rm(folder, { recursive: true }));
    const files = { 'model.py': scripted(), 'wheels/.keep': '' };
    const setup = { files, settings: { 'packages-directory': folder } };
    await withModel(async (started) => {
      const made = await run(
        started,
        `import os, zipfile
for wheel, file in [
    ("tiny-1.0-py3-none-any.whl", "tiny/__init__.py"),
    (pb_utils.get_model_dir() + "/wheels/beside-1.0-py3-none-any.whl", "beside.py"),
    ("for_another-1.0-cp39-cp39-emscripten_1_39_0_wasm32.whl", "for_another.py"),
    ("for_linux-1.0-cp314-cp314-manylinux_2_17_x86_64.whl", "for_linux.py"),
]:
    with zipfile.ZipFile(os.path.join("${folder}", wheel), "w") as archive:
        archive.writestr(file, "VALUE = 5")
import tiny, beside
answer = values(tiny.VALUE, beside.VALUE)`,
      );
      assert.deepEqual(valuesOf(made), [[5, 5]]);
      const other = await run(started, 'import for_another');
      assert.match(
        other.error?.message ?? '',
        /for_another is in .*, which is for another Pyodide/,
      );
      const linux = await run(started, 'import for_linux');
      assert.match(linux.error?.message ?? '', /No module named 'for_linux'; a package is looked/);
    }, setup);
  });
});

describe('pyodide model that fails', () => {
  it('fails its load with what it raises, and where', async () => {
    const code = 'class TritonPythonModel:\n  def initialize(self, args):\n    raise OSError("no")';
    await assert.rejects(
      start(code),
      (error) =>
        isInferError(error) &&
        /^OSError: no\n\nAt:\n {2}\/.*\/model\.py\(3\): initialize\n$/.test(error.message),
    );
    await assert.rejects(start('import nowhere'), /ModuleNotFoundError: No module named 'nowhere'/);
  });

  it('is ended when it executes for too long, and started again', () =>
    withModel(
      async (started) => {
        const { error } = await run(started, 'while True: pass');
        assert.match(error?.message ?? '', /as its model executed for more than 1 seconds$/);
        assert.deepEqual(valuesOf(await run(started, 'answer = values(1)')), [[1]]);
      },
      { settings: { 'execution-timeout-seconds': '1' } },
    ));

  it('is ended when it takes too much memory, and started again', () =>
    withModel(
      async (started) => {
        const { error } = await run(started, 'model.kept = bytearray(200_000_000)');
        assert.match(error?.message ?? '', /message: MemoryError/);
        const again = 'assert not hasattr(model, "kept"); answer = values(1)';
        assert.deepEqual(valuesOf(await run(started, again)), [[1]]);
        assert.match(started.logger.messages('error').join(), /its model ran out of memory/);
      },
      { settings: { 'memory-limit-byte-size': '100000000' } },
    ));

  it('is started again when the interpreter breaks', () =>
    withModel(async (started) => {
      const { error } = await run(started, 'import ctypes; ctypes.string_at(2**31 - 5, 10)');
      assert.match(error?.message ?? '', /out of bounds/);
      assert.deepEqual(valuesOf(await run(started, 'answer = values(1)')), [[1]]);
    }));
});

describe('auto_complete_config in Pyodide', () => {
  const complete = async (code: string, written: Partial<ModelConfig> = {}) => {
    const temporary = await makeTemporaryModel(fakeModelConfig(written), { 'model.py': code });
    try {
      return await plugin.createBackend(fakePluginContext()).completeConfig?.(temporary.source);
    } finally {
      await temporary.remove();
    }
  };
  const COMPLETING = `class TritonPythonModel:
  @staticmethod
  def auto_complete_config(config):
    config.add_input({"name": "A", "data_type": "TYPE_FP32", "dims": [-1]})
    config.set_max_batch_size(4)
    return config`;

  it('adds what is not written', async () => {
    const config = await complete(COMPLETING);
    assert.equal(config?.maxBatchSize, 4);
    assert.deepEqual(
      config.input.map(({ name, dims }) => [name, dims]),
      [['A', [-1]]],
    );
  });

  it('refuses a contradiction', () =>
    assert.rejects(
      complete(COMPLETING, { maxBatchSize: 9 }),
      /ValueError: configuration specified max_batch_size 9, but in auto-complete-config/,
    ));

  it('is optional', async () => {
    const config = fakeModelConfig({ maxBatchSize: 3 });
    assert.deepEqual(await complete('class TritonPythonModel: pass', { maxBatchSize: 3 }), config);
  });
});
