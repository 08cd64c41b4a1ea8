import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fp32Message, grpcClient, grpcInfer } from '../grpc-client.mjs';
import { fp32Request, modelConfig } from '../model-folder.mjs';
import { eventually } from '../process-gauge.mjs';
import { ECHO, executing, PRELUDE, pythonModel, startPythonServer } from '../python-server.mjs';
import { infer, post } from '../server-process.mjs';

/** All models of this file run in one server. */
const models = {};
const cleanUps = [];
let server;

before(async () => {
  server = await startPythonServer({ after: (task) => cleanUps.push(task) }, models, {
    args: ['--model-control-mode=explicit', '--load-model=*'],
  });
});
after(() => Promise.all(cleanUps.map((task) => task())));

const BATCHED = `backend: "python"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] }, { name: "INPUT1" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] }, { name: "OUTPUT1" data_type: TYPE_FP32 dims: [ -1 ] } ]
instance_group [ { kind: KIND_CPU count: 1 } ]
`;

const ADD_SUB = pythonModel(`def initialize(self, args):
    config = json.loads(args["model_config"])
    output = pb_utils.get_output_config_by_name(config, "OUTPUT0")
    self.dtype = pb_utils.triton_string_to_numpy(output["data_type"])

def execute(self, requests):
    responses = []
    for request in requests:
        a = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
        b = pb_utils.get_input_tensor_by_name(request, "INPUT1").as_numpy()
        tensors = [
            pb_utils.Tensor("OUTPUT0", (a + b).astype(self.dtype)),
            pb_utils.Tensor("OUTPUT1", (a - b).astype(self.dtype)),
        ]
        responses.append(pb_utils.InferenceResponse(output_tensors=tensors))
    return responses`);

function textConfig(more = '') {
  return `backend: "python"
input [ { name: "INPUT0" data_type: TYPE_STRING dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_STRING dims: [ -1 ] } ]
instance_group [ { kind: KIND_CPU count: 1 } ]
${more}`;
}

/** Answers with the text of an expression over `request` and `self`. */
function telling(expression, before = '') {
  return `${PRELUDE}import numpy as np


class TritonPythonModel:
    def initialize(self, args):
        self.args = args

    def execute(self, requests):
        responses = []
        for request in requests:
            ${before}
            text = json.dumps(${expression})
            tensor = pb_utils.Tensor("OUTPUT0", np.array([text.encode()], dtype=object))
            responses.append(pb_utils.InferenceResponse([tensor]))
        return responses
`;
}

const textRequest = (more = {}) => ({
  inputs: [{ name: 'INPUT0', datatype: 'BYTES', shape: [1], data: ['x'] }],
  ...more,
});

async function told(model, request = textRequest()) {
  const { status, body } = await infer(server, model, request);
  assert.equal(status, 200, JSON.stringify(body));
  return JSON.parse(body.outputs[0].data[0]);
}

models.add_sub = {
  source: ADD_SUB,
  config: `${BATCHED}dynamic_batching { max_queue_delay_microseconds: 20000 }`,
};

test('models answer with what they compute, alone and in batches', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      infer(server, 'add_sub', {
        inputs: [
          { name: 'INPUT0', datatype: 'FP32', shape: [1, 2], data: [n, 1] },
          { name: 'INPUT1', datatype: 'FP32', shape: [1, 2], data: [1, n] },
        ],
      }),
    ),
  );
  for (const [n, { body }] of answers.entries()) {
    const [sum, difference] = body.outputs;
    assert.deepEqual(sum.data, [n + 1, n + 1]);
    assert.deepEqual(difference.data, [n - 1, 1 - n]);
  }
});

models.echo = ECHO;

test('tensors of every size come back as they went', async (t) => {
  const client = grpcClient(t, server, { 'grpc.max_receive_message_length': -1 });
  // In the frame, in shared memory, moved at once, and moved in the thread pool.
  for (const length of [0, 1, 4095, 4096, 10_000, 262_144, 262_145, 3_000_000]) {
    const values = Float32Array.from({ length }, (_, index) => index * 0.5 + length);
    const { error, response } = await grpcInfer(client, fp32Message('echo', values));
    assert.equal(error, null);
    const [raw] = response.rawOutputContents;
    assert.ok(raw.equals(Buffer.from(values.buffer)), `${length} elements`);
  }
});

models.keeper = executing(`kept = self.__dict__.setdefault("kept", [])
for request in requests:
    kept.append(request.inputs()[0].as_numpy())
import numpy as np
sums = np.array([array.sum() for array in kept], dtype=np.float32)
return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", sums)]) for _ in requests]`);

test('a model that keeps its inputs finds them unchanged', async (t) => {
  const client = grpcClient(t, server);
  const size = 20_000;
  let sums = [];
  for (let round = 1; round <= 6; round++) {
    const values = new Float32Array(size).fill(round);
    const { response } = await grpcInfer(client, fp32Message('keeper', values));
    const [raw] = response.rawOutputContents;
    sums = [...new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length))];
  }
  assert.deepEqual(
    sums,
    [1, 2, 3, 4, 5, 6].map((value) => value * size),
  );
});

models.tells_request = {
  config: textConfig(),
  source: telling(`[request.request_id(), request.correlation_id(), request.flags(),
                request.timeout(), json.loads(request.parameters()),
                sorted(request.requested_output_names())]`),
};

test('a request shows the model all that the client sent with it', async () => {
  const parameters = { timeout: 5_000_000, name: 'a "b"', count: 12, share: 0.5, on: true };
  assert.deepEqual(await told('tells_request', textRequest({ id: 'first', parameters })), [
    'first',
    0,
    0,
    5_000_000,
    { name: 'a "b"', count: 12, share: 0.5, on: true },
    ['OUTPUT0'],
  ]);
});

models.tells_args = { source: telling('self.args'), config: textConfig() };

test('initialize is given the arguments that Triton gives', async () => {
  const { model_config: config, ...args } = await told('tells_args');
  assert.equal(JSON.parse(config).name, 'tells_args');
  assert.deepEqual(args, {
    model_instance_kind: 'CPU',
    model_instance_name: 'tells_args_0_0',
    model_instance_device_id: '0',
    model_repository: `${server.folder}/tells_args`,
    model_version: '1',
    model_name: 'tells_args',
  });
});

models.sends = `${PRELUDE}import numpy as np


class TritonPythonModel:
    def execute(self, requests):
        parameters = {"text": "x", "count": 2**53 + 1, "share": 0.25, "on": False}
        tensor = pb_utils.Tensor("OUTPUT0", np.zeros(1, np.float32))
        return [pb_utils.InferenceResponse([tensor], parameters=parameters) for _ in requests]
`;

test('parameters of a response reach the client with their types', async (t) => {
  const { response } = await grpcInfer(grpcClient(t, server), fp32Message('sends', [1]));
  const { text, count, share, on } = response.parameters;
  assert.equal(text.stringParam, 'x');
  assert.equal(String(count.int64Param), '9007199254740993');
  assert.equal(share.doubleParam, 0.25);
  assert.equal(on.boolParam, false);
});

const broken = {
  raises: [
    'raise ValueError("x")',
    /^Failed to process the request\(s\) for model 'raises_0_0', message: ValueError: x\n\nAt:\n {2}\S+\/raises\/1\/model.py\(\d+\): execute\n$/,
  ],
  exits: ['sys.exit(4)', /message: SystemExit: 4\n/],
  scalar: ['return 5', /Expected a list in the execute return, found type '<class 'int'>'\.$/],
  short: [
    'return []',
    /Number of InferenceResponse objects do not match .* size is:1, .* size is:0\n$/,
  ],
  wrong: [
    'return ["x"]',
    /Expected an 'InferenceResponse' object .* found type '<class 'str'>'\.$/,
  ],
  nothing: ['return None', /returned None for a request/],
  unavailable: [
    'return [pb_utils.InferenceResponse(error=pb_utils.TritonError("later", pb_utils.TritonError.UNAVAILABLE))]',
    /^later$/,
    503,
  ],
};
for (const [name, [lines]] of Object.entries(broken)) models[name] = executing(lines);

test('what execute must not do fails the request, with the words of Triton', async () => {
  for (const [name, [, text, status = 500]] of Object.entries(broken)) {
    const answer = await infer(server, name, fp32Request([1]));
    assert.equal(answer.status, status, name);
    assert.match(answer.body.error, text, name);
  }
});

models.waits = pythonModel(`async def execute(self, requests):
    import asyncio
    await asyncio.sleep(0.01)
    tensors = [request.inputs()[0] for request in requests]
    return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", tensor.as_numpy() * 2)]) for tensor in tensors]`);

test('execute may be a coroutine', async () => {
  const { body } = await infer(server, 'waits', fp32Request([1, 2]));
  assert.deepEqual(body.outputs[0].data, [2, 4]);
});

models.late = pythonModel(`def initialize(self, args):
    self.waiting = []

def execute(self, requests):
    # Two clients are answered together, which needs both executions to have ended.
    self.waiting += [(request.get_response_sender(), request.inputs()[0]) for request in requests]
    if len(self.waiting) == 2:
        threading.Thread(target=self.answer, args=(self.waiting,)).start()
        self.waiting = []

def answer(self, waiting):
    for sender, tensor in waiting:
        response = pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", tensor.as_numpy() + 1)])
        sender.send(response, flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)`);

test('a model answers from a thread after execute has returned', async () => {
  const answers = await Promise.all([1, 5].map((n) => infer(server, 'late', fp32Request([n]))));
  assert.deepEqual(
    answers.map(({ body }) => body.outputs[0].data),
    [[2], [6]],
  );
});

models.completes = {
  config: 'backend: "python"',
  source: pythonModel(`@staticmethod
def auto_complete_config(config):
    config.add_input({"name": "INPUT0", "data_type": "TYPE_FP32", "dims": [-1]})
    config.add_output({"name": "OUTPUT0", "data_type": "TYPE_FP32", "dims": [-1]})
    config.set_max_batch_size(4)
    config.set_dynamic_batching()
    return config

def execute(self, requests):
    return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", r.inputs()[0].as_numpy())]) for r in requests]`),
};

test('auto_complete_config fills in the configuration', async () => {
  const response = await fetch(`${server.http}/v2/models/completes/config`);
  const config = await response.json();
  assert.equal(config.max_batch_size, 4);
  assert.equal(config.input[0].data_type, 'TYPE_FP32');
  assert.deepEqual(config.dynamic_batching.preferred_batch_size, [4]);
  const request = { inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [1, 1], data: [3] }] };
  assert.deepEqual((await infer(server, 'completes', request)).body.outputs[0].data, [3]);
});

models.talks = executing(`print("to stdout")
print("to stderr", file=sys.stderr)
pb_utils.Logger.log_warn("to the log")
return [pb_utils.InferenceResponse([request.inputs()[0]]) for request in requests]`);

test('what a model prints goes to the log with its name', async () => {
  await infer(server, 'talks', fp32Request([1]));
  for (const text of ['to stdout', 'to stderr', 'to the log']) {
    const seen = () => new RegExp(`\\d+ talks\\] "${text}`).test(server.log);
    assert.ok(await eventually(seen, 5000), server.log);
  }
});

models.named = {
  config: textConfig('default_model_filename: "mine.py"'),
  files: {
    '1/mine.py': `from .near import NEAR\nfrom beside import BESIDE\n${telling('[NEAR, BESIDE]')}`,
    '1/near.py': 'NEAR = 1\n',
    '1/beside.py': 'BESIDE = 2\n',
  },
};

test('a model imports modules that lie beside it, and may be called anything', async () => {
  assert.deepEqual(await told('named'), [1, 2]);
});

models.ends = pythonModel(`def execute(self, requests):
    return []

def finalize(self):
    print("finalized")`);

test('finalize is called when a model is unloaded', async () => {
  await post(server, '/v2/repository/models/ends/unload');
  assert.ok(await eventually(() => / ends\] "finalized"/.test(server.log), 5000), server.log);
});

models.again = {
  config: modelConfig('python', 'sequence_batching { iterative_sequence: true }'),
  source: pythonModel(`def initialize(self, args):
    self.rounds = {}

def execute(self, requests):
    responses = []
    for request in requests:
        rounds = self.rounds.get(request.correlation_id(), 0) + 1
        self.rounds[request.correlation_id()] = rounds
        if rounds < 3:
            request.set_release_flags(pb_utils.TRITONSERVER_REQUEST_RELEASE_RESCHEDULE)
            responses.append(None)
            continue
        tensor = pb_utils.Tensor("OUTPUT0", request.inputs()[0].as_numpy() + rounds)
        responses.append(pb_utils.InferenceResponse([tensor]))
    return responses`),
};

test('a model of a sequence is executed again when it asks for that', async () => {
  const { status, body } = await infer(server, 'again', fp32Request([1]));
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.outputs[0].data, [4]);
});
