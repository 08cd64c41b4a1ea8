import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConfigDataType, ModelConfig, SequenceControl, Tensor } from '@nereid/core';
import { fakeModelConfig } from '@nereid/testing';
import { compileControls } from './control-tensors.js';
import { correlationControl, correlationTensor, unfitDatatype } from './correlation-control.js';

const NO_VALUES = { int32FalseTrue: [], fp32FalseTrue: [], boolFalseTrue: [] } as const;

function configWith(
  controls: readonly Partial<SequenceControl>[],
  config: Partial<ModelConfig> = {},
): ModelConfig {
  return fakeModelConfig({
    ...config,
    sequenceBatching: {
      direct: undefined,
      oldest: undefined,
      maxSequenceIdleMicroseconds: 1,
      controlInput: controls.map((written, index) => ({
        name: `control${index}`,
        control: [
          { kind: 'CONTROL_SEQUENCE_READY', dataType: 'TYPE_INVALID', ...NO_VALUES, ...written },
        ],
      })),
      state: [],
      iterativeSequence: false,
    },
  });
}

function bytesOf(tensors: readonly Tensor[]): number[][] {
  return tensors.map(({ data }) => [...data]);
}

describe('control tensors', () => {
  it('have the datatype and the values of the configuration', () => {
    const { at, notReady } = compileControls(
      configWith([
        { int32FalseTrue: [7, -1] },
        { fp32FalseTrue: [0, 1] },
        { boolFalseTrue: [true, false] },
      ]),
    );
    const ready = at(false, false);
    assert.deepEqual(
      ready.map(({ datatype }) => datatype),
      ['INT32', 'FP32', 'BOOL'],
    );
    assert.deepEqual(bytesOf(ready), [[255, 255, 255, 255], [0, 0, 128, 63], [0]]);
    assert.deepEqual(bytesOf(notReady), [[7, 0, 0, 0], [0, 0, 0, 0], [1]]);
  });

  it('say where a request stands', () => {
    const values = { boolFalseTrue: [false, true] } as const;
    const { at, notReady } = compileControls(
      configWith([
        { kind: 'CONTROL_SEQUENCE_START', ...values },
        { kind: 'CONTROL_SEQUENCE_END', ...values },
        { kind: 'CONTROL_SEQUENCE_READY', ...values },
      ]),
    );
    assert.deepEqual(bytesOf(at(true, false)), [[1], [0], [1]]);
    assert.deepEqual(bytesOf(at(false, false)), [[0], [0], [1]]);
    assert.deepEqual(bytesOf(at(false, true)), [[0], [1], [1]]);
    assert.deepEqual(bytesOf(at(true, true)), [[1], [1], [1]]);
    assert.deepEqual(bytesOf(notReady), [[0], [0], [0]]);
  });

  it('have a batch dimension where the model has one', () => {
    const controls = [{ boolFalseTrue: [false, true] }];
    const plain = compileControls(configWith(controls)).at(false, false);
    const batching = compileControls(configWith(controls, { maxBatchSize: 2 })).at(false, false);
    assert.deepEqual([plain[0]?.shape, batching[0]?.shape], [[1], [1, 1]]);
  });
});

describe('the correlation ID as an input', () => {
  const controlOf = (dataType: ConfigDataType) => {
    const control = correlationControl(configWith([{ kind: 'CONTROL_SEQUENCE_CORRID', dataType }]));
    assert.ok(control);
    return control;
  };
  const encoded = (dataType: ConfigDataType, id: bigint | string) => [
    ...correlationTensor(controlOf(dataType), id).data,
  ];

  it('is missing when the model does not ask for it', () => {
    assert.equal(correlationControl(configWith([{ boolFalseTrue: [false, true] }])), undefined);
  });

  it('keeps 64 bits of a number, or its lower 32', () => {
    const id = 0x0807_0605_0403_0201n;
    assert.deepEqual(encoded('TYPE_UINT64', id), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(encoded('TYPE_INT64', 2n ** 64n - 1n), Array(8).fill(255));
    assert.deepEqual(encoded('TYPE_UINT32', id), [1, 2, 3, 4]);
    assert.deepEqual(encoded('TYPE_INT32', id), [1, 2, 3, 4]);
  });

  it('is a BYTES element of a string', () => {
    assert.deepEqual(encoded('TYPE_STRING', 'né'), [3, 0, 0, 0, 110, 195, 169]);
    assert.equal(correlationTensor(controlOf('TYPE_STRING'), 'x').datatype, 'BYTES');
  });

  it('is a short string in a 64-bit number as Triton writes it', () => {
    assert.deepEqual(encoded('TYPE_UINT64', 'abc'), [3, 0, 0, 0, 97, 98, 99, 0]);
  });

  it('does not fit where string and number do not match', () => {
    assert.equal(unfitDatatype(controlOf('TYPE_STRING'), 5n), 'UINT64');
    assert.equal(unfitDatatype(controlOf('TYPE_UINT64'), 'abcde'), 'BYTES');
    assert.equal(unfitDatatype(controlOf('TYPE_INT32'), 'a'), 'BYTES');
    assert.equal(unfitDatatype(controlOf('TYPE_INT64'), 'abcd'), undefined);
    assert.equal(unfitDatatype(controlOf('TYPE_STRING'), 'any length'), undefined);
    assert.equal(unfitDatatype(controlOf('TYPE_UINT32'), 2n ** 40n), undefined);
  });
});
