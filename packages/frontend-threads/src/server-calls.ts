/** What a front-end thread asks of the main thread beside inference. */

import type {
  AccessDecision,
  AccessEntry,
  ApiCategory,
  InferenceServer,
  LogFields,
  ModelConfig,
  SharedMemoryPlacement,
  TensorActivity,
} from '@nereid/core';
import type { Settled } from './plain-error.js';
import type { PlainTensors } from './tensor-data.js';

/** A configuration by the number it was sent with; without it for one that is known. */
export interface NumberedConfig {
  readonly number: number;
  readonly config?: ModelConfig;
}

/** Where a front end wants its connections from. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  readonly reusePort: boolean;
}

type Forwarded = Pick<
  InferenceServer,
  | 'isLive'
  | 'isReady'
  | 'isModelReady'
  | 'modelMetadata'
  | 'modelConfigJson'
  | 'modelStatistics'
  | 'logSettings'
  | 'updateLogSettings'
>;

type ForwardedTracing = InferenceServer['tracing'];
type ForwardedMemory = InferenceServer['systemSharedMemory'];

/** Calls that a thread waits for without doing anything else. All arguments can be cloned. */
export interface ImmediateCalls extends Forwarded {
  modelConfig(name: string, version: number | undefined, known: number): NumberedConfig;
  /** Undefined for a request that is not traced. */
  sampleTrace(
    modelName: string,
    headers: Readonly<Record<string, string | undefined>>,
  ): { readonly number: number; readonly traceparent: string | undefined } | undefined;
  traceSettings: ForwardedTracing['settings'];
  updateTraces: ForwardedTracing['update'];
  registerMemory: ForwardedMemory['register'];
  memoryStatus: ForwardedMemory['status'];
  unregisterMemory: ForwardedMemory['unregister'];
  claimMemory(placement: SharedMemoryPlacement): {
    readonly number: number;
    readonly sizeBytes: number;
  };
  readClaim(claim: number): Uint8Array;
  writeClaim(claim: number, data: Uint8Array): void;
  decide(token: string | undefined, category: ApiCategory): AccessDecision;
}

/** Calls whose result comes later. */
export interface LaterCalls
  extends Pick<InferenceServer, 'metricsText' | 'repositoryIndex' | 'loadModel' | 'unloadModel'> {
  readClaimLater(claim: number): Promise<Uint8Array>;
  writeClaimLater(claim: number, data: Uint8Array): Promise<void>;
  /** Resolves to the port. */
  listen(frontend: string, place: ListenPlace): Promise<number>;
}

export type LogLevel = 'error' | 'warn' | 'info';

export interface PlainLogLine {
  /** A number for a verbose line. */
  readonly level: LogLevel | number;
  /** Empty for the front end's own. */
  readonly component: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** What needs no answer. */
export interface Notices {
  log(line: PlainLogLine): void;
  access(entries: readonly AccessEntry[]): void;
  recordTrace(trace: number, activity: string, atNs: number): void;
  recordTensors(trace: number, activity: TensorActivity, tensors: PlainTensors): void;
  closeTrace(trace: number): void;
  releaseClaim(claim: number): void;
  /** The front end takes no more connections. */
  unlisten(frontend: string): void;
  /** An order has been carried out, or has failed. */
  carriedOut(order: number, result: Settled): void;
}

/** What the main thread orders a thread to do. */
export type Order =
  | { readonly kind: 'start'; readonly number: number; readonly frontend: FrontendOrder }
  | {
      readonly kind: 'stop';
      readonly number: number;
      readonly name: string;
      readonly graceMs: number;
    };

/** A front end, by its plugin. */
export interface FrontendOrder {
  /** Of the plugin, such as `http`. */
  readonly name: string;
  /** The URL of the plugin's module. */
  readonly module: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly authorized: boolean;
  readonly logged: boolean;
}

/** Words in memory that all threads see. */
export const SHARED_WORDS = { tracingActive: 0, repositoryChanges: 1, count: 2 } as const;
