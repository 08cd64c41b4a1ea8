import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type InferenceRequest,
  isInferError,
  type ModelConfig,
  type ModelInputConfig,
  type Tensor,
} from '@nereid/core';
import {
  bytesTensor,
  type FakeRequestOptions,
  fakeInferenceRequest,
  fakeInputConfig,
  fakeModelConfig,
  fakeOutputConfig,
} from '@nereid/testing';
import { batchSizeOf, normalizeRequest } from './normalize-request.js';
import { compileRequestRules } from './request-rules.js';

const NOTE =
  'NOTE: Setting a non-zero max_batch_size in the model config requires a batch dimension to be ' +
  'prepended to each input shape. If you want to specify the full shape including the batch dim ' +
  'in your input dims config, try setting max_batch_size to zero. See the model configuration ' +
  'docs for more info on max_batch_size.';

function model(name: string, config: Partial<ModelConfig> = {}) {
  return compileRequestRules(
    fakeModelConfig({
      name,
      maxBatchSize: 64,
      input: [fakeInputConfig({ name: 'INPUT0', dims: [16] })],
      output: [fakeOutputConfig({ name: 'OUTPUT0', dims: [16] })],
      ...config,
    }),
  );
}

const IDENTITY = model('identity_fp32');
const SIMPLE = model('simple', {
  maxBatchSize: 8,
  input: ['INPUT0', 'INPUT1'].map((name) =>
    fakeInputConfig({ name, dataType: 'TYPE_INT32', dims: [16] }),
  ),
});
const STRINGS = model('identity_string', {
  maxBatchSize: 8,
  input: [fakeInputConfig({ name: 'INPUT0', dataType: 'TYPE_STRING', dims: [-1] })],
});

function input(part: Partial<Tensor> = {}): Tensor {
  const shape = part.shape ?? [1, 16];
  const count = shape.reduce((product, dim) => product * dim, 1);
  const size = count >= 0 && count < 1000 ? count * 4 : 0;
  return { name: 'INPUT0', datatype: 'FP32', shape, data: new Uint8Array(size), ...part };
}

function int32(name: string, shape: readonly number[] = [1, 16]): Tensor {
  return input({ name, datatype: 'INT32', shape });
}

function failure(rules: typeof IDENTITY, options: FakeRequestOptions): string {
  try {
    normalizeRequest(fakeInferenceRequest(options), rules);
  } catch (error) {
    assert.ok(isInferError(error));
    assert.equal(error.code, 'INVALID_ARG');
    return error.message;
  }
  throw new Error('the request was not refused');
}

function accept(rules: typeof IDENTITY, options: FakeRequestOptions): InferenceRequest {
  return normalizeRequest(fakeInferenceRequest(options), rules);
}

/** For messages that begin with the id of a request that has none. */
function unknown(message: string): string {
  return `[request id: <id_unknown>] ${message}`;
}

describe('a request that fits its model', () => {
  it('passes through as it is', () => {
    const request = fakeInferenceRequest({ inputs: [input({ shape: [3, 16] })] });
    assert.equal(normalizeRequest(request, IDENTITY), request);
    assert.equal(batchSizeOf(request, IDENTITY), 3);
  });

  it('may have its inputs in any order', () => {
    const request = fakeInferenceRequest({ inputs: [int32('INPUT1'), int32('INPUT0')] });
    assert.equal(normalizeRequest(request, SIMPLE), request);
  });

  it('may ask for an output twice', () => {
    const wanted = { name: 'OUTPUT0', classificationCount: 0 };
    accept(IDENTITY, { inputs: [input()], requestedOutputs: [wanted, wanted] });
  });

  it('may leave out optional inputs', () => {
    const rules = model('m', {
      maxBatchSize: 0,
      input: [fakeInputConfig(), fakeInputConfig({ name: 'EXTRA', optional: true })],
    });
    accept(rules, { inputs: [input({ name: 'INPUT', shape: [1] })] });
  });

  it('has batch size 1 without batching', () => {
    const rules = model('m', { maxBatchSize: 0 });
    const request = accept(rules, { inputs: [input({ shape: [16] })] });
    assert.equal(batchSizeOf(request, rules), 1);
  });

  it('may be a scalar where the model has no dimensions', () => {
    const rules = model('m', { maxBatchSize: 0, input: [fakeInputConfig({ dims: [] })] });
    accept(rules, { inputs: [input({ name: 'INPUT', shape: [] })] });
  });

  it('may be ragged between requests, but its size must fit its shape', () => {
    const ragged = fakeInputConfig({ name: 'INPUT0', dims: [-1], allowRaggedBatch: true });
    const rules = model('m', { input: [ragged] });
    accept(rules, { inputs: [input({ shape: [1, 5] })] });
    assert.match(
      failure(rules, { inputs: [input({ shape: [1, 5], data: new Uint8Array(4) })] }),
      /Expected 20, got 4$/,
    );
  });

  it('takes its batch size from an input with a batch dimension', () => {
    const rules = model('m', {
      input: [
        fakeInputConfig({ name: 'SHAPE', dims: [2], isShapeTensor: true }),
        fakeInputConfig({ name: 'INPUT0', dims: [16] }),
      ],
    });
    const inputs = [input({ name: 'SHAPE', shape: [2] }), input({ shape: [5, 16] })];
    assert.equal(batchSizeOf(accept(rules, { inputs }), rules), 5);
  });
});

describe('a reshaped input', () => {
  function reshaped(part: Partial<ModelInputConfig>, maxBatchSize: number) {
    return model('m', { maxBatchSize, input: [fakeInputConfig({ name: 'INPUT0', ...part })] });
  }

  function shapeOf(rules: typeof IDENTITY, shape: readonly number[]) {
    return accept(rules, { inputs: [input({ shape })] }).inputs[0]?.shape;
  }

  it('keeps its batch dimension and its data', () => {
    const rules = reshaped({ dims: [4], reshape: { shape: [2, 2] } }, 8);
    const given = input({ shape: [3, 4] });
    const seen = accept(rules, { inputs: [given] }).inputs[0];
    assert.deepEqual(seen?.shape, [3, 2, 2]);
    assert.equal(seen?.data, given.data);
  });

  it('keeps the sizes of variable dimensions, in their order', () => {
    const rules = reshaped({ dims: [-1, 4, -1], reshape: { shape: [-1, 2, 2, -1] } }, 0);
    assert.deepEqual(shapeOf(rules, [3, 4, 5]), [3, 2, 2, 5]);
  });

  it('may lose all its dimensions', () => {
    const rules = reshaped({ dims: [1], reshape: { shape: [] } }, 8);
    assert.deepEqual(shapeOf(rules, [6, 1]), [6]);
  });
});

describe('the names in a request', () => {
  it('must not contain an unknown input beside the required ones', () => {
    assert.equal(
      failure(IDENTITY, { inputs: [input(), input({ name: 'FOO' })] }),
      unknown(
        "expected 1 inputs but got 2 inputs for model 'identity_fp32'. Got input(s) " +
          "['FOO','INPUT0'], but missing required input(s) ]. Please provide all required " +
          'input(s).',
      ),
    );
  });

  it('must not contain an unknown input in place of a known one', () => {
    assert.equal(
      failure(IDENTITY, { inputs: [input({ name: 'FOO' })] }),
      "unexpected inference input 'FOO' for model 'identity_fp32'",
    );
  });

  it('must contain all inputs', () => {
    assert.equal(
      failure(IDENTITY, {}),
      unknown(
        "expected 1 inputs but got 0 inputs for model 'identity_fp32'. Got input(s) [], but " +
          "missing required input(s) ['INPUT0']. Please provide all required input(s).",
      ),
    );
    assert.equal(
      failure(SIMPLE, { inputs: [int32('INPUT0')], id: '7' }),
      "[request id: 7] expected 2 inputs but got 1 inputs for model 'simple'. Got input(s) " +
        "['INPUT0'], but missing required input(s) ['INPUT1']. Please provide all required " +
        'input(s).',
    );
  });

  it('must contain the inputs that are not optional', () => {
    const rules = model('decoupled', {
      maxBatchSize: 0,
      input: [
        fakeInputConfig({ name: 'text_input', dataType: 'TYPE_STRING' }),
        fakeInputConfig({ name: 'n', dataType: 'TYPE_INT32', optional: true }),
      ],
    });
    const expected = (count: number, given: string) =>
      unknown(
        `expected number of inputs between 1 and 2 but got ${count} inputs for model ` +
          `'decoupled'. Got input(s) ${given}, but missing required input(s) ['text_input']. ` +
          'Please provide all required input(s).',
      );
    assert.equal(failure(rules, {}), expected(0, '[]'));
    assert.equal(failure(rules, { inputs: [int32('n', [1])] }), expected(1, "['n']"));
  });

  it('must not contain an input twice', () => {
    const expected = unknown("input 'INPUT0' already exists in request");
    assert.equal(failure(IDENTITY, { inputs: [input(), input()] }), expected);
    const many = Array.from({ length: 20 }, (_, index) => input({ name: `I${index}` }));
    assert.equal(failure(IDENTITY, { inputs: [input(), ...many, input()] }), expected);
  });

  it('must not contain an unknown output', () => {
    const requestedOutputs = [{ name: 'FOO', classificationCount: 0 }];
    assert.equal(
      failure(IDENTITY, { inputs: [input()], requestedOutputs }),
      "unexpected inference output 'FOO' for model 'identity_fp32'",
    );
  });
});

describe('the shapes in a request', () => {
  it('must have the configured dimensions', () => {
    for (const shape of [[1, 8], [16], [1, 16, 1]]) {
      assert.equal(
        failure(IDENTITY, { inputs: [input({ shape })] }),
        unknown(
          "unexpected shape for input 'INPUT0' for model 'identity_fp32'. Expected [-1,16], got " +
            `[${shape}]. ${NOTE}`,
        ),
      );
    }
  });

  it('are explained without the batch dimension where there is none', () => {
    const rules = model('onnx_linear', {
      maxBatchSize: 0,
      input: [fakeInputConfig({ name: 'X', dims: [2, 3] })],
    });
    assert.equal(
      failure(rules, { inputs: [input({ name: 'X', shape: [3, 2] })] }),
      unknown(
        "unexpected shape for input 'X' for model 'onnx_linear'. Expected [2,3], got [3,2]. ",
      ),
    );
  });

  it('must begin with a batch dimension', () => {
    assert.equal(
      failure(IDENTITY, { inputs: [input({ shape: [] })] }),
      unknown("input 'INPUT0' has no shape but model requires batch dimension for 'identity_fp32'"),
    );
  });

  it('must not exceed the maximum batch size', () => {
    assert.equal(
      failure(IDENTITY, { inputs: [input({ shape: [65, 16] })] }),
      unknown("inference request batch-size must be <= 64 for 'identity_fp32'"),
    );
  });

  it('must have the same batch size', () => {
    assert.equal(
      failure(SIMPLE, { inputs: [int32('INPUT0', [2, 16]), int32('INPUT1')] }),
      unknown("input 'INPUT0' batch size does not match other inputs for 'simple'"),
    );
  });

  it('must say all dimensions', () => {
    assert.equal(
      failure(model('m', { input: [fakeInputConfig({ name: 'INPUT0', dims: [-1] })] }), {
        inputs: [input({ shape: [1, -1] })],
      }),
      unknown(
        "All input dimensions should be specified for input 'INPUT0' for model 'm', got [1,-1]",
      ),
    );
  });

  it('must not be an empty batch', () => {
    assert.equal(
      failure(IDENTITY, { inputs: [input({ shape: [0, 16] })] }),
      unknown(
        "input byte size mismatch for input 'INPUT0' for model 'identity_fp32'. Expected 64, got 0",
      ),
    );
    const rules = model('m', { input: [fakeInputConfig({ name: 'INPUT0', dims: [-1] })] });
    assert.equal(
      failure(rules, { inputs: [input({ shape: [0, 0] })] }),
      unknown("inference request batch-size must be >= 1 for 'm'"),
    );
  });

  it('must not have more elements than can be counted', () => {
    const variable = fakeInputConfig({ name: 'INPUT0', dims: [-1, -1] });
    const rules = model('m', { maxBatchSize: 0, input: [variable] });
    const huge = 2 ** 52;
    assert.equal(
      failure(rules, { inputs: [input({ shape: [huge, huge] })] }),
      `invalid shape for input 'INPUT0': shape [${huge},${huge}] causes total element count to ` +
        'exceed maximum size of 9223372036854775807',
    );
    assert.equal(
      failure(rules, { inputs: [input({ shape: [huge, 1024] })] }),
      "byte size overflow for input 'INPUT0': element count (4611686018427387904) * data type " +
        'size (4) exceeds maximum allowed size (9223372036854775807)',
    );
  });
});

describe('the data in a request', () => {
  it('must have the configured datatype', () => {
    const expected = (given: string) =>
      unknown(
        `inference input 'INPUT0' data-type is '${given}', but model 'identity_fp32' expects ` +
          "'FP32'",
      );
    assert.equal(failure(IDENTITY, { inputs: [int32('INPUT0')] }), expected('INT32'));
    const strange: Tensor = JSON.parse('{"name":"INPUT0","datatype":"FP99","shape":[1,16]}');
    assert.equal(failure(IDENTITY, { inputs: [strange] }), expected('<invalid>'));
  });

  it('must have the size of its shape', () => {
    assert.equal(
      failure(IDENTITY, { inputs: [input({ data: new Uint8Array(60) })] }),
      unknown(
        "input byte size mismatch for input 'INPUT0' for model 'identity_fp32'. Expected 64, got " +
          '60',
      ),
    );
  });

  it('must have as many strings as its shape says', () => {
    accept(STRINGS, { inputs: [bytesTensor('INPUT0', [1, 2], ['ab', ''])] });
    assert.equal(
      failure(STRINGS, { inputs: [bytesTensor('INPUT0', [1, 1], ['ab', 'c'])] }),
      unknown(
        "unexpected number of string elements 2 for inference input 'INPUT0' for model " +
          "'identity_string', expecting 1",
      ),
    );
    assert.equal(
      failure(STRINGS, { inputs: [bytesTensor('INPUT0', [1, 2], ['ab'])] }),
      unknown(
        "expected 2 string elements for inference input 'INPUT0' for model 'identity_string', " +
          'got 1',
      ),
    );
  });

  it('must not end within a string', () => {
    const strings = bytesTensor('INPUT0', [1, 1], ['ab']);
    const long = { ...strings, data: Uint8Array.of(99, 0, 0, 0, 97, 98) };
    assert.equal(
      failure(STRINGS, { inputs: [long] }),
      "incomplete string data for inference input 'INPUT0', expecting string of length 99 but " +
        'only 2 bytes available',
    );
    const huge = { ...strings, data: Uint8Array.of(255, 255, 255, 255) };
    assert.match(failure(STRINGS, { inputs: [huge] }), /string of length 4294967295 but only 0/);
  });

  it('must not end within the length of a string', () => {
    const strings = bytesTensor('INPUT0', [1, 2], ['ab']);
    const cut = { ...strings, data: Uint8Array.of(...strings.data, 1, 0) };
    assert.equal(
      failure(STRINGS, { inputs: [cut] }),
      unknown(
        "incomplete string length indicator for inference input 'INPUT0' for model " +
          "'identity_string', expecting 4 bytes but only 2 bytes available. Please make sure the " +
          'string length indicator is in one buffer.',
      ),
    );
  });

  it('is left to the backend where only that knows its layout', () => {
    const odd = fakeInputConfig({ name: 'INPUT0', dims: [16], isNonLinearFormatIo: true });
    accept(model('m', { input: [odd] }), { inputs: [input({ data: new Uint8Array(3) })] });
  });
});

describe('a body without tensor description', () => {
  it('is the only input, as a batch of one', () => {
    const rawInput = new Uint8Array(64);
    const request = accept(IDENTITY, { rawInput, id: 'r' });
    assert.deepEqual(request.inputs, [
      { name: 'INPUT0', datatype: 'FP32', shape: [1, 16], data: rawInput },
    ]);
    assert.equal(request.id, 'r');
    assert.equal(request.rawInput, undefined);
  });

  it('gives the variable dimension its size', () => {
    const rules = model('m', {
      maxBatchSize: 0,
      input: [fakeInputConfig({ name: 'INPUT0', dims: [2, -1] })],
    });
    assert.deepEqual(accept(rules, { rawInput: new Uint8Array(24) }).inputs[0]?.shape, [2, 3]);
    assert.match(
      failure(rules, { rawInput: new Uint8Array(20) }),
      /for input 'raw_input' for model 'm'\. Expected 16, got 20$/,
    );
  });

  it('must have the size of the configured shape', () => {
    assert.equal(
      failure(IDENTITY, { rawInput: new Uint8Array(174) }),
      unknown(
        "input byte size mismatch for input 'raw_input' for model 'identity_fp32'. Expected 64, " +
          'got 174',
      ),
    );
  });

  it('must not have to be shared by two inputs', () => {
    assert.equal(
      failure(SIMPLE, { rawInput: new Uint8Array(64) }),
      unknown(
        'Raw request must only have 1 input (found 1) to be deduced but got 2 inputs in ' +
          "'simple' model configuration",
      ),
    );
  });

  it('must not leave two dimensions open', () => {
    const rules = model('m', { input: [fakeInputConfig({ name: 'INPUT0', dims: [-1, -1] })] });
    assert.equal(
      failure(rules, { rawInput: new Uint8Array(64) }),
      unknown(
        "The shape of the raw input 'INPUT0' can not be deduced because there are more than one " +
          'variable-sized dimension',
      ),
    );
  });

  it('is one string where the model takes one', () => {
    const one = fakeInputConfig({ name: 'INPUT0', dataType: 'TYPE_STRING', dims: [1] });
    const request = accept(model('m', { input: [one] }), { rawInput: Buffer.from('hello') });
    assert.deepEqual(request.inputs, [bytesTensor('INPUT0', [1, 1], ['hello'])]);
    assert.equal(
      failure(STRINGS, { rawInput: Buffer.from('hello') }),
      unknown("For BYTE datatype raw input 'INPUT0', the model must have input shape [1]"),
    );
  });

  it('is reshaped like any other input', () => {
    const reshaped = fakeInputConfig({ name: 'INPUT0', dims: [4], reshape: { shape: [2, 2] } });
    const request = accept(model('m', { input: [reshaped] }), { rawInput: new Uint8Array(16) });
    assert.deepEqual(request.inputs[0]?.shape, [1, 2, 2]);
  });
});
