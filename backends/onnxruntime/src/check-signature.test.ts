import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInferError, type ModelConfig } from '@nereid/core';
import type { ModelSignature } from '@nereid/model-config';
import { fakeInputConfig, fakeModelConfig, fakeOutputConfig } from '@nereid/testing';
import { checkSignature } from './check-signature.js';

const SIGNATURE: ModelSignature = {
  inputs: [{ name: 'A', datatype: 'INT64', shape: [-1, 4] }],
  outputs: [{ name: 'X', datatype: 'FP32', shape: [-1, -1] }],
};

const CONFIG = fakeModelConfig({
  name: 'm',
  maxBatchSize: 8,
  input: [fakeInputConfig({ name: 'A', dataType: 'TYPE_INT64', dims: [4] })],
  output: [fakeOutputConfig({ name: 'X', dims: [-1] })],
});

function errorOf(config: Partial<ModelConfig>, signature: Partial<ModelSignature> = {}): string {
  try {
    checkSignature({ ...CONFIG, ...config }, { ...SIGNATURE, ...signature });
    return '';
  } catch (error) {
    assert.ok(isInferError(error));
    return error.message;
  }
}

describe('checkSignature', () => {
  it('accepts a configuration that fits', () => {
    assert.equal(errorOf({}), '');
    assert.equal(errorOf({}, { inputs: [{ name: 'A', datatype: 'INT64', shape: [-1, -1] }] }), '');
  });

  it('counts inputs', () => {
    assert.equal(
      errorOf({ input: [...CONFIG.input, fakeInputConfig({ name: 'B' })] }),
      "unable to load model 'm', configuration expects 2 inputs, model provides 1",
    );
  });

  it('names a tensor that the model does not have', () => {
    assert.equal(
      errorOf({ input: [fakeInputConfig({ name: 'Y' })] }),
      "unexpected inference input 'Y', allowed inputs are: A",
    );
    assert.equal(
      errorOf({ output: [fakeOutputConfig({ name: 'Y' })] }),
      "unexpected inference output 'Y', allowed outputs are: X",
    );
  });

  it('compares datatypes', () => {
    assert.equal(
      errorOf({ input: [fakeInputConfig({ name: 'A', dims: [4] })] }),
      "unable to load model 'm', configuration expects datatype TYPE_FP32 for input 'A', model " +
        'provides TYPE_INT64',
    );
  });

  it('compares dimensions with a batch dimension', () => {
    assert.equal(
      errorOf({ input: [fakeInputConfig({ name: 'A', dataType: 'TYPE_INT64', dims: [4, 2] })] }),
      "model 'm', tensor 'A': the model expects 2 dimensions (shape [-1,4]) but the model " +
        'configuration specifies 3 dimensions (an initial batch dimension because max_batch_size ' +
        '> 0 followed by the explicit tensor shape, making complete shape [-1,4,2])',
    );
  });

  it('compares dimensions without a batch dimension', () => {
    const input = [fakeInputConfig({ name: 'A', dataType: 'TYPE_INT64', dims: [-1, 5] })];
    assert.equal(
      errorOf({ maxBatchSize: 0, input }),
      "model 'm', tensor 'A': the model expects 2 dimensions (shape [-1,4]) but the model " +
        'configuration specifies 2 dimensions (shape [-1,5])',
    );
  });

  it('wants outputs of any size configured as such', () => {
    assert.match(errorOf({ output: [fakeOutputConfig({ name: 'X', dims: [3] })] }), /\[-1,3\]\)$/);
  });

  it('refuses to batch where the model has a fixed first dimension', () => {
    assert.equal(
      errorOf({}, { inputs: [{ name: 'A', datatype: 'INT64', shape: [1, 4] }] }),
      "model 'm', tensor 'A': for the model to support batching the shape should have at least 1 " +
        'dimension and the first dimension must be -1; but shape expected by the model is [1,4]',
    );
  });

  it('compares the reshaped dimensions where there are any', () => {
    const reshape = { shape: [4] };
    const input = [fakeInputConfig({ name: 'A', dataType: 'TYPE_INT64', dims: [2, 2], reshape })];
    assert.equal(errorOf({ input }), '');
  });

  it('takes a scalar for a tensor of one element', () => {
    const inputs = [{ name: 'A', datatype: 'INT64', shape: [] }] as const;
    const scalar = (dims: readonly number[]) => ({
      input: [fakeInputConfig({ name: 'A', dataType: 'TYPE_INT64', dims })],
    });
    assert.equal(errorOf(scalar([1]), { inputs }), '');
    assert.match(errorOf(scalar([2]), { inputs }), /^unable to load model 'm', scalar tensor 'A'/);
  });
});
