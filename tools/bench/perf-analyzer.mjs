/** What perf_analyzer, Triton's own load generator, reports about the servers, side by side. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePerfAnalyzer } from '../../test/clients/perf-analyzer/ensure-perf-analyzer.mjs';
import { readReport } from '../../test/clients/perf-analyzer/read-report.mjs';
import { runProgram } from '../../test/clients/toolchain.mjs';
import { measureLoad } from './measure-load.mjs';
import { short, table } from './report-tables.mjs';
import { median } from './statistics.mjs';
import { WORKLOADS } from './workloads.mjs';

const MODEL = 'python';
const IN_FLIGHT = [1, 4, 16, 64];
/** By protocol: what runs on each server before its code is measured, as code that is new is slow. */
const HEAT_WORKLOADS = { grpc: 'python-grpc', http: 'python-http-binary' };
const HEAT = { concurrency: 16, seconds: 0.1, warmUpSeconds: 0.3 };
const RUN_LIMIT_MS = 60_000;
/**
 * It joins three windows of this length, as it does when they are alike; here they always are, so that
 * the time is bounded. A number of requests instead of a length sometimes leaves it waiting for ever.
 */
const WINDOW_MS = 700;
const ALWAYS_ALIKE = ['--stability-percentage=999', '--max-trials=3'];
const WARM_UP_REQUESTS = 200;

/**
 * Resolves with a row for each protocol and number in flight: `{ protocol, inFlight, results }`, where
 * results are medians of the rounds, `{ perSecond, p50Us, p99Us }`, by the name of the peer.
 */
export async function runPerfAnalyzer(servers, { rounds }) {
  const tool = await ensurePerfAnalyzer();
  const rows = [];
  for (const [protocol, workload] of Object.entries(HEAT_WORKLOADS)) {
    await heat(servers, workload);
    for (const inFlight of IN_FLIGHT) {
      const reports = Object.fromEntries(servers.map(({ peer }) => [peer.name, []]));
      for (let round = 0; round < rounds; round += 1) {
        for (const { peer, server } of round % 2 === 0 ? servers : [...servers].reverse()) {
          reports[peer.name].push(await profile(tool, server, { protocol, inFlight }));
        }
      }
      process.stderr.write(`perf_analyzer, ${protocol}, ${inFlight} in flight\n`);
      rows.push({ protocol, inFlight, results: mediansOf(reports) });
    }
  }
  return rows;
}

async function heat(servers, name) {
  const workload = WORKLOADS.find((each) => each.name === name);
  for (const { peer, server } of servers) {
    await measureLoad(server, { ...HEAT, workload, warmUpRequests: peer.heatRequests });
  }
}

async function profile({ program, libraries, folder }, server, { protocol, inFlight }) {
  const { host, port } = protocol === 'http' ? server.httpAddress : server.grpcAddress;
  const file = join(folder, `bench-${process.pid}.csv`);
  const args = ['-m', MODEL, '-i', protocol, '-u', `${host}:${port}`, '--shape', 'INPUT0:16'];
  const { status, stdout, stderr } = await runProgram(
    program,
    [
      ...args,
      `--concurrency-range=${inFlight}`,
      `--warmup-request-count=${WARM_UP_REQUESTS}`,
      `--measurement-interval=${WINDOW_MS}`,
      ...ALWAYS_ALIKE,
      '-f',
      file,
    ],
    { env: { LD_LIBRARY_PATH: libraries }, limitMs: RUN_LIMIT_MS },
  );
  if (status !== 0) throw new Error(`perf_analyzer failed:\n${stdout}${stderr}`);
  const report = readReport(readFileSync(file, 'utf8'));
  return {
    perSecond: report['Inferences/Second'],
    p50Us: report['p50 latency'],
    p99Us: report['p99 latency'],
  };
}

function mediansOf(reports) {
  const medians = (list) =>
    Object.fromEntries(
      Object.keys(list[0]).map((key) => [key, median(list.map((report) => report[key]))]),
    );
  return Object.fromEntries(Object.entries(reports).map(([name, list]) => [name, medians(list)]));
}

export function perfAnalyzerTable(rows, peers) {
  const head = ['protocol', 'in flight'];
  for (const { title } of peers) head.push(`${title} req/s`, 'p50 µs', 'p99 µs');
  const lines = rows.map(({ protocol, inFlight, results }) => [
    protocol,
    inFlight,
    ...peers.flatMap(({ name }) => Object.values(results[name]).map(short)),
  ]);
  return table(head, lines);
}
