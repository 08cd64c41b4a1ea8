import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { normalizeConfig, parseConfigText } from './index.js';

function normalize(text: string, defaultInstanceCount = 1) {
  const config = { ...parseConfigText(text, 'config.pbtxt'), name: 'm' };
  return normalizeConfig(config, { defaultInstanceCount });
}

function groups(text: string, defaultInstanceCount?: number) {
  return normalize(text, defaultInstanceCount).instanceGroup.map(({ name, kind, count }) => [
    name,
    kind,
    count,
  ]);
}

describe('normalizeConfig', () => {
  test('serves the latest version unless a policy is written', () => {
    const latest = { latest: { numVersions: 1 }, all: undefined, specific: undefined };
    assert.deepEqual(normalize('').versionPolicy, latest);
    assert.deepEqual(normalize('version_policy {}').versionPolicy, latest);
    assert.deepEqual(normalize('version_policy { all {} }').versionPolicy?.all, {});
  });

  test('prefers the largest batch where no size is written', () => {
    const sizes = (text: string) => {
      const { dynamicBatching, sequenceBatching } = normalize(text);
      return (dynamicBatching ?? sequenceBatching?.oldest)?.preferredBatchSize;
    };
    assert.deepEqual(sizes('max_batch_size: 8 dynamic_batching {}'), [8]);
    assert.deepEqual(sizes('max_batch_size: 8 dynamic_batching { preferred_batch_size: 2 }'), [2]);
    assert.deepEqual(sizes('dynamic_batching {}'), []);
    assert.deepEqual(sizes('max_batch_size: 8 sequence_batching { oldest {} }'), [8]);
  });

  test('lets an idle sequence live for a second unless another time is written', () => {
    const idleUs = (text: string) =>
      normalize(`sequence_batching { ${text} }`).sequenceBatching?.maxSequenceIdleMicroseconds;
    assert.equal(idleUs(''), 1_000_000);
    assert.equal(idleUs('max_sequence_idle_microseconds: 5'), 5);
  });

  test('enables pinned memory unless it is written', () => {
    const optimization = normalize('optimization { input_pinned_memory {} }').optimization;
    assert.deepEqual(optimization?.inputPinnedMemory, { enable: false });
    assert.deepEqual(optimization?.outputPinnedMemory, { enable: true });
  });

  test('gives a model without groups one that has its name', () => {
    assert.deepEqual(groups(''), [['m', 'KIND_CPU', 1]]);
    assert.deepEqual(groups('', 2), [['m', 'KIND_CPU', 2]]);
  });

  test('names groups by their place and keeps written names', () => {
    const text = 'instance_group [ { count: 3 }, { name: "g" }, { kind: KIND_MODEL } ]';
    assert.deepEqual(groups(text, 2), [
      ['m_0', 'KIND_CPU', 3],
      ['g', 'KIND_CPU', 2],
      ['m_2', 'KIND_MODEL', 1],
    ]);
  });

  test('keeps KIND_GPU for validation to refuse', () => {
    assert.deepEqual(groups('instance_group { kind: KIND_GPU }'), [['m_0', 'KIND_GPU', 1]]);
  });

  test('gives an ensemble neither groups nor optimization, but a transaction policy', () => {
    const config = normalize('platform: "ensemble" ensemble_scheduling {}');
    assert.deepEqual(config.instanceGroup, []);
    assert.equal(config.optimization, undefined);
    assert.deepEqual(config.modelTransactionPolicy, { decoupled: false });
  });

  test('changes nothing when applied again', () => {
    const once = normalize('max_batch_size: 2 dynamic_batching {} instance_group {}', 2);
    assert.deepEqual(normalizeConfig(once, { defaultInstanceCount: 5 }), once);
  });
});
