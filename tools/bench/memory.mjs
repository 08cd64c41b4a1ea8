/**
 * Does memory come back, and does time grow only with the number of models? Runs each scenario in a
 * process of its own and prints its figures; ends with code 1 when one of them fails.
 *
 *     node tools/bench/memory.mjs [scenario…]
 *     NEREID_MEMORY_CYCLES=5000 node tools/bench/memory.mjs javascript-cycles
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SCENARIOS } from './memory/scenarios.mjs';

const CHILD = '--child';

async function runHere(name) {
  const { passed, lines } = await SCENARIOS[name]();
  for (const line of lines) process.stdout.write(`    ${line}\n`);
  process.stdout.write(`    ${passed ? 'passed' : 'FAILED'}\n`);
  process.exitCode = passed ? 0 : 1;
}

function runAll(names) {
  for (const name of names) {
    process.stdout.write(`${name}\n`);
    const script = fileURLToPath(import.meta.url);
    const { status } = spawnSync(process.execPath, [script, CHILD, name], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}

const [first, second, ...more] = process.argv.slice(2);
const unknown = [first, second, ...more].find((word) => {
  return word !== undefined && word !== CHILD && !(word in SCENARIOS);
});
if (unknown !== undefined) {
  process.stderr.write(`no scenario ${unknown}; there are ${Object.keys(SCENARIOS).join(', ')}\n`);
  process.exitCode = 2;
} else if (first === CHILD) {
  await runHere(second);
} else {
  runAll(first === undefined ? Object.keys(SCENARIOS) : process.argv.slice(2));
}
