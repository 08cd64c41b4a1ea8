import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginCatalog } from '@nereid/core';
import { missingRepoAgent } from './missing-plugin-errors.js';

const entry = (name: string) => ({
  kind: 'repoAgents' as const,
  name,
  packageName: `agent-${name}`,
  packageVersion: '1.0.0',
  packageDirectory: '/agents',
  modulePath: './index.js',
});

test('a missing agent is answered with those found, a published one with its package', () => {
  const catalog = new PluginCatalog([entry('mine'), entry('checksum')]);
  assert.equal(
    missingRepoAgent('decrypt', catalog).message,
    "unable to find repository agent 'decrypt', found: checksum, mine; " +
      'install it with: npm install @nereid/repoagent-decrypt',
  );
  assert.equal(
    missingRepoAgent('other', catalog).message,
    "unable to find repository agent 'other', found: checksum, mine",
  );
  assert.match(
    missingRepoAgent('relocation', new PluginCatalog([])).message,
    /found none; install it with: npm install @nereid\/repoagent-relocate$/,
  );
});
