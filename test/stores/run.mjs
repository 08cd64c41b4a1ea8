/** Gets the servers, which takes minutes the first time, and then runs the tests. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../e2e/server-process.mjs';
import { ensureAzurite } from './azurite.mjs';
import { ensureFakeGcs } from './fake-gcs.mjs';
import { ensureMinio } from './minio.mjs';

for (const [name, ensure] of [
  ['Azurite', ensureAzurite],
  ['MinIO', ensureMinio],
  ['fake-gcs-server', ensureFakeGcs],
]) {
  const startMs = Date.now();
  await ensure();
  const seconds = (Date.now() - startMs) / 1000;
  if (seconds > 1) process.stdout.write(`${name} took ${seconds.toFixed(1)} s\n`);
}
const args = [join(root, 'tools/unit-test.mjs'), 'test/stores', '--one-by-one'];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
