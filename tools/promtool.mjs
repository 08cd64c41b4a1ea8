/** Prometheus' own checker of metrics: the one on the PATH, or that of the Debian package. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, say } from './bootstrap.mjs';

const FOLDER = join(root, '.cache', 'promtool');

/**
 * The path of promtool, or undefined where there is none to be had. The package is only unpacked:
 * installing it would start a Prometheus.
 */
export function findPromtool() {
  if (spawnSync('promtool', ['--version']).status === 0) return 'promtool';
  const unpacked = join(FOLDER, 'usr', 'bin', 'promtool');
  if (existsSync(unpacked) || unpack()) return unpacked;
  return undefined;
}

function unpack() {
  say('Downloading promtool, 19 MB (only once) ...');
  mkdirSync(FOLDER, { recursive: true });
  const download = () => runQuietly('apt-get', ['download', '-qq', 'prometheus']);
  // Without package lists apt-get knows no package.
  if (!download() && !(runQuietly('apt-get', ['update', '-qq']) && download())) return false;
  const archive = readdirSync(FOLDER).find((name) => name.endsWith('.deb'));
  return archive !== undefined && runQuietly('dpkg-deb', ['-x', archive, '.']);
}

function runQuietly(program, args) {
  return spawnSync(program, args, { cwd: FOLDER, stdio: 'ignore' }).status === 0;
}
