import type {
  Clock,
  RequestTrace,
  Tensor,
  TensorActivity,
  TraceHeaders,
  TraceSettings,
  TraceSettingsChange,
  Tracing,
} from '@nereid/core';
import type { RemoteCalls } from './remote-calls.js';
import { SHARED_WORDS } from './server-calls.js';
import { plainTensors } from './tensor-data.js';

/** The header fields that a trace context is in. */
const CONTEXT_HEADERS = ['traceparent', 'tracestate'] as const;

interface RemoteTracingOptions {
  readonly calls: RemoteCalls;
  readonly sharedWords: Int32Array;
  readonly clock: Clock;
}

/** The tracing of the main thread. Whether anything can be traced is seen in shared memory. */
export class RemoteTracing implements Tracing {
  readonly #options: RemoteTracingOptions;

  constructor(options: RemoteTracingOptions) {
    this.#options = options;
  }

  get active(): boolean {
    return Atomics.load(this.#options.sharedWords, SHARED_WORDS.tracingActive) === 1;
  }

  sample(modelName: string, headers: TraceHeaders): RequestTrace | undefined {
    if (!this.active) return undefined;
    const context: Record<string, string | undefined> = {};
    for (const name of CONTEXT_HEADERS) context[name] = headers.header(name);
    const sampled = this.#options.calls.now('sampleTrace', modelName, context);
    return sampled && new RemoteTrace(this.#options, sampled);
  }

  settings(modelName: string | undefined): TraceSettings {
    return this.#options.calls.now('traceSettings', modelName);
  }

  update(modelName: string | undefined, change: TraceSettingsChange): TraceSettings {
    return this.#options.calls.now('updateTraces', modelName, change);
  }
}

/** What a front end records of a trace that is kept in the main thread. */
export class RemoteTrace implements RequestTrace {
  readonly number: number;
  readonly traceparent: string | undefined;
  readonly #options: RemoteTracingOptions;

  constructor(
    options: RemoteTracingOptions,
    sampled: { readonly number: number; readonly traceparent: string | undefined },
  ) {
    this.#options = options;
    this.number = sampled.number;
    this.traceparent = sampled.traceparent;
  }

  record(activity: string, atNs = this.#options.clock.nowNs()): void {
    this.#options.calls.notice('recordTrace', this.number, activity, atNs);
  }

  recordTensors(activity: TensorActivity, tensors: readonly Tensor[]): void {
    this.#options.calls.notice('recordTensors', this.number, activity, plainTensors(tensors));
  }

  /** Models run in the main thread, and there the trace enters them. */
  enter(): RequestTrace {
    return this;
  }

  leave(): void {}

  close(): void {
    this.#options.calls.notice('closeTrace', this.number);
  }
}
