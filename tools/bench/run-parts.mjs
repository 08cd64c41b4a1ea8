/** The parts of a run: loads on several servers, and what is not a load. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeModels } from './model-repository.mjs';
import { runPerfAnalyzer } from './perf-analyzer.mjs';
import { measureScale, SCALE_NAMES } from './scale.mjs';
import { measureStartUp } from './start-up.mjs';
import { takeTurns } from './take-turns.mjs';

const STARTS = 5;
const PERF_ANALYZER_ROUNDS = 3;
const PERF_ANALYZER_PEERS = ['nereid', 'triton'];
const CLASSIFIER = fileURLToPath(new URL('./classifier.mjs', import.meta.url));
const CLASSIFIER_ARGUMENTS = ['--rounds', '5', '--seconds', '2'];

/**
 * Each adds a property to the report. It is called with `{ peers, entries, settings }`: `entries` and
 * `settings` as `takeTurns` takes them.
 */
export const PARTS = {
  loads: {
    property: 'rows',
    run: async ({ peers, entries, settings }) => {
      const workloads = entries.map(({ workload }) => workload);
      return withServers(peers, workloads, (servers) => takeTurns(entries, servers, settings));
    },
  },
  'start-up': {
    property: 'startUp',
    run: ({ peers }) => measureStartUp(peers[0], { starts: STARTS }),
  },
  scale: {
    property: 'scale',
    run: ({ peers, settings }) => measureScale(peers[0], SCALE_NAMES, settings),
  },
  'perf-analyzer': {
    property: 'perfAnalyzer',
    run: ({ peers }) => {
      const measured = peers.filter(({ name }) => PERF_ANALYZER_PEERS.includes(name));
      const workloads = [{ model: 'python', group: 'python' }];
      return withServers(measured, workloads, (servers) =>
        runPerfAnalyzer(servers, { rounds: PERF_ANALYZER_ROUNDS }),
      );
    },
  },
  classifier: { property: 'classifier', run: runClassifier },
};

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

/** A program of its own, which prints what it does. */
async function runClassifier() {
  const folder = mkdtempSync(join(tmpdir(), 'nereid-bench-'));
  try {
    const file = join(folder, 'classifier.json');
    const args = [CLASSIFIER, ...CLASSIFIER_ARGUMENTS, '--json', file];
    const child = spawn(process.execPath, args, { stdio: ['ignore', process.stderr, 'inherit'] });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error('the classifier could not be measured');
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
