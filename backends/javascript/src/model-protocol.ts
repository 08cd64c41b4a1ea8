import type { TensorSlot } from '@nereid/backend-kit';
import type { DataType, ErrorCode, ParameterValue, SequencePosition } from '@nereid/core';
import type { ConfigCompletion, ModelArguments } from './model-api.js';

/** What the server and the thread of a model's instance say to each other. */
export interface ModelProtocol {
  readonly init: ModelInit;
  readonly started: { readonly completion: ConfigCompletion | undefined };
  readonly request: {
    readonly requests: readonly WireRequest[];
    /** The data of all inputs of all requests. */
    readonly buffer: ArrayBuffer;
  };
  readonly response: {
    /** One per request, in order; none for a decoupled model. */
    readonly answers: readonly WireAnswer[];
    /** The keys of those that are to be executed again; their answers mean nothing. */
    readonly rescheduled: readonly number[];
    /** The data of all outputs of all answers. */
    readonly buffer: ArrayBuffer;
    /** When the model was called and when it had answered, in nanoseconds of the system's clock. */
    readonly inputEndNs: number;
    readonly outputStartNs: number;
  };
  readonly notice: ModelNotice;
  readonly event: ModelEvent;
}

export interface ModelInit {
  /** Whether the thread serves, or only asks the model to complete its configuration. */
  readonly purpose: 'serve' | 'complete';
  readonly file: string;
  readonly args: ModelArguments;
  readonly outputs: readonly OutputDescription[];
  readonly decoupled: boolean;
  /** Requests may be executed again. */
  readonly iterative: boolean;
}

export interface OutputDescription {
  readonly name: string;
  readonly datatype: DataType | undefined;
}

export interface WireRequest {
  /** Tells the open requests of an instance apart. */
  readonly key: number;
  readonly id: string;
  readonly slots: readonly TensorSlot[];
  readonly requestedOutputs: readonly string[];
  readonly batchSize: number;
  /** Absent when there are none, which is the rule. */
  readonly parameters: ReadonlyMap<string, ParameterValue> | undefined;
  readonly sequence: SequencePosition | undefined;
  readonly priority: number;
  readonly timeoutUs: number;
  readonly cancelled: boolean;
}

export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
}

export type WireAnswer =
  | {
      readonly error: undefined;
      readonly slots: readonly TensorSlot[];
      readonly parameters: ReadonlyMap<string, ParameterValue> | undefined;
    }
  | { readonly error: WireError };

export type ModelNotice =
  | { readonly kind: 'cancelled'; readonly key: number }
  /** The client has taken one response. */
  | { readonly kind: 'taken'; readonly key: number }
  | CallNotice;

export type ModelEvent =
  | {
      readonly kind: 'response';
      readonly key: number;
      readonly answer: WireAnswer;
      readonly buffer: ArrayBuffer;
    }
  | { readonly kind: 'end'; readonly key: number; readonly error: WireError | undefined }
  | CallEvent;

/** What a model asks of the server; `call` tells the questions of an instance apart. */
export type CallEvent =
  | {
      readonly kind: 'infer';
      readonly call: number;
      /** The keys of the requests that need the answer. */
      readonly parents: readonly number[];
      readonly request: WireCall;
      readonly buffer: ArrayBuffer;
    }
  | { readonly kind: 'cancelCall'; readonly call: number }
  /** The model has taken one reply. */
  | { readonly kind: 'replyTaken'; readonly call: number }
  | { readonly kind: 'control'; readonly call: number; readonly control: ModelControl };

export interface WireCall {
  readonly modelName: string;
  readonly modelVersion: number | undefined;
  readonly id: string;
  readonly slots: readonly TensorSlot[];
  readonly requestedOutputs: readonly string[];
  readonly parameters: ReadonlyMap<string, ParameterValue>;
  readonly sequence: SequencePosition | undefined;
  readonly priority: number;
  readonly timeoutUs: number;
}

export type ModelControl =
  | {
      readonly verb: 'load';
      readonly modelName: string;
      readonly config: string | undefined;
      readonly files: ReadonlyMap<string, Uint8Array> | undefined;
    }
  | { readonly verb: 'unload'; readonly modelName: string; readonly unloadDependents: boolean }
  | { readonly verb: 'ready'; readonly modelName: string; readonly version: number | undefined };

export type CallNotice =
  | {
      readonly kind: 'reply';
      readonly call: number;
      readonly reply: WireReply;
      readonly buffer: ArrayBuffer;
    }
  /** Nothing follows; `ready` answers a question for it. */
  | {
      readonly kind: 'callEnd';
      readonly call: number;
      readonly error: WireError | undefined;
      readonly ready: boolean;
    };

export interface WireReply {
  readonly modelName: string;
  readonly modelVersion: number;
  readonly id: string;
  readonly slots: readonly TensorSlot[];
  readonly parameters: ReadonlyMap<string, ParameterValue>;
}
