/**
 * Sends the same request to a server, such as for its health, one after the other, from a process of
 * its own: a test that is busy itself would measure its own delays. Run by `startProbe`, never by
 * hand.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

const PAUSE_MS = 5;

/**
 * Starts asking: GET, or POST with a body. The function returned stops it and resolves with the
 * latencies in milliseconds.
 */
export async function startProbe(t, server, { path = '/v2/health/ready', body } = {}) {
  const words = [`${server.http}${path}`, ...(body === undefined ? [] : [body])];
  const child = fork(fileURLToPath(import.meta.url), words);
  t.after(() => child.kill());
  await once(child, 'message');
  return async () => {
    child.send('stop');
    const [latenciesMs] = await once(child, 'message');
    return latenciesMs;
  };
}

async function run(url, body) {
  const agent = new Agent({ keepAlive: true });
  const latenciesMs = [];
  let stopped = false;
  process.once('message', () => {
    stopped = true;
  });
  await ask(url, { agent, body });
  process.send('started');
  while (!stopped) {
    latenciesMs.push(await ask(url, { agent, body }));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  agent.destroy();
  process.send(latenciesMs, () => process.disconnect());
}

function ask(url, { agent, body }) {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url, { method, agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().on('end', () => resolve(performance.now() - startMs));
    });
    sent.on('error', reject).end(body);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.argv[2], process.argv[3]);
