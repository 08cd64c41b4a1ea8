import type { TensorSlot } from '@nereid/backend-kit';
import type { DataType, ErrorCode } from '@nereid/core';

/**
 * What the server and the thread of a model's instance say to each other. Whatever Python has to
 * understand is JSON text: Python reads and writes that faster than it converts objects of
 * JavaScript one by one. Tensors are beside it, in one buffer.
 */
export interface ModelProtocol {
  readonly init: ModelInit;
  readonly started: { readonly config: string | undefined };
  readonly request: Message;
  readonly response: Message & {
    /** When the model was called and when it had answered, in nanoseconds of the system's clock. */
    readonly inputEndNs: number;
    readonly outputStartNs: number;
  };
  readonly notice: Message;
  readonly event: Message & { readonly kind: EventKind };
}

export interface Message {
  readonly text: string;
  readonly buffer: ArrayBuffer;
}

export type EventKind =
  | 'response'
  | 'infer'
  | 'cancelCall'
  /** The model has taken one response of a call. */
  | 'callTaken'
  | 'loadModel'
  | 'unloadModel'
  | 'isModelReady'
  | 'metric'
  | 'log';

export interface ModelInit {
  /** JSON, if the thread only asks the model to complete it. */
  readonly configToComplete: string | undefined;
  /** JSON, what `initialize` is given. */
  readonly args: string;
  readonly setup: RunnerSetup;
  /** Folders that Python sees at the same path. */
  readonly mounts: readonly string[];
  /** Folders of Python modules. */
  readonly pythonFolders: readonly string[];
  /** Of a Pyodide distribution; that of the npm package when absent. */
  readonly pyodideFolder: string | undefined;
  /** 0 sets no limit. */
  readonly memoryLimitBytes: number;
}

/** What the Python side is made with. */
export interface RunnerSetup {
  readonly model: {
    readonly name: string;
    readonly version: number;
    readonly file: string;
    readonly directory: string;
    readonly versionDirectory: string;
    readonly backendDirectory: null;
  };
  readonly instanceName: string;
  readonly decoupled: boolean;
  readonly outputs: readonly string[];
  readonly packageFolders: readonly string[];
}

export interface RequestText {
  /** Tells the open requests of an instance apart. */
  readonly key: number;
  readonly id: string;
  readonly slots: readonly TensorSlot[];
  readonly requestedOutputs: readonly string[];
  readonly correlation: string;
  readonly correlationIsText: boolean;
  readonly flags: number;
  readonly timeoutUs: number;
  /** JSON itself. */
  readonly parameters: string;
  readonly cancelled: boolean;
}

/** A tensor of a message; its data follows that of the one before. */
export interface TensorText {
  readonly name: string;
  readonly datatype: DataType;
  readonly shape: readonly number[];
  readonly sizeBytes: number;
}

/** An `int` as text, with all its digits. */
export type ParameterText =
  | readonly [name: string, kind: 'int', value: string]
  | readonly [name: string, kind: 'value', value: string | number | boolean];

export type AnswerText =
  | {
      readonly kind: 'response';
      readonly outputs: readonly TensorText[];
      readonly parameters: readonly ParameterText[];
    }
  | {
      readonly kind: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly outOfMemory?: boolean;
    }
  /** The model has answered by itself, or will. */
  | { readonly kind: 'none' }
  | { readonly kind: 'rescheduled' };

/** A response that a model has sent by itself. */
export interface SentText {
  readonly key: number;
  readonly answer: AnswerText | null;
  readonly final: boolean;
}

/** A request of the model for another model. */
export interface CallText {
  readonly call: number;
  readonly decoupled: boolean;
  /** The keys of the requests that need the answer. */
  readonly parents: readonly number[];
  readonly modelName: string;
  /** -1 lets the server choose. */
  readonly modelVersion: number;
  readonly id: string;
  readonly inputs: readonly TensorText[];
  readonly requestedOutputs: readonly string[];
  readonly correlation: string;
  readonly correlationIsText: boolean;
  readonly flags: number;
  readonly timeoutUs: number;
  readonly parameters: readonly ParameterText[];
}

export interface ErrorText {
  readonly code: ErrorCode;
  readonly message: string;
}

/** JSON of a notice. */
export type NoticeText =
  | { readonly kind: 'cancelled'; readonly key: number }
  /** The client has taken one response. */
  | { readonly kind: 'taken'; readonly key: number; readonly sizeBytes: number }
  | {
      readonly kind: 'answer';
      readonly call: number;
      readonly final: boolean;
      readonly answer: {
        readonly error: ErrorText | null;
        readonly slots?: readonly TensorSlot[];
        readonly parameters?: string;
      } | null;
    }
  | {
      readonly kind: 'reply';
      readonly call: number;
      readonly error: ErrorText | null;
      readonly value: unknown;
    };
