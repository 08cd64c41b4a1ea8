import { lstat, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { MODELS_FOLDER, SIGN_OF_LIFE } from './private-root.js';

/** A root without a sign of life may just be being made; after so long it is not. */
const MAKING_LIMIT_MS = 60_000;

/** Removes the roots of this user's processes that live no more; returns their paths. */
export async function removeAbandonedRoots(
  parent: string,
  namePrefix: string,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (!name.startsWith(namePrefix) || !(await isAbandoned(path))) continue;
    // In the order of PrivateRoot: a process that dies here leaves a sign of life that is dead.
    await rm(join(path, MODELS_FOLDER), { recursive: true, force: true });
    await rm(path, { recursive: true, force: true });
    removed.push(path);
  }
  return removed;
}

async function isAbandoned(path: string): Promise<boolean> {
  // Not stat: somebody else's link must not lead the removal anywhere.
  const info = await lstat(path).catch(() => undefined);
  if (!info?.isDirectory() || info.uid !== process.getuid?.()) return false;
  const answer = await knock(join(path, SIGN_OF_LIFE));
  if (answer === 'ECONNREFUSED') return true;
  return answer === 'ENOENT' && Date.now() - info.ctimeMs > MAKING_LIMIT_MS;
}

/** What a socket answers: the code of the error, or undefined when somebody is there. */
function knock(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = connect(path);
    connection.once('connect', () => {
      connection.destroy();
      resolve(undefined);
    });
    connection.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}
