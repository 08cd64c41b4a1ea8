import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fp32Message, grpcClient, grpcInfer } from '../grpc-client.mjs';
import { fp32Request, slowModel, writeModels } from '../model-folder.mjs';
import { cpuShare, descriptorCount, eventually } from '../process-gauge.mjs';
import { infer, startServer } from '../server-process.mjs';

const LEFT = 50;
const COMING = 300;
const ANSWER_LIMIT_MS = 10_000;
const KEPT_REQUESTS = 20;
/** Far from a core that spins. */
const SHARE_LIMIT = 0.3;

test('connections beyond the file descriptors neither spin nor disturb those that were kept', async (t) => {
  const models = await writeModels(t, { echo: slowModel(0) });
  const server = await startServer([`--model-repository=${models}`]);
  t.after(() => server.kill());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const client = grpcClient(t, server);
  assert.equal(await askKept(server, agent), 200);
  assert.equal((await grpcInfer(client, fp32Message('echo', [1]))).error, null);
  const limit = descriptorCount(server.pid) + LEFT;
  execFileSync('prlimit', ['--pid', String(server.pid), `--nofile=${limit}:${limit}`]);

  const sockets = ['HTTPService', 'GRPCInferenceService'].flatMap((service) => {
    const [host, port] = server.address(service).split(':');
    return Array.from({ length: COMING / 2 }, () =>
      connect(Number(port), host)
        .on('error', () => {})
        .resume(),
    );
  });
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  await sleep(1000);
  const share = await cpuShare(server.pid, 2000);
  t.diagnostic(`${Math.round(share * 100)} % of a core while no descriptor is left`);
  for (let count = 0; count < KEPT_REQUESTS; count += 1) {
    assert.equal(await askKept(server, agent), 200);
    const deadline = Date.now() + ANSWER_LIMIT_MS;
    assert.equal((await grpcInfer(client, fp32Message('echo', [1]), { deadline })).error, null);
  }
  assert.ok(share < SHARE_LIMIT, `${share} of a core`);

  for (const socket of sockets) socket.destroy();
  const served = () =>
    infer(server, 'echo', fp32Request([1])).then(
      ({ status }) => status === 200,
      () => false,
    );
  assert.ok(await eventually(served, 20_000), 'new connections are served again');
});

/** One request over the connection that is kept. */
function askKept(server, agent) {
  return new Promise((resolve, reject) => {
    const url = `${server.http}/v2/models/echo/infer`;
    const sent = request(url, { method: 'POST', agent, timeout: ANSWER_LIMIT_MS }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    sent.on('error', reject).on('timeout', () => sent.destroy(new Error('no answer')));
    sent.end(JSON.stringify(fp32Request([1])));
  });
}
