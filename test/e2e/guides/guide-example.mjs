/** Builds the example of a guide, as its reader would. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../server-process.mjs';

const run = promisify(execFile);

/**
 * Writes the files of a guide into a folder `name`, builds them and runs their tests. Resolves with
 * the folder that holds it, for `--plugin-directory` and the like.
 */
export async function buildGuideExample(t, { guide, name, files }) {
  // Below the root, where Node finds the packages that a real one would have installed.
  const cache = join(root, '.cache');
  await mkdir(cache, { recursive: true });
  const parent = await mkdtemp(join(cache, 'guide-'));
  t.after(() => rm(parent, { recursive: true }));
  const directory = join(parent, name);
  await writeExample(join(root, 'docs', guide), { directory, files });
  await run('npx', ['tsc', '-b', directory], { cwd: root }).catch(({ stdout }) => {
    throw new Error(`the example does not build:\n${stdout}`);
  });
  const { stdout } = await run('npm', ['test'], { cwd: directory, env: withoutTestContext() });
  assert.match(stdout, /# fail 0/);
  assert.doesNotMatch(stdout, /# pass 0/);
  return parent;
}

/** A file of the guide is a block of code below its name, which stands alone and in code. */
async function writeExample(guide, { directory, files }) {
  const text = await readFile(guide, 'utf8');
  const blocks = [...text.matchAll(/^`([\w./-]+)`:\n\n```\w+\n([\s\S]*?)^```$/gm)];
  assert.deepEqual(
    blocks.map(([, path]) => path),
    files,
  );
  for (const [, path, content] of blocks) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

/** A test runner started by another one reports to it, and prints nothing of its own. */
function withoutTestContext() {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...environment } = process.env;
  return environment;
}
