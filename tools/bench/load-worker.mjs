/** A thread that keeps requests of one scenario in flight and measures them. */

import { parentPort, workerData } from 'node:worker_threads';
import { GrpcConnection } from './grpc-connection.mjs';
import { HttpConnection } from './http-connection.mjs';
import { encodeScenario } from './scenarios.mjs';

const MAX_SAMPLES = 4_000_000;
/** gRPC calls that share a connection. */
const CALLS_PER_CONNECTION = 6;

const { scenario, model, protocol, address, concurrency, warmUpMs, measureMs } = workerData;
const latenciesMs = new Float64Array(MAX_SAMPLES);
let count = 0;
let measuring = false;

const load = {
  ...encodeScenario(scenario, model),
  stopped: false,
  done(startedMs) {
    if (measuring && count < MAX_SAMPLES) latenciesMs[count++] = performance.now() - startedMs;
  },
  fail(message) {
    if (this.stopped) return;
    this.stopped = true;
    parentPort.postMessage({ failure: message });
  },
};

const connections = openConnections();
setTimeout(() => {
  measuring = true;
  const startedMs = performance.now();
  parentPort.postMessage({ measuring: true });
  setTimeout(() => finish(performance.now() - startedMs), measureMs);
}, warmUpMs);

function openConnections() {
  if (protocol === 'http') {
    return Array.from({ length: concurrency }, () => new HttpConnection(address, load));
  }
  const streaming = protocol === 'grpc-stream';
  const connectionCount = streaming ? 1 : Math.ceil(concurrency / CALLS_PER_CONNECTION);
  return Array.from({ length: connectionCount }, (_, i) => {
    const inFlight = Math.ceil((concurrency - i) / connectionCount);
    return new GrpcConnection(address, load, { inFlight, streaming });
  });
}

function finish(elapsedMs) {
  if (load.stopped) return;
  measuring = false;
  load.stopped = true;
  const sorted = latenciesMs.subarray(0, count).sort();
  const at = (share) => (sorted[Math.min(count - 1, Math.floor(count * share))] ?? 0) * 1000;
  parentPort.postMessage({
    result: { count, perSecond: count / (elapsedMs / 1000), p50Us: at(0.5), p99Us: at(0.99) },
  });
  for (const connection of connections) connection.close();
}
