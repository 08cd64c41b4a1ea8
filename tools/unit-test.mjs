/**
 * Runs the tests of the package it is started in: every `*.test.js` under `dist`, or under the folders
 * that are named. `--one-by-one` keeps files from disturbing each other's measurements.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ONE_BY_ONE = '--one-by-one';
const named = process.argv.slice(2).filter((argument) => argument !== ONE_BY_ONE);
const folders = named.length > 0 ? named : ['dist'];
const concurrency = process.argv.includes(ONE_BY_ONE) ? 1 : 2;
const reporter = join(dirname(fileURLToPath(import.meta.url)), 'count-reporter.mjs');
const files = folders.flatMap(testFiles);
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
    ...files.sort(),
  ],
  { stdio: 'inherit' },
);
process.exit(result.status ?? 1);

function testFiles(folder) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true });
  return names.filter((name) => /\.test\.m?js$/.test(name)).map((name) => join(folder, name));
}
