/** Tensors of 64 MB go there and back, and take no more memory than docs/performance.md says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grpcClient, grpcInfer } from '../grpc-client.mjs';
import { slowModel, writeModels } from '../model-folder.mjs';
import { MEBIBYTE, MemoryWatch } from '../process-gauge.mjs';
import { startServer } from '../server-process.mjs';

const TENSOR_BYTES = 64 * MEBIBYTE;
/** The received tensor, which is sent from where it lies. */
const HTTP_LIMIT_BYTES = 1.5 * TENSOR_BYTES;
/** That, the smaller buffers that it grew out of, and what the client has not taken yet. */
const GRPC_LIMIT_BYTES = 3 * TENSOR_BYTES;
const NO_LIMIT = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };

const tensor = Buffer.alloc(TENSOR_BYTES);
for (let index = 0; index < TENSOR_BYTES; index += 4096) tensor.writeUInt32LE(index, index);

async function start(t) {
  const server = await startServer([
    `--model-repository=${await writeModels(t, { echo: slowModel(0) })}`,
  ]);
  t.after(() => server.kill());
  return server;
}

/** Sends the tensor, and looks at the memory meanwhile. */
async function sendWatched(t, { server, limitBytes }, send) {
  const watch = new MemoryWatch(server.pid);
  const answer = await send();
  const growth = watch.stop();
  assert.ok(answer.equals(tensor), 'the bytes that came back differ');
  t.diagnostic(`${Math.round(growth / MEBIBYTE)} MiB more at most`);
  assert.ok(growth < limitBytes, `${growth} bytes more`);
}

test('64 MB go both ways over HTTP', async (t) => {
  const server = await start(t);
  const json = JSON.stringify({
    inputs: [
      {
        name: 'INPUT0',
        datatype: 'FP32',
        shape: [TENSOR_BYTES / 4],
        parameters: { binary_data_size: TENSOR_BYTES },
      },
    ],
    parameters: { binary_data_output: true },
  });
  const body = Buffer.concat([Buffer.from(json), tensor]);
  await sendWatched(t, { server, limitBytes: HTTP_LIMIT_BYTES }, async () => {
    const response = await fetch(`${server.http}/v2/models/echo/infer`, {
      method: 'POST',
      headers: {
        'Inference-Header-Content-Length': String(json.length),
        // An answer that is compressed is joined for that, which takes its size once more.
        'Accept-Encoding': 'identity',
      },
      body,
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(response.status, 200, bytes.subarray(0, 200).toString());
    return bytes.subarray(Number(response.headers.get('inference-header-content-length')));
  });
});

test('64 MB go both ways over gRPC', async (t) => {
  const server = await start(t);
  const client = grpcClient(t, server, NO_LIMIT);
  const message = {
    modelName: 'echo',
    inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [TENSOR_BYTES / 4] }],
    rawInputContents: [tensor],
  };
  await sendWatched(t, { server, limitBytes: GRPC_LIMIT_BYTES }, async () => {
    const { error, response } = await grpcInfer(client, message);
    assert.equal(error, null);
    return response.rawOutputContents[0];
  });
});
