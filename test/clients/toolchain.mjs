/** Installs what a stock client is built with or runs on, once, under `.cache/clients`. */

import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from '../e2e/server-process.mjs';

const CACHE = join(root, '.cache', 'clients');
const PACKAGE_LIST_STAMP = join(CACHE, 'package-list-updated');
const PACKAGE_LIST_AGE_MS = 24 * 3_600_000;
const INSTALL_LIMIT_MS = 300_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** This platform cannot have a client, whatever is installed: its tests are skipped. */
export class Unavailable extends Error {}

/** A folder of this client under the cache; it exists on return. */
export function cacheFolder(...names) {
  const folder = join(CACHE, ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Runs a program to its end and resolves with `{ status, stdout, stderr }`; rejects when it cannot
 * be started or takes too long.
 */
export function runProgram(
  program,
  args,
  { env = {}, cwd = root, limitMs = INSTALL_LIMIT_MS, input = '' } = {},
) {
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { ...process.env, ...env },
      timeout: limitMs,
      maxBuffer: OUTPUT_LIMIT_BYTES,
    };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const ended = error === null || typeof error.code === 'number';
      if (ended) resolve({ status: error?.code ?? 0, stdout, stderr });
      else reject(new Error(`${program}: ${error.message}\n${stdout}${stderr}`));
    });
    // A program that ends without reading its input breaks the pipe; its exit status tells why.
    child.stdin.on('error', () => {}).end(input);
  });
}

/** As `runProgram`, for steps that must succeed; resolves with the standard output. */
export async function mustRun(program, args, options) {
  const { status, stdout, stderr } = await runProgram(program, args, options);
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

/** Does nothing when `action` succeeded before with the same `inputs`; else empties the folder first. */
export async function onceFor(folder, inputs, action) {
  const stamp = join(folder, 'inputs.sha256');
  const digest = createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await action();
  writeFileSync(stamp, digest);
}

/**
 * Makes programs and files available, from Debian's packages where one of them is missing.
 * `needs` has program names and absolute paths.
 */
export async function ensureInstalled(needs, packages) {
  const missing = needs.filter((need) => !isInstalled(need));
  if (missing.length === 0) return;
  const wish = `${missing.join(', ')} missing (Debian's ${packages.join(', ')})`;
  if (!isInstalled('apt-get')) throw new Unavailable(`${wish} and there is no apt-get`);
  if (process.getuid?.() !== 0) throw new Unavailable(`${wish} and only root can install packages`);
  process.stdout.write(`installing ${packages.join(', ')}\n`);
  await updatePackageList();
  await runAptGet('install', '-y', '--no-install-recommends', ...packages);
  const still = needs.filter((need) => !isInstalled(need));
  if (still.length > 0) throw new Error(`${packages.join(', ')} did not bring ${still.join(', ')}`);
}

function isInstalled(need) {
  if (need.startsWith('/')) return existsSync(need);
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, need)));
}

async function updatePackageList() {
  if (existsSync(PACKAGE_LIST_STAMP)) {
    if (Date.now() - statSync(PACKAGE_LIST_STAMP).mtimeMs < PACKAGE_LIST_AGE_MS) return;
  }
  await runAptGet('update');
  cacheFolder();
  writeFileSync(PACKAGE_LIST_STAMP, '');
}

function runAptGet(...args) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  return mustRun('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { env });
}

/** The interpreter of a virtual environment of its own with exactly these packages. */
export async function ensureVirtualEnvironment(name, requirements) {
  const folder = join(CACHE, name, 'venv');
  const python = join(folder, 'bin', 'python');
  await onceFor(folder, requirements, async () => {
    if (spawnSync('python3', ['-c', 'import ensurepip']).status !== 0) {
      await ensureInstalled(['/usr/share/doc/python3-venv'], ['python3-venv']);
    }
    await mustRun('python3', ['-m', 'venv', '--clear', folder]);
    await mustRun(python, ['-m', 'pip', 'install', '--quiet', ...requirements]);
  });
  return python;
}

/** Go builds and downloads under the cache, writable, so that the cache can be removed like any folder. */
export function goEnvironment() {
  return {
    GOMODCACHE: cacheFolder('go-modules'),
    GOCACHE: cacheFolder('go-build'),
    GOBIN: cacheFolder('go-bin'),
    GOFLAGS: '-modcacherw -buildvcs=false',
  };
}

/**
 * Installs Go programs, given as `module/path@version`, and returns the folder they are in. `flags`
 * are of `go install`.
 */
export async function ensureGoPrograms(name, programs, { flags = [], limitMs } = {}) {
  await ensureInstalled(['go'], ['golang-go']);
  const env = { ...goEnvironment(), GOBIN: cacheFolder('go-programs', name) };
  const inputs = flags.length > 0 ? [programs, flags] : programs;
  await onceFor(env.GOBIN, inputs, async () => {
    for (const program of programs) {
      await mustRun('go', ['install', ...flags, program], { env, limitMs });
    }
  });
  return env.GOBIN;
}
