/**
 * `npm run tidy`: checks the workspace against its own rules, and fails with a sentence for each
 * breach.
 */

import { appendFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dependencies } from './dependencies.js';
import { exportsRule } from './exports.js';
import { fileShape } from './file-shape.js';
import { layering } from './layering.js';
import { packageShape } from './package-shape.js';
import { repositoryContent } from './repository-content.js';
import { words } from './words.js';
import { type Rule, readWorkspace } from './workspace.js';

const RULES: Readonly<Record<string, Rule>> = {
  layering,
  dependencies,
  'file shape': fileShape,
  exports: exportsRule,
  words,
  'package shape': packageShape,
  'repository content': repositoryContent,
};

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const workspace = readWorkspace(root);
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const [name, rule] of Object.entries(RULES)) {
  const problems = rule(workspace);
  counts[problems.length === 0 ? 'passed' : 'failed'] += 1;
  if (problems.length > 0) process.stdout.write(`${name}:\n`);
  for (const problem of problems) process.stdout.write(`  ${problem}\n`);
}
const results = process.env['NEREID_TEST_RESULTS'];
if (results) appendFileSync(results, `${JSON.stringify(counts)}\n`);
process.stdout.write(`tidy: ${counts.passed} rules hold, ${counts.failed} are broken\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
