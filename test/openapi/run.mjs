/**
 * Lets schemathesis make requests from the server's own OpenAPI document, good ones and bad ones, and holds
 * the answers against it: no status, content type or body that is not documented, and no status 500 but
 * with a message that the document lists.
 *
 *   node test/openapi/run.mjs [--examples 20] [--seed 1]
 */

import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePython } from '../../tools/python-environment.mjs';
import { startServer } from '../e2e/server-process.mjs';

/** It takes a minute on a busy machine. */
const LIMIT_MS = 300_000;

const CHECKS = [
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
  'unsupported_method',
  'internal_error_is_documented',
];

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
});
const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nereid-openapi-'));
const server = await startServer([
  `--model-repository=${join(here, 'models')}`,
  '--model-control-mode=explicit',
  '--load-model=*',
]);
try {
  process.exitCode = report(test(server.http));
} finally {
  server.kill();
  rmSync(folder, { recursive: true });
}

function test(address) {
  const options = [
    `--checks=${CHECKS.join(',')}`,
    `--max-examples=${values.examples}`,
    `--seed=${values.seed}`,
    '--phases=examples,coverage,fuzzing',
    '--request-timeout=10',
    '--warnings=off',
    '--no-color',
  ];
  const { status, stdout, stderr } = spawnSync(
    join(dirname(ensurePython()), 'schemathesis'),
    ['run', `${address}/v2/openapi.json`, ...options],
    {
      // It leaves a database of examples where it runs.
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: here, SCHEMATHESIS_HOOKS: 'checks' },
      maxBuffer: 2 ** 28,
      timeout: LIMIT_MS,
    },
  );
  return { status, output: `${stdout}${stderr}` };
}

/** Returns the exit code. Each request made is a test. */
function report({ status, output }) {
  const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(output)?.[1] ?? 0);
  const made = count('generated');
  const failed = status === 0 && made > 0 && !server.exited ? 0 : Math.max(count('found'), 1);
  if (failed > 0) process.stdout.write(`${output}\n${server.exited ? server.log : ''}\n`);
  process.stdout.write(`${made} requests made from the document, ${failed} failures\n`);
  const results = process.env.NEREID_TEST_RESULTS;
  if (results) {
    appendFileSync(results, `${JSON.stringify({ passed: made - failed, failed, skipped: 0 })}\n`);
  }
  return failed === 0 ? 0 : 1;
}
