import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NEVER_CANCELLED, NO_PARAMETERS } from '@nereid/core';
import { createServer } from '@nereid/server';

const here = dirname(fileURLToPath(import.meta.url));
const modelRepository = join(here, '..', 'graceful-stop', 'models');

test('serves in process without front ends', async (t) => {
  const server = await createServer({ modelRepository, http: false, grpc: false, metrics: false });
  t.after(() => server.stop());
  await server.start();
  const outputs = await infer(server, new Float32Array([1, 2, 3, 4]));
  assert.deepEqual([...new Float32Array(outputs[0].data.slice().buffer)], [1, 2, 3, 4]);
});

test('two servers live in one process, each with its own ports', async (t) => {
  const options = () => ({
    modelRepository,
    http: { address: '127.0.0.1', port: 0 },
    grpc: { address: '127.0.0.1', port: 0 },
    metrics: false,
  });
  const servers = [await createServer(options()), await createServer(options())];
  t.after(() => Promise.all(servers.map((server) => server.stop())));
  await Promise.all(servers.map((server) => server.start()));
  const ports = servers.flatMap(({ addresses }) => addresses.map(({ port }) => port));
  assert.equal(new Set(ports).size, 4);
  for (const { addresses } of servers) {
    const { host, port } = addresses.find(({ service }) => service === 'HTTPService');
    assert.equal((await fetch(`http://${host}:${port}/v2/health/ready`)).status, 200);
  }
});

function infer({ inference }, values) {
  return new Promise((resolve, reject) => {
    const request = {
      modelName: 'slow',
      modelVersion: undefined,
      id: '',
      inputs: [
        {
          name: 'INPUT0',
          datatype: 'FP32',
          shape: [1, 4],
          data: new Uint8Array(values.buffer),
        },
      ],
      requestedOutputs: [],
      sequence: undefined,
      priority: 0,
      timeoutUs: 0,
      parameters: NO_PARAMETERS,
      signal: NEVER_CANCELLED,
    };
    let outputs;
    inference.infer(request, {
      response(response) {
        outputs = response.outputs;
        return undefined;
      },
      end(error) {
        if (error) reject(error);
        else resolve(outputs);
      },
    });
  });
}
