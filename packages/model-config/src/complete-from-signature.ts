import type { DataType, ModelConfig } from '@nereid/core';

/** A tensor as the model's file declares it: all dimensions, -1 for one of any size. */
export interface SignatureTensor {
  readonly name: string;
  readonly datatype: DataType;
  readonly shape: readonly number[];
}

export interface ModelSignature {
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

export interface SignatureOptions {
  /** `--backend-config=default-max-batch-size`, 4 unless set. */
  readonly defaultMaxBatchSize: number;
}

/**
 * Completes inputs, outputs, `maxBatchSize` and the dynamic batcher from a model file's signature, by
 * the rules of Triton's ONNX Runtime backend (spec §3.4), which other file-based backends share.
 */
export function completeFromSignature(
  config: ModelConfig,
  signature: ModelSignature,
  options: SignatureOptions,
): ModelConfig {
  throw new Error(`not written yet: ${config.name} ${signature} ${options}`);
}
