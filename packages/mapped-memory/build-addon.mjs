/**
 * Compiles the addon with the C++ compiler of this machine, if there is one and it is not compiled
 * yet. Never fails an installation: the package says by itself that it cannot map memory.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import addonApi from 'node-addon-api';
import nodeApi from 'node-api-headers';

const here = dirname(fileURLToPath(import.meta.url));
const SOURCE = join(here, 'src', 'native', 'mapped-file.cc');
const TARGET = join(here, 'dist', 'mapped-file.node');
const STAMP = `${TARGET}.stamp`;
const COMPILERS = ['c++', 'g++', 'clang++'];
const FLAGS = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-fPIC', '-shared', '-fvisibility=hidden'];

if (process.platform === 'linux') build();
else say('memory is mapped on Linux only');

function build() {
  const stamp = createHash('sha256')
    .update(readFileSync(SOURCE))
    .update(FLAGS.join(' '))
    .update(process.arch)
    .digest('hex');
  if (existsSync(TARGET) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return;
  mkdirSync(dirname(TARGET), { recursive: true });
  // Others may be using or building the same: what is there under its name is whole.
  const unfinished = `${TARGET}.${process.pid}`;
  if (!compile([...FLAGS, ...headers(), '-o', unfinished, SOURCE])) return;
  renameSync(unfinished, TARGET);
  writeFileSync(STAMP, stamp);
}

function headers() {
  return [`-I${nodeApi.include_dir}`, `-I${resolve(addonApi.include_dir)}`];
}

function compile(args) {
  for (const compiler of COMPILERS) {
    const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
    if (error) continue;
    if (status !== 0) say(`${compiler} failed, so memory is not mapped:\n${stderr}`);
    return status === 0;
  }
  say('there is no C++ compiler, so memory is not mapped but read and written as a file');
  return false;
}

function say(message) {
  process.stderr.write(`@nereid/mapped-memory: ${message}\n`);
}
