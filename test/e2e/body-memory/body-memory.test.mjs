/**
 * The memory of large bodies, and of what Python models answer, is used again for other clients.
 * Nobody may ever see another one's bytes: not a model that is slow, not one whose client has gone,
 * not one that failed.
 */

import { test } from 'node:test';
import { grpcClient, grpcInfer, inferStream } from '../grpc-client.mjs';
import { modelConfig, writeModels } from '../model-folder.mjs';
import { ECHO, startPythonServer } from '../python-server.mjs';
import { startServer } from '../server-process.mjs';
import { CLIENTS, httpInfer, inRounds, message } from './rounds.mjs';

/** Answers a tenth of its requests late, and refuses some. */
const SLOW_ECHO = `let count = 0;
export async function execute(requests) {
  count += 1;
  if (count % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  if (count % 13 === 0) throw new Error('refused');
  return requests.map(({ inputs }) => ({ outputs: { OUTPUT0: inputs.INPUT0 } }));
}
`;

async function start(t) {
  const folder = await writeModels(t, {
    echo: { config: modelConfig('javascript'), source: SLOW_ECHO },
    plain: { config: modelConfig('identity') },
  });
  const server = await startServer([`--model-repository=${folder}`]);
  t.after(() => server.kill());
  return server;
}

test('over HTTP everybody gets his own bytes', async (t) => {
  const server = await start(t);
  for (const model of ['echo', 'plain']) {
    await inRounds((value) => httpInfer(server, { model, value }));
  }
});

test('also next to clients that go away before their answer', async (t) => {
  const server = await start(t);
  const model = 'echo';
  await inRounds(async (value, client) => {
    if (client % 2 === 0) return httpInfer(server, { model, value });
    await httpInfer(server, { model, value, signal: AbortSignal.timeout(value % 7) }).catch(
      () => {},
    );
    return httpInfer(server, { model, value });
  });
});

test('over gRPC everybody gets his own bytes', async (t) => {
  const server = await start(t);
  const clients = Array.from({ length: CLIENTS }, () => grpcClient(t, server));
  for (const model of ['echo', 'plain']) {
    await inRounds(async (value, client) => {
      const { response } = await grpcInfer(clients[client], message(model, value));
      return response?.rawOutputContents[0];
    });
  }
});

test('Python models answer everybody with his own bytes', async (t) => {
  const server = await startPythonServer(t, { echo: ECHO });
  const model = 'echo';
  const clients = Array.from({ length: CLIENTS }, () => grpcClient(t, server));
  await inRounds(async (value, client) => {
    if (client % 3 === 0) {
      const { response } = await grpcInfer(clients[client], message('echo', value));
      return response?.rawOutputContents[0];
    }
    if (client % 3 === 1) {
      await httpInfer(server, { model, value, signal: AbortSignal.timeout(value % 7) }).catch(
        () => {},
      );
    }
    return httpInfer(server, { model, value });
  });
});

test('on gRPC streams everybody gets his own bytes', async (t) => {
  const server = await start(t);
  const streams = Array.from({ length: CLIENTS }, () => inferStream(t, grpcClient(t, server)));
  await inRounds((value, client) => {
    const stream = streams[client];
    const answer = new Promise((resolve) => stream.once('data', resolve));
    stream.write(message('echo', value));
    return answer.then(({ inferResponse }) => inferResponse?.rawOutputContents[0]);
  });
});
