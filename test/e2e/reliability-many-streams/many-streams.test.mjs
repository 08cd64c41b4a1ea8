import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fp32Message, grpcClient, inferStream } from '../grpc-client.mjs';
import { slowModel, writeModels } from '../model-folder.mjs';
import { startServer } from '../server-process.mjs';

const STREAMS = 1000;
const CONNECTIONS = 4;
const REQUESTS = 3;

test('a thousand gRPC streams at once are all answered right', async (t) => {
  const models = await writeModels(t, { echo: slowModel(0) });
  const server = await startServer([`--model-repository=${models}`]);
  t.after(() => server.kill());
  const clients = Array.from({ length: CONNECTIONS }, () => grpcClient(t, server));
  const calls = Array.from({ length: STREAMS }, (_, index) =>
    inferStream(t, clients[index % CONNECTIONS]),
  );
  const answers = calls.map(async (call) => {
    const values = [];
    for await (const { errorMessage, inferResponse } of call) {
      values.push(errorMessage || inferResponse.rawOutputContents[0].readFloatLE());
    }
    return values;
  });
  // In rounds, so that all streams are open at the same time.
  for (let round = 0; round < REQUESTS; round += 1) {
    for (const [index, call] of calls.entries()) {
      call.write(fp32Message('echo', [index * REQUESTS + round]));
    }
  }
  for (const call of calls) call.end();
  for (const [index, values] of (await Promise.all(answers)).entries()) {
    const first = index * REQUESTS;
    assert.deepEqual(values, [first, first + 1, first + 2]);
  }
});
