/** A Go program with stubs generated from protos/ by the stock generators. */

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateStubs, PROTO_FILES } from '../protoc.mjs';
import { addresses, reportResults, stockClientTest } from '../stock-client.mjs';
import {
  cacheFolder,
  ensureGoPrograms,
  goEnvironment,
  mustRun,
  runProgram,
} from '../toolchain.mjs';

const GENERATORS = [
  'google.golang.org/protobuf/cmd/protoc-gen-go@v1.33.0',
  'google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.3.0',
];
const PACKAGE = 'stockclient/inference';
const SOURCES = ['go.mod', 'go.sum', 'client_test.go'];

/** A module under the cache: the sources of this folder and the stubs. Resolves with its test binary. */
async function prepare() {
  const programs = await ensureGoPrograms('generators', GENERATORS);
  const module = cacheFolder('go');
  for (const name of SOURCES) copyFileSync(join(import.meta.dirname, name), join(module, name));
  const stubs = cacheFolder('go', 'inference');
  const packages = PROTO_FILES.map((file) => `M${file}=${PACKAGE}`);
  const mapping = ['paths=source_relative', ...packages].join(',');
  await generateStubs({
    folder: stubs,
    tools: programs,
    options: [
      `--go_out=${stubs}`,
      `--go_opt=${mapping}`,
      `--go-grpc_out=${stubs}`,
      `--go-grpc_opt=${mapping}`,
    ],
  });
  const binary = join(module, 'client.test');
  await mustRun('go', ['test', '-c', '-o', binary, '.'], { cwd: module, env: goEnvironment() });
  return binary;
}

async function check(t, server, binary) {
  const { status, stdout, stderr } = await runProgram(binary, ['-test.v', '-test.timeout=60s'], {
    env: addresses(server),
  });
  const results = readGoResults(stdout);
  await reportResults(t, results);
  assert.ok(results.length > 0, `no test ran:\n${stdout}${stderr}`);
  assert.equal(status, results.every(({ ok }) => ok) ? 0 : 1, `${stdout}${stderr}`);
}

/** Go prints what a test has to say between `=== RUN` and its `--- PASS` or `--- FAIL`. */
function readGoResults(stdout) {
  const pattern = /^=== RUN\s+(\S+)\n([\s\S]*?)^--- (PASS|FAIL): \1 /gm;
  return [...stdout.matchAll(pattern)].map(([, name, reason, verdict]) => ({
    name,
    ok: verdict === 'PASS',
    reason,
  }));
}

stockClientTest('a Go client', { prepare, check });
