/** The cases of h2spec, a conformance checker for HTTP/2, against the native gRPC transport. */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensureGoPrograms, runProgram, Unavailable } from '../clients/toolchain.mjs';
import { root, startServer } from '../e2e/server-process.mjs';

const PROGRAMS = ['github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible'];
const CASES = 146;
const FIXTURES = join(root, 'packages', 'grpc-transport', 'fixtures');
const CONNECTIONS = {
  plain: { flags: [], options: [] },
  encrypted: {
    flags: [
      '--grpc-use-ssl=true',
      `--grpc-server-cert=${join(FIXTURES, 'server.pem')}`,
      `--grpc-server-key=${join(FIXTURES, 'server-key.pem')}`,
    ],
    options: ['--tls', '--insecure'],
  },
};

for (const [what, { flags, options }] of Object.entries(CONNECTIONS)) {
  test(`h2spec finds nothing wrong on ${what} connections`, async (t) => {
    const folder = await ensureGoPrograms('h2spec', PROGRAMS).catch((error) => {
      if (error instanceof Unavailable) return error;
      throw error;
    });
    if (folder instanceof Unavailable) {
      t.skip(folder.message);
      return;
    }
    const models = await mkdtemp(join(tmpdir(), 'nereid-h2spec-'));
    t.after(() => rm(models, { recursive: true }));
    const server = await startServer([
      '--grpc-transport=native',
      `--model-repository=${models}`,
      ...flags,
    ]);
    t.after(() => server.kill());
    const [host, port] = server.grpc.split(':');
    const where = ['--host', host, '--port', port];
    const args = ['--strict', '--timeout', '5', ...where, ...options];
    const { status, stdout } = await runProgram(join(folder, 'h2spec'), args);
    const [, total, passed] = /^(\d+) tests, (\d+) passed, 0 skipped, 0 failed/m.exec(stdout) ?? [];
    assert.equal(Number(passed), CASES, stdout.slice(stdout.indexOf('Failures:')));
    assert.equal(total, passed);
    assert.equal(status, 0);
    assert.ok(!server.exited, server.log);
  });
}
