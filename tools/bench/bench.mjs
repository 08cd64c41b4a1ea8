/**
 * Measures inference on this server and on others of the same protocols:
 *
 *   node tools/bench/bench.mjs [--peers nereid,triton] [--only python] [--concurrency 1,16]
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './describe-machine.mjs';
import { writeModels } from './model-repository.mjs';
import { choosePeers, PEER_NAMES } from './peers/choose-peers.mjs';
import { pictureOf } from './report-picture.mjs';
import { detailTable, ratioTable } from './report-tables.mjs';
import { takeTurns } from './take-turns.mjs';
import { chooseWorkloads, WORKLOADS } from './workloads.mjs';

const GROUPS = [...new Set(WORKLOADS.map(({ group }) => group))];
const DEFAULT_IN_FLIGHT = 16;

const USAGE = `usage: node tools/bench/bench.mjs [options]

  --peers NAME,...      servers (default nereid,triton): ${PEER_NAMES.join(', ')}
  --only NAME,...       workloads, or groups of them: ${GROUPS.join(', ')}
  --concurrency N,...   requests in flight (default ${DEFAULT_IN_FLIGHT}, or what the workload is for)
  --rounds N            how often each server has its turn (default 3)
  --seconds N           time that counts, of a workload's turn on a server (default 1.5)
  --warm-up N           seconds before (default 0.4)
  --nereid-flags FLAGS  added to the command line of Nereid
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
    seconds: { type: 'string', default: '1.5' },
    'warm-up': { type: 'string', default: '0.4' },
    'nereid-flags': { type: 'string', default: '' },
    cpu: { type: 'string' },
    json: { type: 'string' },
    picture: { type: 'string' },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

if (values.help) process.stdout.write(USAGE);
else if (values.list) process.stdout.write(`${WORKLOADS.map(({ name }) => name).join('\n')}\n`);
else await main();

async function main() {
  const workloads = chooseWorkloads(values.only?.split(','));
  const peers = choosePeers(values.peers.split(','), {
    nereidFlags: values['nereid-flags'].split(' ').filter(Boolean),
  });
  for (const peer of peers) peer.prepare();
  const numbers = values.concurrency?.split(',').map(Number);
  const entries = workloads.flatMap((workload) =>
    (numbers ?? [workload.inFlight ?? DEFAULT_IN_FLIGHT]).map((inFlight) => ({
      workload,
      inFlight,
    })),
  );
  const machine = describeMachine();
  const rows = await withServers(peers, workloads, (servers) =>
    takeTurns(entries, servers, {
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      warmUpSeconds: Number(values['warm-up']),
      cpu: values.cpu,
      onRow: ({ name, inFlight }) => process.stderr.write(`${name}, ${inFlight} in flight\n`),
    }),
  );
  process.stdout.write(`${machine}\n\n${ratioTable(rows, peers)}\n\n${detailTable(rows, peers)}\n`);
  const failed = rows.some(({ results }) => Object.values(results).some(({ failure }) => failure));
  if (failed) process.exitCode = 1;
  const report = { machine, peers: peers.map(({ name, title }) => ({ name, title })), rows };
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (values.picture) writeFileSync(values.picture, pictureOf(report));
}

/** Starts the peers with the models that they have, and stops them in any case. */
async function withServers(peers, workloads, use) {
  const folder = mkdtempSync(join(tmpdir(), 'nereid-bench-'));
  const servers = [];
  try {
    for (const peer of peers) {
      const supported = workloads.filter((workload) => peer.supports(workload));
      const names = [...new Set(supported.map(({ model }) => model))];
      if (names.length === 0) continue;
      const repository = join(folder, peer.name);
      (peer.writeModels ?? writeModels)(repository, names, peer.backends);
      servers.push({ peer, server: await peer.start(repository) });
    }
    return await use(servers);
  } finally {
    for (const { server } of servers) await server.stop();
    rmSync(folder, { recursive: true });
  }
}
