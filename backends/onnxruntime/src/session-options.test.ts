import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInferError, type ModelConfig } from '@nereid/core';
import { fakeInputConfig, fakeModelConfig } from '@nereid/testing';
import { configureSession } from './session-options.js';

const withParameters = (parameters: Readonly<Record<string, string>>) =>
  fakeModelConfig({
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, stringValue]) => [name, { stringValue }]),
    ),
  });

const optimized = (parts: Partial<NonNullable<ModelConfig['optimization']>>) =>
  fakeModelConfig({
    optimization: {
      graph: undefined,
      priority: 'PRIORITY_DEFAULT',
      cuda: undefined,
      executionAccelerators: undefined,
      inputPinnedMemory: undefined,
      outputPinnedMemory: undefined,
      gatherKernelBufferThreshold: 0,
      eagerBatching: false,
      ...parts,
    },
  });

const isUnsupported = (message: RegExp) => (error: unknown) =>
  isInferError(error) && error.code === 'UNSUPPORTED' && message.test(error.message);

describe('configureSession', () => {
  it('takes the threads of the placement and optimizes fully by default', () => {
    assert.deepEqual(configureSession(fakeModelConfig(), 3), {
      options: { intraOpNumThreads: 3, graphOptimizationLevel: 'all' },
      ignored: [],
    });
  });

  it('reads the parameters of the model', () => {
    const config = withParameters({
      intra_op_thread_count: '5',
      inter_op_thread_count: '2',
      execution_mode: '1',
      enable_mem_arena: '0',
      enable_mem_pattern: '1',
      'session.disable_prepacking': '1',
      'optimization.enable_gelu_approximation': '1',
    });
    assert.deepEqual(configureSession(config, 3), {
      options: {
        intraOpNumThreads: 5,
        graphOptimizationLevel: 'all',
        interOpNumThreads: 2,
        executionMode: 'parallel',
        enableCpuMemArena: false,
        enableMemPattern: true,
        extra: {
          'session.disable_prepacking': '1',
          'optimization.enable_gelu_approximation': '1',
        },
      },
      ignored: [],
    });
  });

  it('tells which parameters have no effect, but for those of CUDA', () => {
    const config = withParameters({
      gpu_mem_limit: '1',
      'memory.enable_memory_arena_shrinkage': 'x',
    });
    assert.deepEqual(configureSession(config, 1).ignored, ['memory.enable_memory_arena_shrinkage']);
  });

  it('reads the graph optimization level', () => {
    const level = (value: number) =>
      configureSession(optimized({ graph: { level: value } }), 1).options.graphOptimizationLevel;
    assert.deepEqual([-1, 0, 1, 2].map(level), ['basic', 'all', 'extended', 'all']);
  });

  it('refuses values that make no sense', () => {
    for (const parameters of [
      { intra_op_thread_count: '-1' },
      { inter_op_thread_count: 'many' },
      { execution_mode: '2' },
      { enable_mem_arena: 'true' },
    ]) {
      assert.throws(
        () => configureSession(withParameters(parameters), 1),
        (error) => isInferError(error) && error.code === 'INVALID_ARG',
      );
    }
  });

  it('refuses what onnxruntime-node cannot do', () => {
    const accelerator = { name: 'openvino', parameters: {} };
    const executionAccelerators = {
      cpuExecutionAccelerator: [accelerator],
      gpuExecutionAccelerator: [],
    };
    assert.throws(
      () => configureSession(optimized({ executionAccelerators }), 1),
      isUnsupported(/execution accelerator 'openvino' is not available/),
    );
    for (const [parts, message] of [
      [{ modelOperations: { opLibraryFilename: ['ops.so'] } }, /custom operations/],
      [{ input: [fakeInputConfig({ optional: true })] }, /'INPUT' cannot be optional/],
    ] as const) {
      assert.throws(() => configureSession(fakeModelConfig(parts), 1), isUnsupported(message));
    }
  });
});
