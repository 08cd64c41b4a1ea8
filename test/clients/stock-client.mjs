/** Runs a client of another project against a server with the models of test/models/clients. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, startServer } from '../e2e/server-process.mjs';
import { runProgram, Unavailable } from './toolchain.mjs';

const RUN_LIMIT_MS = 120_000;
const SERVER_FLAGS = [
  `--model-repository=${join(root, 'test', 'models', 'clients')}`,
  '--model-control-mode=explicit',
  '--load-model=*',
];

/**
 * One test, in which `check(t, server, client)` runs subtests. `prepare` returns the client; where the
 * platform cannot have it, the test is skipped and says why.
 */
export function stockClientTest(name, { prepare, check }) {
  test(name, async (t) => {
    const client = await prepare().catch((error) => {
      if (error instanceof Unavailable) return error;
      throw error;
    });
    if (client instanceof Unavailable) {
      t.skip(client.message);
      return;
    }
    const server = await startServer(SERVER_FLAGS);
    t.after(() => server.kill());
    await check(t, server, client);
    assert.ok(!server.exited, `the server ended:\n${server.log}`);
  });
}

/** What a client program needs to know, as it reads it. */
export function addresses(server) {
  return { SERVER_HTTP: server.address('HTTPService'), SERVER_GRPC: server.grpc };
}

/**
 * Runs a program that reports its own tests, each as a subtest. It prints `ok NAME` or `not ok NAME`, the
 * latter after indented lines that say why, and at the end `1..COUNT`.
 */
export async function runReportingProgram(t, server, [program, ...args]) {
  const { status, stdout, stderr } = await runProgram(program, args, {
    env: addresses(server),
    limitMs: RUN_LIMIT_MS,
  });
  const results = readResults(stdout);
  await reportResults(t, results);
  const context = `\n${stdout}${stderr}`;
  assert.match(stdout, new RegExp(`^1\\.\\.${results.length}$`, 'm'), `it broke off${context}`);
  assert.ok(results.length > 0, `it tested nothing${context}`);
  assert.equal(status, results.every(({ ok }) => ok) ? 0 : 1, `exit status${context}`);
}

/** Turns `{ name, ok, reason }` into subtests. */
export async function reportResults(t, results) {
  for (const { name, ok, reason } of results) {
    await t.test(name, () => {
      if (!ok) throw new Error(reason);
    });
  }
}

function readResults(stdout) {
  const results = [];
  let reason = '';
  for (const line of stdout.split('\n')) {
    const found = /^(not )?ok (.+)$/.exec(line);
    if (found) results.push({ name: found[2], ok: !found[1], reason });
    reason = found ? '' : `${reason}${line}\n`;
  }
  return results;
}
