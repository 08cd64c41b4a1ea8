/**
 * `npm test`: installs what the tests need, builds, and runs everything, cheapest first. Goes on after a
 * failure, so that one run shows all of them, and closes with `N passed, N failed`.
 *
 *   npm test                    everything
 *   npm test -- unit tidy       only these steps
 *   npm test -- --list          the steps
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, root, say } from './bootstrap.mjs';
import { ensurePython } from './python-environment.mjs';

const results = join(mkdtempSync(join(tmpdir(), 'nereid-test-')), 'results');
const nxEnvironment = { NX_DAEMON: 'false', NX_TUI: 'false' };
const python = (...args) => [ensurePython(), args];
const node = (...args) => [process.execPath, args];
const pytest = (folder) =>
  python('-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-p', 'tools.count_results', folder);
const otherClient = (name) => node('tools/unit-test.mjs', `test/clients/${name}`);
const e2e = (...names) => node('tools/unit-test.mjs', '--one-by-one', ...names);
/** The same with the transports that are not the default. */
const overOtherTransports = ([program, args]) => [
  program,
  args,
  { NEREID_TEST_FLAGS: OTHER_TRANSPORTS },
];
/** The same with front ends on threads. */
const onThreads = ([program, args]) => [
  program,
  args,
  { NEREID_TEST_FLAGS: '--frontend-threads=2' },
];
const OTHER_TRANSPORTS = '--grpc-transport=grpc-js --http-transport=node';
/** The behaviour that a transport has a part in. */
const TRANSPORT_E2E = [
  'access-log',
  'graceful-stop',
  'generate',
  'reliability-alien-bytes',
  'reliability-body-budget',
  'reliability-http2-floods',
  'reliability-many-streams',
  'reliability-slow-reader',
  'reliability-vanished-clients',
  'security',
].map((name) => `test/e2e/${name}`);

/** In the order they run. Each returns a command; one that counts its own tests appends to `results`. */
const STEPS = {
  lint: () => ['npx', ['biome', 'ci', '--colors=off', '--error-on-warnings', '.']],
  tidy: () => node('tools/tidy/dist/tidy.js'),
  generated: () => node('packages/protocol/scripts/generate.mjs', '--check'),
  unit: () => ['npx', ['nx', 'run-many', '-t', 'test', '--parallel=2', '--outputStyle=static']],
  e2e: () => node('tools/unit-test.mjs', 'test/e2e', '--one-by-one'),
  clients: () => pytest('test/clients/python'),
  'pb-utils': () => pytest('backends/python/python/tests'),
  grpcurl: () => otherClient('grpcurl'),
  java: () => otherClient('java'),
  go: () => otherClient('go'),
  cpp: () => otherClient('cpp'),
  kserve: () => otherClient('kserve'),
  'perf-analyzer': () => otherClient('perf-analyzer'),
  stores: () => node('test/stores/run.mjs'),
  conformance: () => python('test/conformance/run.py'),
  onnx: () => python('test/conformance/onnx/run.py'),
  openapi: () => node('test/openapi/run.mjs'),
  fuzz: () => node('test/fuzz/run.mjs', '--seconds', '60'),
  h2spec: () => node('tools/unit-test.mjs', 'test/h2spec'),
  frames: () => node('test/fuzz/frames.mjs', '--seconds', '20'),
  'transport-e2e': () => overOtherTransports(e2e(...TRANSPORT_E2E)),
  'transport-clients': () => overOtherTransports(pytest('test/clients/python')),
  'transport-go': () => overOtherTransports(otherClient('go')),
  'transport-cpp': () => overOtherTransports(otherClient('cpp')),
  'transport-grpcurl': () => overOtherTransports(otherClient('grpcurl')),
  'transport-conformance': () => overOtherTransports(python('test/conformance/run.py')),
  'threads-e2e': () => onThreads(e2e('test/e2e/security', 'test/e2e/tracing')),
  'threads-conformance': () => onThreads(python('test/conformance/run.py', '--set', 'main')),
};

const wanted = process.argv.slice(2);
if (wanted.includes('--list')) {
  process.stdout.write(`${Object.keys(STEPS).join('\n')}\n`);
  process.exit(0);
}
const unknown = wanted.filter((name) => !(name in STEPS));
if (unknown.length > 0) {
  say(`unknown step ${unknown.join(', ')}; the steps are ${Object.keys(STEPS).join(', ')}`);
  process.exit(2);
}

ensureBuilt();
writeFileSync(results, '');
const totals = { passed: 0, failed: 0, skipped: 0 };
for (const [name, command] of Object.entries(STEPS)) {
  if (wanted.length === 0 || wanted.includes(name)) runStep(name, command);
}
rmSync(join(results, '..'), { recursive: true });
say('all steps done');
process.stdout.write(
  `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`,
);
process.exitCode = totals.failed === 0 ? 0 : 1;

/** A step that writes no counts counts as one test: its exit status. */
function runStep(name, command) {
  say(`--- ${name}`);
  const startMs = Date.now();
  writeFileSync(results, '');
  const [program, args, environment] = command();
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...nxEnvironment, ...environment, NEREID_TEST_RESULTS: results },
  });
  if (error) say(`${name}: ${error.message}`);
  const counts = readCounts();
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  if (status === 0 && counts.passed + counts.skipped === 0) counts.passed = 1;
  for (const key of Object.keys(totals)) totals[key] += counts[key];
  const verdict = counts.failed === 0 ? 'ok' : 'FAILED';
  const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
  say(`--- ${name}: ${verdict}, ${counts.passed} passed, ${counts.failed} failed (${seconds} s)`);
}

function readCounts() {
  const lines = readFileSync(results, 'utf8').split('\n').filter(Boolean);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const line of lines) {
    for (const [key, value] of Object.entries(JSON.parse(line))) counts[key] += value;
  }
  return counts;
}
