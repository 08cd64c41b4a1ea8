/** A real Redis, from Debian's package, on a free port of this machine. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from '../../clients/toolchain.mjs';

const START_LIMIT_MS = 10_000;

/** Rejects with `Unavailable` where it cannot be installed. */
export function ensureRedis() {
  return ensureInstalled(['redis-server'], ['redis-server']);
}

/** Starts one that is stopped after the test. `options` are of redis.conf, by name. */
export async function startRedis(t, options = {}) {
  const redis = new RedisServer(await freePort(), options);
  t.after(() => redis.remove());
  await redis.start();
  return redis;
}

/** An address where nothing listens. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

class RedisServer {
  port;
  #folder = mkdtempSync(join(tmpdir(), 'nereid-redis-'));
  #options;
  #child;

  constructor(port, options) {
    this.port = port;
    this.#options = options;
  }

  /** Starts it, also anew at the same port, empty. */
  async start() {
    const settings = { port: this.port, bind: '127.0.0.1', save: '', dir: this.#folder };
    const args = Object.entries({ ...settings, ...this.#options });
    this.#child = spawn(
      'redis-server',
      args.flatMap(([name, value]) => [`--${name}`, String(value)]),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.#child.stdout.resume();
    const limit = Date.now() + START_LIMIT_MS;
    while (!(await this.#listens())) {
      if (Date.now() > limit || this.#child.exitCode !== null)
        throw new Error('Redis did not start');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** As a machine that fails: no connection is closed in order. */
  async kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  /** It keeps its connections and answers nothing. */
  freeze() {
    this.#child.kill('SIGSTOP');
  }

  thaw() {
    this.#child.kill('SIGCONT');
  }

  async remove() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #listens() {
    const port = this.#options['tls-port'] ?? this.port;
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () =>
        resolve(false),
      );
      socket.on('connect', () => socket.destroy());
    });
  }
}
