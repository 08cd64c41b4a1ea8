/**
 * Measures inference on this server and on others of the same protocols:
 *
 *   node tools/bench/bench.mjs [--peers nereid,triton] [--only python] [--concurrency 1,16]
 *   node tools/bench/bench.mjs --parts all > report.md
 */

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './describe-machine.mjs';
import { goalsOf, goalsTable } from './goals.mjs';
import { choosePeers, PEER_NAMES } from './peers/choose-peers.mjs';
import { perfAnalyzerTable } from './perf-analyzer.mjs';
import { profileText } from './profile-text.mjs';
import { pictureOf } from './report-picture.mjs';
import { detailTable, ratioTable } from './report-tables.mjs';
import { PARTS } from './run-parts.mjs';
import { scaleTable } from './scale.mjs';
import { chooseWorkloads, WORKLOADS } from './workloads.mjs';

const GROUPS = [...new Set(WORKLOADS.map(({ group }) => group))];
const PART_NAMES = Object.keys(PARTS);
const USUAL_IN_FLIGHT = 16;
const ALL = 'all';
/** What `--parts all` measures with these numbers in flight, too. */
const VARIED = ['python-http-binary', 'python-grpc', 'python-stream', 'identity-grpc'];
const VARIED_IN_FLIGHT = [1, 64, 256];

const USAGE = `usage: node tools/bench/bench.mjs [options]

  --peers NAME,...      servers (default nereid,triton): ${PEER_NAMES.join(', ')}
  --only NAME,...       workloads, or groups of them: ${GROUPS.join(', ')}
  --concurrency N,...   requests in flight (default ${USUAL_IN_FLIGHT}, or what the workload is for)
  --rounds N            how often each server has its turn (default 3)
  --seconds N           time that counts, of a workload's turn on a server (default 1)
  --warm-up N           seconds before (default 0.3)
  --parts NAME,...      ${PART_NAMES.join(', ')} (default loads), or all, which
                        takes about eleven minutes
  --cold                without the load before the rounds that makes code fast
  --nereid-flags FLAGS  added to the command line of Nereid
  --profile FOLDER      writes CPU profiles of Nereid there, and prints what took its time
  --cpu N               core that the load generator stays on (default: any)
  --json FILE           writes all figures
  --picture FILE        writes a picture (SVG) of the CPU time per request
  --list                names the workloads
`;

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: 'nereid,triton' },
    only: { type: 'string' },
    concurrency: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1' },
    'warm-up': { type: 'string', default: '0.3' },
    parts: { type: 'string', default: 'loads' },
    'nereid-flags': { type: 'string', default: '' },
    cold: { type: 'boolean', default: false },
    profile: { type: 'string' },
    cpu: { type: 'string' },
    json: { type: 'string' },
    picture: { type: 'string' },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const isAll = values.parts === ALL;

if (values.help) process.stdout.write(USAGE);
else if (values.list) process.stdout.write(`${WORKLOADS.map(({ name }) => name).join('\n')}\n`);
else await main();

async function main() {
  const peers = choosePeers(values.peers.split(','), {
    nereidFlags: values['nereid-flags'].split(' ').filter(Boolean),
    profileFolder: values.profile && resolve(values.profile),
  });
  for (const peer of peers) peer.prepare();
  const report = {
    machine: describeMachine(),
    peers: peers.map(({ name, title }) => ({ name, title })),
  };
  const settings = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values['warm-up']),
    isCold: values.cold,
    cpu: values.cpu,
    onRow: ({ name, inFlight }) => process.stderr.write(`${name}, ${inFlight} in flight\n`),
  };
  for (const name of chosenParts()) {
    const { property, run } = PARTS[name];
    report[property] = await run({ peers, entries: entries(), settings });
  }
  process.stdout.write(`${textOf(report)}\n`);
  if (values.profile) process.stdout.write(`\n${profileText(values.profile)}\n`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (values.picture && report.rows) writeFileSync(values.picture, pictureOf(report));
  const hasFailed = (report.rows ?? []).some(({ results }) =>
    Object.values(results).some(({ failure }) => failure),
  );
  if (hasFailed) process.exitCode = 1;
}

function chosenParts() {
  if (isAll) return PART_NAMES;
  const names = values.parts.split(',');
  const unknown = names.filter((name) => !(name in PARTS));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}`);
  return names;
}

/** All of them with the usual number in flight, some also with others. */
function entries() {
  const workloads = chooseWorkloads(values.only?.split(','));
  const numbers = values.concurrency?.split(',').map(Number);
  return workloads.flatMap((workload) => {
    const usual = workload.inFlight ?? USUAL_IN_FLIGHT;
    const varied = isAll && VARIED.includes(workload.name) ? [usual, ...VARIED_IN_FLIGHT] : [usual];
    return (numbers ?? varied).map((inFlight) => ({
      workload,
      inFlight,
      isUsual: inFlight === usual,
      // Where another server would have its Python model again, there is nothing new to see.
      isOwn: isAll && !workload.group.startsWith('python'),
    }));
  });
}

function textOf(report) {
  const { machine, peers, rows, scale, perfAnalyzer } = report;
  const texts = [machine];
  const goals = goalsOf(report);
  if (goals.length > 0) texts.push('### Goals', goalsTable(goals));
  if (rows)
    texts.push('### Loads', ratioTable(rows, peers), '### Details', detailTable(rows, peers));
  if (perfAnalyzer) {
    const measured = peers.filter(({ name }) => perfAnalyzer[0].results[name]);
    texts.push('### perf_analyzer', perfAnalyzerTable(perfAnalyzer, measured));
  }
  if (scale) texts.push('### A hundredfold', scaleTable(scale));
  return texts.join('\n\n');
}
