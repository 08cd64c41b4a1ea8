import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, silentLogger } from '@nereid/core';
import { fakeModelConfig } from '@nereid/testing';
import { AgentChain } from './agent-chain.js';
import { ModelContent } from './model-content.js';
import {
  INDEX_STATE,
  ModelVersion,
  nextState,
  type VersionEvent,
  type VersionState,
} from './version-lifecycle.js';
import type { LoadedVersion } from './version-loader.js';

const STATES: readonly VersionState[] = ['unloaded', 'loading', 'ready', 'unloading', 'failed'];
const EVENTS: readonly VersionEvent[] = ['load', 'serve', 'fail', 'unload', 'stopped'];

/** Written out a second time, so that a slip in the table is seen. */
const ALLOWED: Readonly<Record<string, VersionState>> = {
  'unloaded load': 'loading',
  'loading serve': 'ready',
  'loading fail': 'failed',
  'loading unload': 'unloading',
  'ready unload': 'unloading',
  'unloading stopped': 'unloaded',
  'failed load': 'loading',
  'failed unload': 'unloaded',
};

describe('the transitions of a model version', () => {
  for (const state of STATES) {
    for (const event of EVENTS) {
      const next = ALLOWED[`${state} ${event}`];
      it(`${state}: ${event} ${next ? `leads to ${next}` : 'is refused'}`, () => {
        if (next) assert.equal(nextState(state, event), next);
        else assert.throws(() => nextState(state, event), /cannot/);
      });
    }
  }

  it('have a word for each state in the index', () => {
    assert.deepEqual(
      STATES.map((state) => INDEX_STATE[state]),
      ['UNAVAILABLE', 'LOADING', 'READY', 'UNLOADING', 'UNAVAILABLE'],
    );
  });
});

describe('ModelVersion', () => {
  async function version(): Promise<ModelVersion<LoadedVersion>> {
    const config = fakeModelConfig();
    const agents = await AgentChain.load({
      modelName: 'm',
      config,
      directory: '/models/m',
      logger: silentLogger,
      repoAgent: () => Promise.reject(new Error('there are no agents')),
      readConfig: () => Promise.reject(new Error('there is no other folder')),
    });
    const content = new ModelContent({
      key: 'm',
      namespace: '',
      modelName: 'm',
      fingerprint: 'f',
      local: { directory: '/models/m', release: () => Promise.resolve() },
      agents,
      config,
      overrideConfig: undefined,
      dependencies: [],
      versions: new Map([[1, 'print']]),
    });
    return new ModelVersion(1, content);
  }

  it('serves only between serve and unload', async () => {
    const entry = await version();
    let stopped = 0;
    const loaded = { ready: true, stop: async () => void stopped++ };
    entry.beginLoad();
    assert.throws(() => entry.serve(), /before it is loaded/);
    entry.completeLoad(loaded);
    assert.equal(entry.serving, undefined);
    entry.serve();
    assert.equal(entry.serving, loaded);
    entry.beginUnload();
    assert.equal(entry.serving, undefined);
    assert.equal(entry.reason, '');
    await entry.finishUnload();
    assert.deepEqual([entry.state, entry.reason, stopped], ['unloaded', 'unloaded', 1]);
  });

  it('is unloaded even when freeing it throws', async () => {
    const entry = await version();
    entry.beginLoad();
    entry.completeLoad({ ready: true, stop: () => Promise.reject(new Error('stuck')) });
    entry.serve();
    entry.beginUnload();
    await assert.rejects(entry.finishUnload(), /stuck/);
    assert.deepEqual([entry.state, entry.reason], ['unloaded', 'unloaded']);
  });

  it('words the reason of a failure with its code', async () => {
    const entry = await version();
    entry.beginLoad();
    entry.fail(new InferError('NOT_FOUND', 'no such file'));
    assert.equal(entry.reason, 'Not found: no such file');
    entry.beginUnload();
    assert.deepEqual([entry.state, entry.reason], ['unloaded', 'unloaded']);
  });
});
