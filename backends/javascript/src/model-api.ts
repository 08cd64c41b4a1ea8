/**
 * What a model in JavaScript or TypeScript sees: the arguments, requests and answers of its
 * functions.
 */

import type {
  DataType,
  ErrorCode,
  ModelConfig,
  ParameterValue,
  SequencePosition,
} from '@nereid/core';
import type { ModelContext } from './model-context.js';

/** The functions that a model file exports; only `execute` is required. Each may be async. */
export interface ModelModule {
  /** Called once per instance, before anything is executed. A throw fails the load. */
  initialize?(args: ModelArguments): void | Promise<void>;
  /**
   * Called with one or more requests; never again before it has returned. Returns one answer per
   * request, in order, or an error in its place. A throw fails all of them. A decoupled model
   * returns nothing.
   */
  execute(
    requests: readonly ModelRequest[],
    context: ModelContext,
  ): ExecuteResult | Promise<ExecuteResult>;
  /** Called once, when the instance is closed. */
  finalize?(): void | Promise<void>;
  /** Called once a load, in a thread of its own, with the configuration as far as it is written. */
  autoCompleteConfig?(config: ModelConfig): ConfigCompletion | Promise<ConfigCompletion>;
}

/** Nothing stands in the place of a request that is to be executed again. */
export type ExecuteResult = readonly (ModelAnswer | ModelError | undefined)[] | undefined;

export interface ModelArguments {
  readonly modelName: string;
  readonly modelVersion: number;
  /** The absolute folder with the configuration. */
  readonly modelDirectory: string;
  /** The absolute folder of this version. */
  readonly versionDirectory: string;
  /** `<group>_<copy>`. */
  readonly instanceName: string;
  readonly instanceKind: 'CPU' | 'GPU' | 'MODEL';
  readonly deviceId: number;
  readonly config: ModelConfig;
  /** The `parameters` of the configuration. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The array that holds the elements of a tensor. FP16 and BF16 come as their bits, BOOL as 0 and 1.
 */
export interface TensorArrays {
  BOOL: Uint8Array;
  UINT8: Uint8Array;
  UINT16: Uint16Array;
  UINT32: Uint32Array;
  UINT64: BigUint64Array;
  INT8: Int8Array;
  INT16: Int16Array;
  INT32: Int32Array;
  INT64: BigInt64Array;
  FP16: Uint16Array;
  FP32: Float32Array;
  FP64: Float64Array;
  BYTES: readonly Uint8Array[];
  BF16: Uint16Array;
}

/** An input. Its memory belongs to the request: keep it, change it, or return it. */
export type ModelInput = { [D in DataType]: InputOf<D> }[DataType];

interface InputOf<D extends DataType> {
  readonly datatype: D;
  /** With the batch dimension, if the model has one. */
  readonly shape: readonly number[];
  readonly data: TensorArrays[D];
  /** The elements of a BYTES tensor as UTF-8 text; empty for any other. Decoded at each access. */
  readonly strings: readonly string[];
}

export interface ModelRequest {
  readonly id: string;
  readonly inputs: Readonly<Record<string, ModelInput>>;
  /**
   * Names of the outputs that the client asks for; empty if it asks for all. Others may be left
   * out.
   */
  readonly requestedOutputs: readonly string[];
  readonly batchSize: number;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** The correlation ID, and where the request stands in its sequence. */
  readonly sequence: SequencePosition | undefined;
  readonly priority: number;
  readonly timeoutUs: number;
  /**
   * Aborts when nobody waits for the answer any more. The news arrives between two turns of the
   * event loop: a model that computes without ever waiting does not see it.
   */
  readonly signal: AbortSignal;
  /**
   * Sends one response of a decoupled model. Resolves when the client has taken it; a model with
   * many responses waits for that. Throws for any other model, and after `end`.
   */
  send(answer: ModelAnswer): Promise<void>;
  /** Ends the request of a decoupled model, once; with an error it has failed. */
  end(error?: ModelError): void;
  /**
   * Asks for another execution of the same request in a later batch, in place of its answer or its
   * end. Throws for a model without `iterative_sequence`.
   */
  reschedule(): void;
}

export interface ModelAnswer {
  /** By name, or in a list whose nameless members take the names of the configuration, by place. */
  readonly outputs: Readonly<Record<string, ModelOutput>> | readonly ModelOutput[];
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
}

export interface ModelOutput {
  readonly name?: string;
  /** The configuration's datatype when absent. */
  readonly datatype?: DataType;
  readonly shape: readonly number[];
  /**
   * The array of the datatype, or a plain one of numbers, bigints, booleans, strings or bytes.
   * Copied.
   */
  readonly data: OutputData;
}

export type OutputData =
  | TensorArrays[DataType]
  | readonly number[]
  | readonly bigint[]
  | readonly boolean[]
  | readonly (string | Uint8Array)[];

/**
 * An error for one request. Its `code` is INTERNAL when absent; its message is shown to the client.
 */
export interface ModelError extends Error {
  readonly code?: ErrorCode;
}

/**
 * What `autoCompleteConfig` adds to a configuration. What the user wrote wins, or fails the load if
 * it contradicts.
 */
export interface ConfigCompletion {
  readonly maxBatchSize?: number;
  readonly inputs?: readonly CompletedTensor[];
  readonly outputs?: readonly CompletedTensor[];
  /** True adds a dynamic batcher with its defaults where no scheduler is chosen. */
  readonly dynamicBatching?: boolean;
  readonly decoupled?: boolean;
}

export interface CompletedTensor {
  readonly name: string;
  readonly datatype: DataType;
  /** Without the batch dimension; -1 is a dimension of any size. */
  readonly dims: readonly number[];
  readonly optional?: boolean;
}
