/**
 * Python models have large inputs where they were received. Whatever they do with them, others get
 * what they have sent.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grpcClient, grpcInfer } from '../grpc-client.mjs';
import { modelConfig } from '../model-folder.mjs';
import { ECHO, executing, PRELUDE, startPythonServer } from '../python-server.mjs';
import { CLIENTS, httpInfer, inRounds, message } from './rounds.mjs';

/** Keeps a tenth of its inputs for a while, and fails when one of them has changed. */
const KEEPER = `${PRELUDE}
class TritonPythonModel:
    def initialize(self, args):
        self.kept = []
        self.count = 0

    def execute(self, requests):
        return [self.answer(request.inputs()[0]) for request in requests]

    def answer(self, tensor):
        self.count += 1
        data = tensor._buffer()
        for view, contents in self.kept:
            if bytes(view) != contents:
                return pb_utils.InferenceResponse([], pb_utils.TritonError("kept data has changed"))
        if self.count % 10 == 0:
            self.kept = self.kept[-4:] + [(data[100:500], bytes(data[100:500]))]
        return pb_utils.InferenceResponse([
            pb_utils.Tensor._from_memory("OUTPUT0", tensor.triton_dtype(), tensor.shape(), data)
        ])
`;

/** Overwrites its input, and answers with what had been there. */
const SCRIBBLER = executing(`responses = []
for request in requests:
    tensor = request.inputs()[0]
    data = tensor._buffer()
    before = bytes(data)
    data[:] = bytes(len(data))
    responses.append(pb_utils.InferenceResponse([
        pb_utils.Tensor._from_memory("OUTPUT0", tensor.triton_dtype(), tensor.shape(), before)
    ]))
return responses`);

/** Dies of some of its requests. */
const MORTAL = executing(`responses = []
for request in requests:
    tensor = request.inputs()[0]
    data = bytes(tensor._buffer())
    if int(memoryview(data).cast("f")[0]) % 40 == 13:
        os._exit(1)
    responses.append(pb_utils.InferenceResponse([
        pb_utils.Tensor._from_memory("OUTPUT0", tensor.triton_dtype(), tensor.shape(), data)
    ]))
return responses`);

/** The input goes to both models, one after the other or at the same time. */
const BOTH = `platform: "ensemble"
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [
  { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] },
  { name: "SCRIBBLED" data_type: TYPE_FP32 dims: [ -1 ] }
]
ensemble_scheduling { step [
  { model_name: "scribbler" model_version: -1
    input_map { key: "INPUT0" value: "INPUT0" } output_map { key: "OUTPUT0" value: "SCRIBBLED" } },
  { model_name: "echo" model_version: -1
    input_map { key: "INPUT0" value: "INPUT0" } output_map { key: "OUTPUT0" value: "OUTPUT0" } }
] }`;

test('a model may keep inputs for as long as it likes', async (t) => {
  const server = await startPythonServer(t, { keeper: KEEPER });
  const clients = Array.from({ length: CLIENTS }, () => grpcClient(t, server));
  await inRounds(async (value, client) => {
    if (client % 2 === 0) return httpInfer(server, { model: 'keeper', value });
    const { response } = await grpcInfer(clients[client], message('keeper', value));
    return response.rawOutputContents[0];
  });
});

test('a model may change its inputs, of which nobody else notices anything', async (t) => {
  const server = await startPythonServer(t, {
    scribbler: SCRIBBLER,
    echo: ECHO,
    both: { config: BOTH, files: { '1/.keep': '' } },
  });
  const clients = Array.from({ length: CLIENTS }, () => grpcClient(t, server));
  await inRounds(async (value, client) => {
    if (client % 4 === 0) return httpInfer(server, { model: 'scribbler', value });
    const { response } = await grpcInfer(clients[client], message('both', value));
    const [first, second] = response.rawOutputContents;
    assert.ok(first.equals(second), `${value} was changed by another model`);
    return first;
  });
});

test("what a model had when it died is nobody else's trouble", async (t) => {
  const config = `${modelConfig('python')}\ninstance_group [ { count: 2 kind: KIND_CPU } ]`;
  const server = await startPythonServer(t, { mortal: { source: MORTAL, config } });
  await inRounds((value) => httpInfer(server, { model: 'mortal', value }));
});
