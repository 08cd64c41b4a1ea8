/** Installs and builds the project when that has not been done since it last changed. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const STAMPS = join(root, 'node_modules', '.nereid');
const PACKAGE_FOLDERS = ['packages', 'backends', 'repoagents', 'tools'];
const MINIMUM_NODE = [20, 20];

/** Makes `packages/server/dist` current. Ends the process with a sentence when it cannot. */
export function ensureBuilt() {
  checkNode();
  unlessDone('install', lockFileDigest, () => report('Installing npm packages', installPackages));
  unlessDone('build', sourcesDigest, () => report('Building', buildPackages));
}

/** Runs a command with its output passed on; ends the process when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) fail(`cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) fail(`${[command, ...args].join(' ')} failed`);
}

export function say(message) {
  process.stderr.write(`nereid: ${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = MINIMUM_NODE;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  fail(`Node.js ${MINIMUM_NODE.join('.')} or newer is needed, this is ${process.versions.node}`);
}

/** Skips the action while its digest is the one it had when the action last succeeded. */
function unlessDone(name, digest, action) {
  const stamp = join(STAMPS, name);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest()) return;
  action();
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stamp, digest());
}

function report(what, action) {
  say(`${what} (only after a change) ...`);
  const startMs = Date.now();
  action();
  say(`${what} took ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
}

function installPackages() {
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

function buildPackages() {
  run('npx', ['nx', 'run-many', '-t', 'build', '--outputStyle=static'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_VERBOSE_LOGGING: 'false' },
  });
}

function lockFileDigest() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.versions.modules)
    .digest('hex');
}

/** Names, sizes and times of all sources: a few milliseconds, where reading them all would take longer. */
function sourcesDigest() {
  const hash = createHash('sha256').update(lockFileDigest());
  for (const folder of PACKAGE_FOLDERS) {
    for (const name of packagesIn(folder)) {
      hash.update(describeFile(join(folder, name, 'package.json')));
      hash.update(describeFile(join(folder, name, 'tsconfig.json')));
      for (const file of filesBelow(join(folder, name, 'src'))) hash.update(describeFile(file));
      hash.update(String(existsSync(join(root, folder, name, 'dist'))));
    }
  }
  return hash.digest('hex');
}

function packagesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((name) => existsSync(join(root, folder, name, 'tsconfig.json')))
    .sort();
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .sort();
}

function describeFile(path) {
  const { size, mtimeMs } = statSync(join(root, path));
  return `${path} ${size} ${mtimeMs}\n`;
}
