/** Runs the unit tests of the package it is started in: every `*.test.js` under `dist`. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = process.argv[2] ?? 'dist';
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
    '--test-concurrency=2',
    `--test-reporter=${pathToFileURL(reporter).href}`,
    '--test-reporter-destination=stdout',
    ...files.map((name) => join(folder, name)).sort(),
  ],
  { stdio: 'inherit' },
);
process.exit(result.status ?? 1);
