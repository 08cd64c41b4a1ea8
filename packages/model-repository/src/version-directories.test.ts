import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ModelVersionPolicy } from '@nereid/core';
import { CollectingLogger } from '@nereid/testing';
import { chooseVersions, listVersions, parseVersion } from './version-directories.js';

function policy(written: Partial<ModelVersionPolicy>): ModelVersionPolicy {
  return { latest: undefined, all: undefined, specific: undefined, ...written };
}

describe('parseVersion', () => {
  const cases: readonly [string, number | undefined][] = [
    ['1', 1],
    ['20240131', 20240131],
    ['0', 0],
    ['01', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['v1', undefined],
    ['', undefined],
    ['99999999999999999999', undefined],
  ];
  for (const [name, version] of cases) {
    it(`takes '${name}' for ${version ?? 'no version'}`, () => {
      assert.equal(parseVersion(name), version);
    });
  }
});

describe('listVersions', () => {
  it('sorts by number, follows links and warns of what looks like a version', async () => {
    const root = await mkdtemp(join(tmpdir(), 'nereid-versions-'));
    for (const name of ['2', '10', '007', 'configs', 'warmup', '.hidden']) {
      await mkdir(join(root, name));
    }
    await writeFile(join(root, '3'), 'a file');
    await symlink(join(root, '2'), join(root, '4'));
    const logger = new CollectingLogger();
    assert.deepEqual(await listVersions(root, logger), [2, 4, 10]);
    assert.equal(logger.messages('warn').length, 1);
    assert.match(logger.messages('warn')[0] ?? '', /007/);
    await rm(root, { recursive: true });
  });
});

describe('chooseVersions', () => {
  const available = [1, 2, 5, 10];

  it('takes the highest version when nothing is said', () => {
    assert.deepEqual(chooseVersions(undefined, available).versions, [10]);
  });

  it('takes as many of the latest as are asked for and there', () => {
    const latest = (numVersions: number) => policy({ latest: { numVersions } });
    assert.deepEqual(chooseVersions(latest(2), available).versions, [5, 10]);
    assert.deepEqual(chooseVersions(latest(9), available).versions, available);
    assert.deepEqual(chooseVersions(latest(0), available).versions, []);
  });

  it('takes all versions', () => {
    assert.deepEqual(chooseVersions(policy({ all: {} }), available).versions, available);
  });

  it('takes specific versions and tells which are missing', () => {
    const chosen = chooseVersions(policy({ specific: { versions: [5, 7, 1, 5] } }), available);
    assert.deepEqual(chosen, { versions: [1, 5], missing: [7] });
  });

  it('takes none where there is none', () => {
    assert.deepEqual(chooseVersions(undefined, []).versions, []);
  });
});
