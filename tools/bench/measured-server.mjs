/** A server process that is started for measuring, and what it and its children use. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { cpuUsOf, residentBytesOf, usageOf } from './process-usage.mjs';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;
const LOOK_EVERY_MS = 10;
const LOG_LIMIT = 10_000;

/** Servers that run: none may outlive this process, however it ends. */
const running = new Set();
let isGuarded = false;

export class MeasuredServer {
  /** From the start of the process until it was ready. */
  startMs = 0;
  #child;
  #log = '';
  #ports;

  /** Starts `command` with a model repository, on free ports, and waits until it is ready. */
  static start(command, repository, options) {
    const [program, ...args] = command;
    return MeasuredServer.launch(program, {
      ...options,
      args: ({ http, grpc, metrics }) => [
        ...args,
        `--model-repository=${repository}`,
        ...['http', 'grpc', 'metrics'].map((name) => `--${name}-address=127.0.0.1`),
        `--http-port=${http}`,
        `--grpc-port=${grpc}`,
        `--metrics-port=${metrics}`,
      ],
    });
  }

  /**
   * Starts a program and waits until it answers /v2/health/ready. `args` makes its arguments from the
   * ports for HTTP, gRPC and metrics; `environment`, which may be made so, too, is added to this
   * process's. It also waits for `readyPaths`.
   */
  static async launch(program, { args, environment = {}, readyPaths = [] }) {
    const server = new MeasuredServer();
    const [http, grpc, metrics] = await freePorts(3);
    server.#ports = { http, grpc, metrics };
    const added = typeof environment === 'function' ? environment(server.#ports) : environment;
    await server.#spawn(program, args(server.#ports), added);
    for (const path of readyPaths) await server.#untilReady(path);
    return server;
  }

  /** The end of what the server has written. */
  get log() {
    return this.#log;
  }

  get pid() {
    return this.#child.pid;
  }

  get httpAddress() {
    return { host: '127.0.0.1', port: this.#ports.http };
  }

  get grpcAddress() {
    return { host: '127.0.0.1', port: this.#ports.grpc };
  }

  /** CPU time used so far by the process and all its descendants that are alive, in microseconds. */
  cpuUs() {
    return cpuUsOf(this.#child.pid);
  }

  /** The same of each process: `{ pid, name, cpuUs }`, this one first. */
  usage() {
    return usageOf(this.#child.pid);
  }

  residentBytes() {
    return residentBytesOf(this.#child.pid);
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    await once(this.#child, 'exit');
    clearTimeout(timer);
  }

  async #spawn(program, args, environment) {
    const startMs = performance.now();
    this.#child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    endWithThisProcess(this.#child);
    this.#child.on('error', (error) => {
      this.#log += error.message;
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (text) => {
        this.#log = (this.#log + text).slice(-LOG_LIMIT);
      });
    }
    await this.#untilReady('/v2/health/ready');
    this.startMs = performance.now() - startMs;
  }

  async #untilReady(path) {
    const url = `http://127.0.0.1:${this.#ports.http}${path}`;
    const limit = Date.now() + START_LIMIT_MS;
    while (Date.now() < limit && this.#child.pid && this.#child.exitCode === null) {
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    if (this.#child.pid) await this.stop();
    throw new Error(`the server did not become ready:\n${this.#log}`);
  }
}

function endWithThisProcess(child) {
  if (!isGuarded) {
    isGuarded = true;
    process.once('exit', () => {
      for (const each of running) each.kill('SIGKILL');
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Holds all ports at once before letting go, so that they differ. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  for (const server of servers) server.close();
  return ports;
}
