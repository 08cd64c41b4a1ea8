/**
 * Runs the tests of the package it is started in: every `*.test.js` under `dist`, or under the folder
 * that is named. `--one-by-one` keeps files from disturbing each other's measurements.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [folder = 'dist', option] = process.argv.slice(2);
const concurrency = option === '--one-by-one' ? 1 : 2;
const reporter = join(dirname(fileURLToPath(import.meta.url)), 'count-reporter.mjs');
const files = existsSync(folder)
  ? readdirSync(folder, { recursive: true }).filter((name) => /\.test\.m?js$/.test(name))
  : [];
if (files.length === 0) {
  process.stdout.write('no unit tests\n');
  process.exit(0);
}
const result = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    '--test-timeout=300000',
    `--test-concurrency=${concurrency}`,
    `--test-reporter=${pathToFileURL(reporter).href}`,
    '--test-reporter-destination=stdout',
    ...files.map((name) => join(folder, name)).sort(),
  ],
  { stdio: 'inherit' },
);
process.exit(result.status ?? 1);
