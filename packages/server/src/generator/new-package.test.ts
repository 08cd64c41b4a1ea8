import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseManifest } from '@nereid/core';
import { UsageError } from '../flags/parse-flags.js';
import { backendFiles } from './backend-files.js';
import { newPackage } from './new-package.js';

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-new-'));
  await use(folder).finally(() => rm(folder, { recursive: true }));
}

test('writes a package that discovery finds under the given name', () =>
  withFolder(async (folder) => {
    const directory = join(folder, 'upper');
    assert.equal(await newPackage(['backend', 'upper', directory]), 0);
    const packageJson = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
    const [entry] = parseManifest(packageJson, directory);
    assert.equal(entry?.kind, 'backends');
    assert.equal(entry?.name, 'upper');
    assert.ok(packageJson.keywords.includes('nereid-plugin'));
    assert.ok(packageJson.devDependencies.typescript);
    const paths = await readdir(directory, { recursive: true });
    for (const path of ['src/index.ts', 'README.md', 'model_repository/upper_example/1']) {
      assert.ok(paths.includes(path), path);
    }
  }));

test('within the sources of the server it links to them', () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, 'packages/core'), { recursive: true });
    const core = '{\n  "name": "@nereid/core"\n}\n';
    await writeFile(join(folder, 'packages/core/package.json'), core);
    const directory = join(folder, 'backends/upper');
    assert.equal(await newPackage(['backend', 'upper', directory]), 0);
    const tsconfig = JSON.parse(await readFile(join(directory, 'tsconfig.json'), 'utf8'));
    assert.equal(tsconfig.extends, '../../tsconfig.base.json');
    assert.deepEqual(tsconfig.references[0], { path: '../../packages/core' });
  }));

test('refuses a folder that holds something, a bad name and unknown kinds', () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, 'precious'), '');
    await assert.rejects(newPackage(['backend', 'upper', folder]), /is not empty/);
    assert.deepEqual(await readdir(folder), ['precious']);
    for (const words of [['backend', '../Up'], ['backend'], ['frontend', 'x'], []]) {
      await assert.rejects(newPackage(words), UsageError);
    }
  }));

test('class names, model and manifest follow the name', () => {
  const files = backendFiles({ name: 'my_own-thing', nereidVersion: '1.2.3' });
  assert.match(files['src/index.ts'] ?? '', /class MyOwnThingBackend implements Backend/);
  const config = files['model_repository/my_own-thing_example/config.pbtxt'] ?? '';
  assert.match(config, /^name: "my_own-thing_example"\nbackend: "my_own-thing"$/m);
  assert.match(files['package.json'] ?? '', /"@nereid\/core": "\^1\.2\.3"/);
});
