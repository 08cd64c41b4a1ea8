/** Puts one scenario's load on a server for a while, from a thread of its own. */

import { Worker } from 'node:worker_threads';

/**
 * Resolves with requests per second, latencies, and the server's CPU time per request; with a
 * `failure` when an answer is not what it has to be. `model` replaces the scenario's own.
 */
export function measureLoad(server, { scenario, model, concurrency, seconds, warmUpSeconds }) {
  const { name, protocol } = scenario;
  const worker = new Worker(new URL('./load-worker.mjs', import.meta.url), {
    workerData: {
      scenario: name,
      model,
      protocol,
      address: protocol === 'http' ? server.httpAddress : server.grpcAddress,
      concurrency,
      warmUpMs: warmUpSeconds * 1000,
      measureMs: seconds * 1000,
    },
  });
  let cpuStartUs = 0;
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', ({ measuring, failure, result }) => {
      if (measuring) cpuStartUs = server.cpuUs();
      if (failure) resolve({ failure });
      if (result) resolve({ ...result, cpuUs: (server.cpuUs() - cpuStartUs) / result.count });
    });
  }).finally(() => worker.terminate());
}
