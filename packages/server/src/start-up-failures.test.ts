import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelIndexEntry } from '@nereid/core';
import { failedModels } from './start-up-failures.js';

const INDEX: readonly ModelIndexEntry[] = [
  { name: 'good', version: 1, state: 'READY', reason: '' },
  { name: 'half', version: 1, state: 'READY', reason: '' },
  { name: 'half', version: 2, state: 'UNAVAILABLE', reason: 'broken' },
  { name: 'never', version: undefined, state: undefined, reason: '' },
];

test('without explicit control every model of the repository is wanted in all its versions', () => {
  const settings = { modelControlMode: 'none', loadModel: [] } as const;
  assert.deepEqual(failedModels(INDEX, settings), ['half', 'never']);
});

test('in explicit mode only the named ones are, even if the repository lacks them', () => {
  const modelControlMode = 'explicit';
  assert.deepEqual(failedModels(INDEX, { modelControlMode, loadModel: ['good'] }), []);
  assert.deepEqual(failedModels(INDEX, { modelControlMode, loadModel: ['absent'] }), ['absent']);
  assert.deepEqual(failedModels(INDEX, { modelControlMode, loadModel: ['*'] }), ['half', 'never']);
});

test('a version that was unloaded has not failed', () => {
  const settings = { modelControlMode: 'none', loadModel: [] } as const;
  const index: readonly ModelIndexEntry[] = [
    { name: 'm', version: 1, state: 'UNAVAILABLE', reason: 'unloaded' },
    { name: 'm', version: 2, state: 'READY', reason: '' },
  ];
  assert.deepEqual(failedModels(index, settings), []);
});

test('a model that a client unloads or reloads before all others are ready has not failed', () => {
  const settings = { modelControlMode: 'explicit', loadModel: ['*'] } as const;
  const index: readonly ModelIndexEntry[] = [
    { name: 'going', version: 1, state: 'UNLOADING', reason: '' },
    { name: 'gone', version: 1, state: 'UNAVAILABLE', reason: 'unloaded' },
    { name: 'again', version: 1, state: 'LOADING', reason: '' },
  ];
  assert.deepEqual(failedModels(index, settings), []);
});
