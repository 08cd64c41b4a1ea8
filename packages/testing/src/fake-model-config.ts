import type { ModelConfig, ModelInputConfig, ModelOutputConfig } from '@nereid/core';

/** A model configuration in which only what is given is written; everything else is unset. */
export function fakeModelConfig(written: Partial<ModelConfig> = {}): ModelConfig {
  return {
    name: 'model',
    platform: '',
    backend: '',
    runtime: '',
    versionPolicy: undefined,
    maxBatchSize: 0,
    input: [],
    output: [],
    batchInput: [],
    batchOutput: [],
    optimization: undefined,
    dynamicBatching: undefined,
    sequenceBatching: undefined,
    ensembleScheduling: undefined,
    instanceGroup: [],
    defaultModelFilename: '',
    ccModelFilenames: {},
    metricTags: {},
    parameters: {},
    modelWarmup: [],
    modelOperations: undefined,
    modelTransactionPolicy: undefined,
    modelRepositoryAgents: undefined,
    responseCache: undefined,
    modelMetrics: undefined,
    ...written,
  };
}

/** An FP32 input of one element unless written otherwise. */
export function fakeInputConfig(written: Partial<ModelInputConfig> = {}): ModelInputConfig {
  return {
    name: 'INPUT',
    dataType: 'TYPE_FP32',
    format: 'FORMAT_NONE',
    dims: [1],
    reshape: undefined,
    isShapeTensor: false,
    allowRaggedBatch: false,
    optional: false,
    isNonLinearFormatIo: false,
    ...written,
  };
}

/** An FP32 output of one element unless written otherwise. */
export function fakeOutputConfig(written: Partial<ModelOutputConfig> = {}): ModelOutputConfig {
  return {
    name: 'OUTPUT',
    dataType: 'TYPE_FP32',
    dims: [1],
    reshape: undefined,
    labelFilename: '',
    isShapeTensor: false,
    isNonLinearFormatIo: false,
    ...written,
  };
}
