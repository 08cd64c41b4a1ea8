/** A server process that is started for measuring, and the CPU time it and its children use. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;
/** The unit of /proc/PID/stat, which Linux fixes for programs. */
const TICKS_PER_SECOND = 100;

export class MeasuredServer {
  #child;
  #log = '';
  #ports;

  /** Starts `command` with a model repository, on free ports, and waits until it is ready. */
  static async start(command, repository) {
    const server = new MeasuredServer();
    await server.#start(command, repository);
    return server;
  }

  get httpAddress() {
    return { host: '127.0.0.1', port: this.#ports[0] };
  }

  get grpcAddress() {
    return { host: '127.0.0.1', port: this.#ports[1] };
  }

  /** CPU time used so far by the process and all its descendants that are alive, in microseconds. */
  cpuUs() {
    return cpuUsOf(this.#child.pid);
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    await once(this.#child, 'exit');
    clearTimeout(timer);
  }

  async #start(command, repository) {
    this.#ports = await freePorts(3);
    const [http, grpc, metrics] = this.#ports;
    const [program, ...args] = command;
    this.#child = spawn(
      program,
      [
        ...args,
        `--model-repository=${repository}`,
        ...['http', 'grpc', 'metrics'].map((name) => `--${name}-address=127.0.0.1`),
        `--http-port=${http}`,
        `--grpc-port=${grpc}`,
        `--metrics-port=${metrics}`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child.on('error', (error) => {
      this.#log += error.message;
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (text) => {
        this.#log = (this.#log + text).slice(-10_000);
      });
    }
    await this.#untilReady(http);
  }

  async #untilReady(port) {
    const limit = Date.now() + START_LIMIT_MS;
    while (Date.now() < limit && this.#child.exitCode === null) {
      const answer = await fetch(`http://127.0.0.1:${port}/v2/health/ready`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.stop();
    throw new Error(`the server did not become ready:\n${this.#log}`);
  }
}

/** CPU time used so far by a process and all its descendants that are alive, in microseconds. */
export function cpuUsOf(pid) {
  const ticks = descendants(pid).reduce((sum, each) => sum + ticksOf(each), 0);
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

/** Holds all ports at once before letting go, so that they differ. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  for (const server of servers) server.close();
  return ports;
}

function descendants(pid) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(name)?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [pid];
  for (const parent of found) found.push(...(children.get(parent) ?? []));
  return found;
}

/** The fields of /proc/PID/stat from the third on: the second may contain spaces. */
function statOf(pid) {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  try {
    const text = readFileSync(path, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function ticksOf(pid) {
  const stat = statOf(pid);
  return stat ? Number(stat[11]) + Number(stat[12]) : 0;
}
