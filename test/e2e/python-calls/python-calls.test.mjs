import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fp32Message, grpcClient, inferStream } from '../grpc-client.mjs';
import { fp32Request, modelConfig } from '../model-folder.mjs';
import { eventually } from '../process-gauge.mjs';
import { ECHO, executing, pythonModel, startPythonServer } from '../python-server.mjs';
import { infer } from '../server-process.mjs';

const DECOUPLED = modelConfig('python', 'model_transaction_policy { decoupled: true }');

/** All models of this file run in one server. */
const models = { echo: ECHO };
const cleanUps = [];
let server;

before(async () => {
  server = await startPythonServer({ after: (task) => cleanUps.push(task) }, models);
});
after(() => Promise.all(cleanUps.map((task) => task())));

/** The lines of a call of another model, and of what is answered with its response. */
function calling(model, call, answer = 'pb_utils.get_output_tensor_by_name(answer, "OUTPUT0")') {
  return `responses = []
for request in requests:
    call = pb_utils.InferenceRequest(
        model_name="${model}", requested_output_names=["OUTPUT0"], inputs=request.inputs())
    answer = ${call}
    if answer.has_error():
        responses.append(pb_utils.InferenceResponse(error=answer.error()))
        continue
    tensor = ${answer}
    responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", tensor.as_numpy() + 1)]))
return responses`;
}

/** Values that a stream answers with, until its end. */
function streamed(call, count) {
  return new Promise((resolve, reject) => {
    const values = [];
    call.on('data', ({ errorMessage, inferResponse }) => {
      if (errorMessage) reject(new Error(errorMessage));
      for (const raw of inferResponse?.rawOutputContents ?? []) values.push(raw.readFloatLE(0));
      if (values.length === count) resolve(values);
    });
    call.on('error', reject);
  });
}

models.sync = executing(calling('echo', 'call.exec()'));
models.coroutine = pythonModel(`async def execute(self, requests):
    ${calling('echo', 'await call.async_exec()').replaceAll('\n', '\n    ')}`);
models.threads = executing(`import numpy as np
def call(results, index):
    request = pb_utils.InferenceRequest(model_name="echo", requested_output_names=["OUTPUT0"],
        inputs=[pb_utils.Tensor("INPUT0", np.full(3, index, np.float32))])
    results[index] = float(request.exec().output_tensors()[0].as_numpy().sum())
results = [None] * 20
threads = [threading.Thread(target=call, args=(results, index)) for index in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
tensor = pb_utils.Tensor("OUTPUT0", np.array(results, np.float32))
return [pb_utils.InferenceResponse([tensor]) for _ in requests]`);

test('a model calls another one, from execute, a coroutine and threads', async () => {
  for (const name of ['sync', 'coroutine']) {
    const { status, body } = await infer(server, name, fp32Request([1, 2]));
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body.outputs[0].data, [2, 3]);
  }
  const { body } = await infer(server, 'threads', fp32Request([1]));
  assert.deepEqual(
    body.outputs[0].data,
    Array.from({ length: 20 }, (_, index) => index * 3),
  );
});

test('large tensors of calls pass through shared memory', async () => {
  const data = Array.from({ length: 50_000 }, (_, index) => index);
  const { body } = await infer(server, 'sync', fp32Request(data));
  assert.deepEqual(
    body.outputs[0].data,
    data.map((value) => value + 1),
  );
});

models.itself = executing(calling('itself', 'call.exec()'));
models.ping = executing(calling('pong', 'call.exec()'));
models.pong = executing(calling('ping', 'call.exec()'));
models.nowhere = executing(calling('absent', 'call.exec()'));

test('a call that can never be answered is refused', async () => {
  for (const [name, text] of [
    ['itself', /is called by a model that it waits for: itself -> itself/],
    ['ping', /is called by a model that it waits for: ping -> pong -> ping/],
    ['nowhere', /^Model absent - Error when running inference: .* Model 'absent' is not ready\.$/],
  ]) {
    const { status, body } = await infer(server, name, fp32Request([1]));
    assert.notEqual(status, 200);
    assert.match(body.error, text);
  }
});

models.repeat = {
  config: DECOUPLED,
  source: pythonModel(`def execute(self, requests):
    for request in requests:
        sender, tensor = request.get_response_sender(), request.inputs()[0]
        threading.Thread(target=self.answer, args=(sender, tensor)).start()

def answer(self, sender, tensor):
    for value in tensor.as_numpy():
        sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", value.reshape(1))]))
    sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)`),
};
models.total = executing(`import numpy as np
responses = []
for request in requests:
    call = pb_utils.InferenceRequest(model_name="repeat", requested_output_names=["OUTPUT0"], inputs=request.inputs())
    total = sum(float(answer.output_tensors()[0].as_numpy()[0]) for answer in call.exec(decoupled=True) if answer.output_tensors())
    responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array([total], np.float32))]))
return responses`);
models.one_only = executing(calling('repeat', 'call.exec()'));

test('a decoupled model sends its responses from a thread', async (t) => {
  const call = inferStream(t, grpcClient(t, server));
  const values = Array.from({ length: 100 }, (_, index) => index);
  call.write(fp32Message('repeat', values));
  assert.deepEqual(await streamed(call, values.length), values);
});

models.partly = {
  config: DECOUPLED,
  source: executing(`import numpy as np
one = lambda value: pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array([value], np.float32))])
for request in requests:
    sender = request.get_response_sender()
    sender.send(one(1))
    sender.send(pb_utils.InferenceResponse(error=pb_utils.TritonError("not this one")))
    sender.send(one(2))
    sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)`),
};
models.tells_parts = executing(`import numpy as np
responses = []
for request in requests:
    call = pb_utils.InferenceRequest(model_name="partly", requested_output_names=["OUTPUT0"], inputs=request.inputs())
    seen = [-1 if answer.has_error() else len(answer.output_tensors()) for answer in call.exec(decoupled=True)]
    responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array(seen, np.float32))]))
return responses`);

test('an error among the responses of a decoupled model does not end the request', async (t) => {
  const call = inferStream(t, grpcClient(t, server));
  const parameters = { triton_enable_empty_final_response: { boolParam: true } };
  const seen = await new Promise((resolve, reject) => {
    const received = [];
    call.on('error', reject).on('data', ({ errorMessage, inferResponse }) => {
      const [raw] = inferResponse.rawOutputContents;
      const final = inferResponse.parameters.triton_final_response.boolParam;
      received.push([errorMessage || raw?.readFloatLE(0), final]);
      if (final) resolve(received);
    });
    call.write({ ...fp32Message('partly', [0]), parameters });
  });
  assert.deepEqual(seen, [
    [1, false],
    ['not this one', false],
    [2, false],
    [undefined, true],
  ]);
  const { body } = await infer(server, 'tells_parts', fp32Request([0]));
  assert.deepEqual(body.outputs[0].data, [1, -1, 1, 0]);
});

test('a model iterates over the responses of a decoupled one', async () => {
  const { body } = await infer(server, 'total', fp32Request([1, 2, 3]));
  assert.deepEqual(body.outputs[0].data, [6]);
  const { body: refused } = await infer(server, 'one_only', fp32Request([1, 2]));
  assert.match(refused.error, /Please use 'decoupled=True' argument/);
});

models.forever = {
  config: DECOUPLED,
  source: executing(`for request in requests:
    sender = request.get_response_sender()
    while not sender.is_cancelled():
        time.sleep(0.01)
    print("noticed")
    sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)`),
};
models.waits = executing(
  calling('forever', 'next(call.exec(decoupled=True))', 'request.inputs()[0]'),
);

test('a model sees while it executes that its client has gone, and so does what it calls', async () => {
  const noticed = () => server.log.match(/forever\] "noticed"/g)?.length ?? 0;
  for (const [index, name] of ['forever', 'waits'].entries()) {
    const leaving = new AbortController();
    const path = name === 'forever' ? 'generate_stream' : 'infer';
    const body = name === 'forever' ? { INPUT0: [1] } : fp32Request([1]);
    const gone = fetch(`${server.http}/v2/models/${name}/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: leaving.signal,
    }).then((response) => response.text());
    await new Promise((resolve) => setTimeout(resolve, 300));
    leaving.abort();
    await assert.rejects(gone);
    assert.ok(await eventually(() => noticed() === index + 1, 5000), server.log);
  }
});

models.counts = pythonModel(`def initialize(self, args):
    self.family = pb_utils.MetricFamily("requests_total", "Requests.", pb_utils.MetricFamily.COUNTER)
    self.counter = self.family.Metric(labels={"model": "counts"})
    self.times = pb_utils.MetricFamily("request_sizes", "Sizes.", pb_utils.MetricFamily.HISTOGRAM)
    self.histogram = self.times.Metric(buckets=[1, 10])

def execute(self, requests):
    responses = []
    for request in requests:
        values = request.inputs()[0].as_numpy()
        try:
            self.counter.increment(float(values[0]))
        except pb_utils.TritonModelException as error:
            responses.append(pb_utils.InferenceResponse(error=pb_utils.TritonError(str(error))))
            continue
        self.histogram.observe(float(values[0]))
        responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", values * 0 + self.counter.value())]))
    return responses`);

test('metrics of a model are among those of the server', async () => {
  assert.deepEqual((await infer(server, 'counts', fp32Request([2]))).body.outputs[0].data, [2]);
  assert.deepEqual((await infer(server, 'counts', fp32Request([40]))).body.outputs[0].data, [42]);
  const { body } = await infer(server, 'counts', fp32Request([-1]));
  assert.match(
    body.error,
    /Failed to increment metric value: TRITONSERVER_METRIC_KIND_COUNTER can only/,
  );
  const text = await (await fetch(`${server.metrics}/metrics`)).text();
  assert.match(text, /^requests_total\{model="counts"\} 42$/m);
  assert.match(text, /^request_sizes_bucket\{le="10"\} 1$/m);
  assert.match(text, /^request_sizes_count 2$/m);
});
