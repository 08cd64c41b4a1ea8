import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSync } from '@grpc/proto-loader';
import { root, startServer } from '../server-process.mjs';

const protos = join(root, 'protos');
const { requestSerialize } = loadSync(join(protos, 'grpc_service.proto'), {
  includeDirs: [protos],
})['inference.GRPCInferenceService'].ModelStreamInfer;
const NEXT_ANSWER_LIMIT_MS = 10_000;

/** Stock gRPC clients reset with CANCEL; this is what any other HTTP/2 client may do. */
test('a stream reset with NO_ERROR ends its decoupled request', async (t) => {
  const server = await startServer([
    `--model-repository=${join(root, 'test', 'models', 'clients')}`,
    '--model-control-mode=explicit',
    '--load-model=repeat',
  ]);
  t.after(() => server.kill());
  const session = connect(`http://${server.grpc}`);
  t.after(() => session.destroy());

  const abandoned = openStream(session);
  abandoned.write(repeatFrame(2_000_000_000));
  await new Promise((resolve) => setTimeout(resolve, 200));
  // Without `end`: a stream that its client has ended is closed by any reset.
  abandoned.destroy();

  // The model has one instance: an answer shows that it is free again.
  const next = openStream(session);
  next.end(repeatFrame(1));
  const signal = AbortSignal.timeout(NEXT_ANSWER_LIMIT_MS);
  const [chunk] = await once(next, 'data', { signal });
  assert.ok(chunk.byteLength > 0);
});

function openStream(session) {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/inference.GRPCInferenceService/ModelStreamInfer',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  return stream.on('error', () => {});
}

/** A message in gRPC's framing: no compression, its length, its bytes. */
function repeatFrame(count) {
  const message = requestSerialize({
    modelName: 'repeat',
    inputs: [{ name: 'N', datatype: 'INT32', shape: [1] }],
    rawInputContents: [Buffer.from(new Int32Array([count]).buffer)],
  });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([prefix, message]);
}
