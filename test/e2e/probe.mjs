/**
 * Sends the same request to a server, such as for its health, one after the other, from a process of
 * its own: a test that is busy itself would measure its own delays. In between it asks a control, a
 * server that does nothing else, whose delays are those of the machine. Run by `startProbe`, never
 * by hand.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { percentile } from './server-process.mjs';

const PAUSE_MS = 5;
/** The server has more to do than the control, and waits for the processor more often. */
const CONTROL_WEIGHT = 3;

/**
 * Starts asking: GET, or POST with a body. The function returned stops it and resolves with the 99th
 * percentiles of the server and of the control in milliseconds, and with what is the server's own.
 */
export async function startProbe(t, server, { path = '/v2/health/ready', body } = {}) {
  const control = await startControl(t);
  const target = [`${server.http}${path}`, ...(body === undefined ? [] : [body])];
  const probe = await forkRole(t, ['probe', control.url, ...target]);
  return async () => {
    probe.child.send('stop');
    const [{ latenciesMs, controlsMs }] = await once(probe.child, 'message');
    control.stop();
    const [p99Ms, controlP99Ms] = [percentile(latenciesMs, 0.99), percentile(controlsMs, 0.99)];
    const ownMs = Math.max(0, p99Ms - CONTROL_WEIGHT * controlP99Ms);
    return { count: latenciesMs.length, p99Ms, controlP99Ms, ownMs };
  };
}

/** Starts a server that answers everything at once. */
export async function startControl(t) {
  const { child, message: url } = await forkRole(t, ['control']);
  return { url, stop: () => child.kill() };
}

/** What a test says about a probe. */
export function describeProbe({ count, p99Ms, controlP99Ms }) {
  return `${count} requests, p99 ${p99Ms.toFixed(1)} ms, control ${controlP99Ms.toFixed(1)} ms`;
}

async function forkRole(t, words) {
  const child = fork(fileURLToPath(import.meta.url), words);
  t.after(() => child.kill());
  const [message] = await once(child, 'message');
  return { child, message };
}

function serveControl() {
  const server = createServer((_, response) => response.end('{}'));
  server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`));
  process.once('disconnect', () => process.exit());
}

async function probe(controlUrl, url, body) {
  const agent = new Agent({ keepAlive: true });
  const [latenciesMs, controlsMs] = [[], []];
  let stopped = false;
  process.once('message', () => {
    stopped = true;
  });
  await ask(controlUrl, { agent });
  await ask(url, { agent, body });
  process.send('started');
  while (!stopped || latenciesMs.length === 0) {
    latenciesMs.push(await ask(url, { agent, body }));
    controlsMs.push(await ask(controlUrl, { agent }));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  agent.destroy();
  process.send({ latenciesMs, controlsMs }, () => process.disconnect());
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [role, ...words] = process.argv.slice(2);
  if (role === 'control') serveControl();
  else await probe(...words);
}
