/** A gRPC client of the inference service. */

import { join } from 'node:path';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { root } from './server-process.mjs';

const protos = join(root, 'protos');
const definition = loadPackageDefinition(
  loadSync(join(protos, 'grpc_service.proto'), { includeDirs: [protos], defaults: true }),
);

/** A client with a connection of its own; it is closed after the test. */
export function grpcClient(t, server, options = {}) {
  const client = new definition.inference.GRPCInferenceService(
    server.grpc,
    credentials.createInsecure(),
    { 'grpc.use_local_subchannel_pool': 1, ...options },
  );
  t.after(() => client.close());
  return client;
}

/** The message of a request with one FP32 tensor. */
export function fp32Message(modelName, values) {
  return {
    modelName,
    inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [values.length] }],
    rawInputContents: [Buffer.from(new Float32Array(values).buffer)],
  };
}

/** Resolves with `{ response }` or `{ error }`. */
export function grpcInfer(client, message, options = {}) {
  return new Promise((resolve) => {
    client.modelInfer(message, options, (error, response) => resolve({ error, response }));
  });
}

/** Opens a stream that is cancelled after the test, so that a failed one leaves nothing open. */
export function inferStream(t, client) {
  const call = client.modelStreamInfer();
  t.after(() => call.on('error', () => {}).cancel());
  return call;
}
