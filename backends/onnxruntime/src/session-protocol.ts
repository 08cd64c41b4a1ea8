import type { TensorSlot } from '@nereid/backend-kit';
import type { DataType } from '@nereid/core';
import type { ModelSignature } from '@nereid/model-config';
import type { InferenceSession } from 'onnxruntime-node';

/** What the server and the thread of a session say to each other. */
export interface SessionProtocol {
  readonly init: SessionInit;
  /** The model's own inputs and outputs. */
  readonly started: ModelSignature;
  readonly request: {
    /** The data of the inputs, which are in the slots. */
    readonly buffer: ArrayBuffer;
    readonly slots: readonly TensorSlot[];
    /** Names of the outputs that are wanted. */
    readonly fetches: readonly string[];
  };
  readonly response: {
    readonly outputs: readonly OutputTensor[];
    /** That of the request, which is done with. */
    readonly buffer: ArrayBuffer;
    /** When the model ran and when it was done, in nanoseconds of the system's clock. */
    readonly inputEndNs: number;
    readonly outputStartNs: number;
  };
  readonly notice: never;
  readonly event: never;
}

export interface SessionInit {
  readonly modelName: string;
  /** Absolute. */
  readonly file: string;
  readonly options: SessionOptions;
}

export interface OutputTensor {
  readonly name: string;
  readonly datatype: DataType;
  readonly shape: readonly number[];
  readonly data: ArrayBuffer;
}

/** What a model configuration decides about a session. */
export type SessionOptions = Pick<
  InferenceSession.SessionOptions,
  | 'intraOpNumThreads'
  | 'interOpNumThreads'
  | 'executionMode'
  | 'enableCpuMemArena'
  | 'enableMemPattern'
  | 'graphOptimizationLevel'
  | 'extra'
>;
