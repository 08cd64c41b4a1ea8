import type { Clock } from './clock.js';
import type { Logger } from './logger.js';
import type { TensorActivity, TracedModel, TraceSettings } from './tracing.js';

/** One model's part in a finished trace. */
export interface TraceRecord extends TracedModel {
  /** Above 0; unique in this run of the server. */
  readonly id: number;
  /** 0 for the part that the client's request began with. */
  readonly parentId: number;
  readonly timestamps: readonly { readonly activity: string; readonly atNs: number }[];
  readonly tensors: readonly TracedTensor[];
  readonly children: readonly TraceRecord[];
  /** Chosen already if somebody has asked for the trace's context; 16 hexadecimal digits. */
  readonly spanId: string | undefined;
}

export interface TracedTensor {
  readonly activity: TensorActivity;
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** The elements as text, separated by commas; cut off with an ellipsis in a large tensor. */
  readonly data: string;
}

/** A whole finished trace. */
export interface FinishedTrace {
  readonly root: TraceRecord;
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** The context that the request came with. */
  readonly parent: { readonly spanId: string; readonly state: string | undefined } | undefined;
}

/** Sends finished traces elsewhere. */
export interface TraceExporter {
  /** What clients see of its settings, in this order. */
  readonly settings: TraceSettings['exporterSettings'];
  /** Whether it has a use for the tensors of a trace; without, they are not recorded. */
  readonly takesTensors: boolean;
  /** Called once per trace. Neither waits nor throws; what cannot be sent is logged. */
  export(trace: FinishedTrace): void;
  /** Called once: sends what it still has. */
  close(): Promise<void>;
}

/** The default export of a module that a manifest lists under `traceExporters`, by trace mode. */
export interface TraceExporterPlugin {
  /** Called once, at start-up, if the mode is chosen. Throws an InferError for bad settings. */
  createTraceExporter(context: TraceExporterContext): TraceExporter;
}

export interface TraceExporterContext {
  readonly logger: Logger;
  readonly clock: Clock;
  /** The settings of the mode in the order they were given; a name may occur more than once. */
  readonly settings: TraceSettings['exporterSettings'];
}
