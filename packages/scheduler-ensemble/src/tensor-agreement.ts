import type { ModelConfig, ModelInputConfig, ModelOutputConfig } from '@nereid/core';
import { fits } from './adapt-shape.js';
import { compositionError } from './ensemble-errors.js';

type TensorConfig = Pick<ModelInputConfig | ModelOutputConfig, 'dataType' | 'dims'>;

/** What a model says of a tensor. */
interface Signature extends TensorConfig {
  readonly modelName: string;
  /** With the batch dimension, as -1, where the model has one. */
  readonly fullDims: readonly number[];
}

/** What the models of an ensemble say of its tensors: they have to agree. */
export class TensorAgreement {
  readonly #ensemble: string;
  readonly #signatures = new Map<string, Signature>();

  constructor(ensemble: ModelConfig) {
    this.#ensemble = ensemble.name;
    for (const tensor of [...ensemble.input, ...ensemble.output]) {
      if (this.#signatures.has(tensor.name)) continue;
      // Inside the ensemble, tensors have the shapes that reshapes give them.
      const dims = tensor.reshape?.shape ?? tensor.dims;
      this.#signatures.set(tensor.name, signatureOf({ ...tensor, dims }, ensemble));
    }
  }

  /**
   * Compares what a model says of the tensor with what the first model that has it says. Throws an
   * INVALID_ARG InferError when types differ or shapes exclude each other.
   */
  check(tensorName: string, tensor: TensorConfig, model: ModelConfig): void {
    const signature = signatureOf(tensor, model);
    const known = this.#signatures.get(tensorName);
    if (!known) {
      this.#signatures.set(tensorName, signature);
      return;
    }
    if (known.dataType !== signature.dataType) {
      throw this.#error(tensorName, 'data type', [
        `${known.dataType} is inferred from model ${known.modelName}`,
        `${signature.dataType} is inferred from model ${signature.modelName}`,
      ]);
    }
    // A batch may pass as one tensor through a model without batches: then the full shapes fit.
    if (fits(known.dims, signature.dims) || fits(known.fullDims, signature.fullDims)) return;
    throw this.#error(tensorName, 'shape', [
      `[${known.fullDims}] is inferred from model ${known.modelName}`,
      `[${signature.fullDims}] is inferred from model ${signature.modelName}`,
    ]);
  }

  #error(tensorName: string, what: string, [first, second]: readonly [string, string]) {
    return compositionError(
      this.#ensemble,
      `ensemble tensor ${tensorName}: inconsistent ${what}: ${first} while ${second}`,
    );
  }
}

function signatureOf({ dataType, dims }: TensorConfig, model: ModelConfig): Signature {
  const fullDims = model.maxBatchSize > 0 ? [-1, ...dims] : dims;
  return { modelName: model.name, dataType, dims, fullDims };
}
