import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { ModelConfig } from '@nereid/core';
import {
  completeConfigNames,
  completeFromSignature,
  configJson,
  emptyConfig,
  type ModelSignature,
  normalizeConfig,
  parseConfigJson,
  parseConfigText,
  validateConfig,
} from './index.js';

const FIXTURES = new URL('../src/fixtures/', import.meta.url);

function fixture(path: string): string {
  return readFileSync(new URL(path, FIXTURES), 'utf8');
}

function writtenConfig(model: string): ModelConfig {
  return existsSync(new URL(`${model}/config.json`, FIXTURES))
    ? parseConfigJson(fixture(`${model}/config.json`), 'config.json')
    : parseConfigText(fixture(`${model}/config.pbtxt`), 'config.pbtxt');
}

function fp32(name: string, ...shape: number[]) {
  return { name, datatype: 'FP32', shape } as const;
}

/** In the order in which the recorded server listed them. */
const ADD_SUB: ModelSignature = {
  inputs: [fp32('INPUT1', -1, 16), fp32('INPUT0', -1, 16)],
  outputs: [fp32('OUTPUT1', -1, 16), fp32('OUTPUT0', -1, 16)],
};

/** A model per recorded answer, with the signature of its file where there is one. */
const MODELS: Readonly<Record<string, ModelSignature | undefined>> = {
  batch_tensors: undefined,
  classify: undefined,
  decoupled: undefined,
  ensemble: undefined,
  every_field: undefined,
  float_spellings: undefined,
  identity_fp32: undefined,
  identity_string: undefined,
  onnx_addsub: ADD_SUB,
  onnx_identity: { inputs: [fp32('INPUT0', -1, 16)], outputs: [fp32('OUTPUT0', -1, 16)] },
  onnx_linear: { inputs: [fp32('X', 2, 3)], outputs: [fp32('Y', 2, 4)] },
  onnx_override: ADD_SUB,
  onnx_state: {
    inputs: [fp32('INPUT', -1, 1), fp32('START', -1, 1), fp32('ISTATE', -1, 1)],
    outputs: [fp32('OUTPUT', -1, 1), fp32('OSTATE', -1, 1)],
  },
  reshape: undefined,
  seq: undefined,
  sequence_state: undefined,
  simple: undefined,
  simple_override: undefined,
};

function loadedConfig(model: string, signature: ModelSignature | undefined): ModelConfig {
  const isEnsemble = model === 'ensemble';
  const named = completeConfigNames(writtenConfig(model), {
    directoryName: model,
    versionEntries: isEnsemble ? [] : [signature ? 'model.onnx' : 'model.py'],
  });
  const complete = signature
    ? completeFromSignature(named, signature, { defaultMaxBatchSize: 4 })
    : named;
  const config = normalizeConfig(complete, { defaultInstanceCount: signature ? 2 : 1 });
  validateConfig(config);
  return config;
}

describe('configJson', () => {
  for (const [model, signature] of Object.entries(MODELS)) {
    test(`prints ${model} as the recorded server did, byte for byte`, () => {
      const answer = fixture(`${model}/answer.json`).trimEnd();
      assert.equal(configJson(loadedConfig(model, signature)), answer);
    });

    test(`prints ${model} so that it is read and printed again unchanged`, () => {
      const json = configJson(loadedConfig(model, signature));
      assert.equal(configJson(parseConfigJson(json, 'config.json')), json);
    });
  }

  test('loses nothing when it is read back', () => {
    const config = loadedConfig('every_field', undefined);
    assert.deepEqual(parseConfigJson(configJson(config), 'config.json'), config);
  });

  test('leaves out the limit of an ensemble that sets none, and prints one that is set', () => {
    const text = (limit: string) => `platform: "ensemble" ensemble_scheduling { ${limit} }`;
    const print = (limit: string) => configJson(parseConfigText(text(limit), 'config.pbtxt'));
    assert.doesNotMatch(print(''), /max_inflight_requests/);
    assert.match(
      print('max_inflight_requests: 3'),
      /"ensemble_scheduling":\{"step":\[\],"max_inflight_requests":3\}/,
    );
  });

  test('prints the special floating-point numbers as strings', () => {
    const control = 'control { kind: CONTROL_SEQUENCE_START fp32_false_true: [ -inf, nan, -0.0 ] }';
    const text = `sequence_batching { control_input { name: "S" ${control} } }`;
    const json = configJson(parseConfigText(text, 'config.pbtxt'));
    assert.match(json, /"fp32_false_true":\["-Infinity","NaN",0\]/);
  });

  test('prints doubles with as many digits as tell them apart', () => {
    const buckets = '[ 0.1, 0.30000000000000004, 1e15, 123456789012345678, 1e22, 1e-7, 5 ]';
    const text = `model_metrics { metric_control { histogram_options { buckets: ${buckets} } } }`;
    const json = configJson(parseConfigText(text, 'config.pbtxt'));
    const printed = '[0.1,0.30000000000000004,1000000000000000.0,123456789012345680.0,1e22,1e-7,5]';
    assert.ok(json.includes(`"buckets":${printed}`), json);
  });

  test('keeps a backslash before u00.. apart from an escape', () => {
    const config = { ...emptyConfig('m'), metricTags: { t: '\\u001f\u001f' } };
    assert.match(configJson(config), /"metric_tags":\{"t":"\\\\u001f\\u001F"\}/);
  });
});
