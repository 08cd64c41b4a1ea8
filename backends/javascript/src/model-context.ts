/** How a model in JavaScript or TypeScript uses the other models of the server. */

import type { DataType, ParameterValue, SequencePosition } from '@nereid/core';
import type { ModelInput, ModelRequest, OutputData } from './model-api.js';

/** The second argument of `execute`. May be kept and used afterwards. */
export interface ModelContext {
  /**
   * Sends a request to a model that answers once. Rejects with the error of the model, or when it
   * does not answer exactly once.
   */
  infer(call: ModelCall): Promise<ModelReply>;
  /**
   * Sends a request to a model with any number of responses, which wait for the loop that takes
   * them. Leaving the loop cancels the request.
   */
  stream(call: ModelCall): AsyncIterableIterator<ModelReply>;
  /** Resolves when the model serves. */
  loadModel(modelName: string, options?: LoadModelOptions): Promise<void>;
  /** Resolves when the model accepts no more requests. */
  unloadModel(modelName: string, options?: UnloadModelOptions): Promise<void>;
  /** Without a version: whether any version is ready. */
  isModelReady(modelName: string, version?: number): Promise<boolean>;
}

export interface ModelCall {
  readonly modelName: string;
  /** The latest when absent. */
  readonly modelVersion?: number;
  readonly id?: string;
  readonly inputs: Readonly<Record<string, CallInput>>;
  /** All when absent or empty. */
  readonly requestedOutputs?: readonly string[];
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  readonly sequence?: SequencePosition;
  readonly priority?: number;
  readonly timeoutUs?: number;
  /**
   * The requests that need the answer; those being executed when absent. The call is cancelled when
   * all of them are.
   */
  readonly parents?: readonly ModelRequest[];
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

export interface CallInput {
  readonly datatype: DataType;
  readonly shape: readonly number[];
  /** Copied. */
  readonly data: OutputData;
}

export interface ModelReply {
  readonly modelName: string;
  readonly modelVersion: number;
  readonly id: string;
  /** Their memory belongs to the receiver. */
  readonly outputs: Readonly<Record<string, ModelInput>>;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
}

export interface LoadModelOptions {
  /** A model configuration as JSON. */
  readonly config?: string;
  /** Files that replace the model's folder, by their path in it; needs `config`. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

export interface UnloadModelOptions {
  readonly unloadDependents?: boolean;
}
