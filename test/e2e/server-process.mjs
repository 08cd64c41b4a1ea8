/** Starts a real server process on free ports of this machine, and stops it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const LAUNCHER = join(root, 'packages', 'server', 'dist', 'nereid.js');
const START_LIMIT_MS = 30_000;

/** Flags for every server, such as another transport: the same tests run again with them. */
const EXTRA_FLAGS = (process.env.NEREID_TEST_FLAGS ?? '').split(' ').filter(Boolean);

const LOOPBACK = [
  '--http-address=127.0.0.1',
  '--grpc-address=127.0.0.1',
  '--metrics-address=127.0.0.1',
  '--http-port=0',
  '--grpc-port=0',
  '--metrics-port=0',
];

/**
 * Resolves when the server is ready, or has ended; `exited` tells then. Whoever starts one stops it,
 * best by `t.after(() => server.kill())`.
 */
export async function startServer(args, { waitForReady = true, environment = {} } = {}) {
  const server = new ServerProcess([...LOOPBACK, ...EXTRA_FLAGS, ...args], environment);
  const limit = Date.now() + START_LIMIT_MS;
  while (!server.exited && !(await server.isUp(waitForReady))) {
    if (Date.now() > limit) {
      server.kill();
      throw new Error(`the server did not become ready:\n${server.log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return server;
}

class ServerProcess {
  log = '';
  exitCode = undefined;
  #child;
  #exit;

  constructor(args, environment) {
    this.#child = spawn(process.execPath, [LAUNCHER, ...args], {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.log += text;
      });
    }
    this.#exit = once(this.#child, 'exit').then(([code]) => {
      this.exitCode = code;
      return code;
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get exited() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The address a service announced in the log, such as `127.0.0.1:40123`; undefined before. */
  address(service) {
    return new RegExp(`Started ${service} at ([0-9.]+:[0-9]+)`).exec(this.log)?.[1];
  }

  get http() {
    return `http://${this.address('HTTPService')}`;
  }

  get grpc() {
    return this.address('GRPCInferenceService');
  }

  get metrics() {
    return `http://${this.address('Metrics Service')}`;
  }

  async isUp(waitForReady) {
    if (!this.address('HTTPService') || !this.address('GRPCInferenceService')) return false;
    if (!waitForReady) return true;
    const response = await fetch(`${this.http}/v2/health/ready`).catch(() => undefined);
    return response?.status === 200;
  }

  /** Resolves with the exit code. */
  stop(signal = 'SIGTERM') {
    this.#child.kill(signal);
    return this.#exit;
  }

  kill() {
    if (!this.exited) this.#child.kill('SIGKILL');
  }
}

/** Sends an inference request with JSON tensors; returns status and parsed body. */
export async function infer(server, model, body) {
  const response = await fetch(`${server.http}/v2/models/${model}/infer`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** A POST to a path without a body of interest, such as a load. */
export async function post(server, path, body = {}) {
  const response = await fetch(`${server.http}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** The value below which `share` of the sorted values lie. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
