import { randomBytes } from 'node:crypto';
import type {
  Clock,
  FinishedTrace,
  RequestTrace,
  Tensor,
  TensorActivity,
  TracedModel,
  TracedTensor,
  TraceRecord,
} from '@nereid/core';
import { tensorText } from './tensor-text.js';
import type { IncomingContext } from './trace-context.js';

/** What one model's part may hold; a stream of responses has no end of its own. */
const MAX_TIMESTAMPS = 1_024;
const MAX_TENSORS = 256;
const MAX_CHILDREN = 1_024;

export interface TraceOptions {
  readonly clock: Clock;
  readonly nextId: () => number;
  readonly recordsTimestamps: boolean;
  readonly recordsTensors: boolean;
  /** The mode has W3C contexts. */
  readonly propagates: boolean;
  readonly parent: IncomingContext | undefined;
  /** Called once: undefined when no model took the request, so that there is nothing to tell. */
  readonly finished: (trace: FinishedTrace | undefined) => void;
}

/** What the parts of one trace share: whether it has ended, and its place among other traces. */
class TraceInProgress implements FinishedTrace {
  readonly options: TraceOptions;
  readonly root: RecordedTrace;
  readonly parent: IncomingContext | undefined;
  /** Parts that have not ended; the front end's counts as one. */
  openCount = 1;
  #traceId: string | undefined;

  constructor(options: TraceOptions) {
    this.options = options;
    this.parent = options.parent;
    this.root = new RecordedTrace(this, 0);
  }

  get traceId(): string {
    this.#traceId ??= this.parent?.traceId ?? randomBytes(16).toString('hex');
    return this.#traceId;
  }

  partEnded(): void {
    this.openCount -= 1;
    if (this.openCount > 0) return;
    this.options.finished(this.root.entered ? this : undefined);
  }
}

/** Begins the trace of a request. */
export function startTrace(options: TraceOptions): RequestTrace {
  return new TraceInProgress(options).root;
}

/** One model's part of a trace, while it is recorded and afterwards. */
class RecordedTrace implements RequestTrace, TraceRecord {
  readonly id: number;
  readonly parentId: number;
  modelName = '';
  modelVersion = 0;
  requestId = '';
  readonly timestamps: { readonly activity: string; readonly atNs: number }[] = [];
  readonly tensors: TracedTensor[] = [];
  readonly children: RecordedTrace[] = [];
  readonly #trace: TraceInProgress;
  #spanId: string | undefined;
  #state: 'new' | 'entered' | 'left' = 'new';
  #closed = false;

  constructor(trace: TraceInProgress, parentId: number) {
    this.#trace = trace;
    this.id = trace.options.nextId();
    this.parentId = parentId;
  }

  get entered(): boolean {
    return this.#state !== 'new';
  }

  get spanId(): string | undefined {
    return this.#spanId;
  }

  get traceparent(): string | undefined {
    if (!this.#trace.options.propagates) return undefined;
    this.#spanId ??= randomBytes(8).toString('hex');
    return `00-${this.#trace.traceId}-${this.#spanId}-01`;
  }

  record(activity: string, atNs = this.#trace.options.clock.nowNs()): void {
    if (!this.#trace.options.recordsTimestamps || this.timestamps.length >= MAX_TIMESTAMPS) return;
    this.timestamps.push({ activity, atNs });
  }

  recordTensors(activity: TensorActivity, tensors: readonly Tensor[]): void {
    if (!this.#trace.options.recordsTensors) return;
    for (const tensor of tensors) {
      if (this.tensors.length >= MAX_TENSORS) return;
      const { name, datatype, shape } = tensor;
      this.tensors.push({ activity, name, datatype, shape, data: tensorText(tensor) });
    }
  }

  enter(model: TracedModel): RecordedTrace {
    if (!this.entered) return this.#enter(model);
    // A child too many is not shown by itself: what it records is dropped with it.
    const child = new RecordedTrace(this.#trace, this.id);
    if (this.children.length < MAX_CHILDREN) this.children.push(child);
    return child.#enter(model);
  }

  leave(): void {
    if (this.#state !== 'entered') return;
    this.#state = 'left';
    this.#trace.partEnded();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#trace.partEnded();
  }

  #enter({ modelName, modelVersion, requestId }: TracedModel): this {
    this.modelName = modelName;
    this.modelVersion = modelVersion;
    this.requestId = requestId;
    this.#state = 'entered';
    this.#trace.openCount += 1;
    return this;
  }
}
