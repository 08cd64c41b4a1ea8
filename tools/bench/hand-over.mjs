/**
 * What a request costs the main thread when front-end threads keep it busy; see README.md.
 *
 *     node tools/bench/hand-over.mjs [THREADS [SECONDS [IN_FLIGHT]]]
 *
 * With 0 threads, the requests come from the main thread itself: what a model costs without them.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger, systemClock } from '@nereid/core';
import { FrontendThreads } from '@nereid/frontend-threads';
import { createServer } from '@nereid/server';
import plugin from './hand-over-frontend.mjs';
import { writeModels } from './model-repository.mjs';

const [threads = '1', seconds = '3', inFlight = '64'] = process.argv.slice(2);
const repository = mkdtempSync(join(tmpdir(), 'nereid-hand-over-'));
writeModels(repository, ['identity'], { identity: 'identity' });
const server = await createServer({
  modelRepository: repository,
  http: false,
  grpc: false,
  metrics: false,
  log: { logInfo: false },
});
await server.start();
const settings = new Map([['in-flight', inFlight]]);
const front = threads === '0' ? plugin.createFrontend(server.inference, { settings }) : onThreads();
await front.start();
await sleep(1500);
const before = look();
await sleep(Number(seconds) * 1000);
const after = look();
const count = after.count - before.count;
const elapsedUs = (after.ns - before.ns) / 1000;
const busy = performance.eventLoopUtilization(after.loop, before.loop);
const mainUs = (after.mainUs - before.mainUs) / count;
const figures = {
  threads: Number(threads),
  perSecond: Math.round((count / elapsedUs) * 1e6),
  mainUs,
  otherUs: (after.allUs - before.allUs) / count - mainUs,
  busyPercent: Math.round(busy.utilization * 100),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await front.stop(1000);
await server.stop();
rmSync(repository, { recursive: true });

function onThreads() {
  const module = new URL('./hand-over-frontend.mjs', import.meta.url).href;
  return new FrontendThreads({
    count: Number(threads),
    server: server.inference,
    logger: silentLogger,
    clock: systemClock,
    authorizer: undefined,
    accessLog: undefined,
  }).frontend({ name: 'driver', module, settings });
}

function look() {
  const [statistics] = server.inference.modelStatistics('identity', undefined);
  const { user, system } = process.cpuUsage();
  const stat = readFileSync('/proc/thread-self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    count: statistics.inferenceCount,
    ns: systemClock.nowNs(),
    loop: performance.eventLoopUtilization(),
    allUs: user + system,
    mainUs: (Number(fields[11]) + Number(fields[12])) * 10_000,
  };
}
