/** The compiled load generator: builds it when its sources have changed, and runs it. */

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const SOURCES = join(here, 'load-generator');
const CACHE = join(here, '..', '..', '.cache', 'bench');
const COMPILERS = ['c++', 'g++', 'clang++'];
const COMPILER_FLAGS = ['-std=c++20', '-O2', '-Wall', '-Wextra'];

let program;

/** The path of the program. Throws when it cannot be built. */
export function loadGeneratorProgram() {
  program ??= build();
  return program;
}

/** Runs it with these arguments. Resolves with its result: a `failure` when the load broke off. */
export async function runLoadGenerator(args) {
  const child = spawn(loadGeneratorProgram(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [result, problem] = ['', ''];
  child.stdout.on('data', (text) => {
    result += text;
  });
  child.stderr.on('data', (text) => {
    problem += text;
  });
  await once(child, 'close');
  if (result !== '') return JSON.parse(result);
  return { failure: problem || 'the load generator ended without a result' };
}

function build() {
  const files = readdirSync(SOURCES).sort();
  const hash = createHash('sha256').update(COMPILER_FLAGS.join(' '));
  for (const file of files) hash.update(file).update(readFileSync(join(SOURCES, file)));
  const target = join(CACHE, `load-generator-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(target)) return target;
  mkdirSync(CACHE, { recursive: true });
  const units = files.filter((file) => file.endsWith('.cc')).map((file) => join(SOURCES, file));
  const unfinished = `${target}.${process.pid}`;
  compile([...COMPILER_FLAGS, '-o', unfinished, ...units]);
  // Others may be building the same: what is there under its name is whole.
  renameSync(unfinished, target);
  return target;
}

function compile(args) {
  for (const compiler of COMPILERS) {
    const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
    if (error) continue;
    if (status !== 0) throw new Error(`${compiler} failed:\n${stderr}`);
    return;
  }
  throw new Error(`the load generator needs a C++ compiler: ${COMPILERS.join(', ')} are missing`);
}
