import type {
  RequestTrace,
  TracedModel,
  TraceHeaders,
  TraceSettings,
  TraceSettingsChange,
  Tracing,
} from '@nereid/core';

const OFF: TraceSettings = {
  levels: [],
  rate: 1000,
  count: -1,
  logFrequency: 0,
  file: '',
  mode: 'triton',
  exporterSettings: [],
};

/** Notes what is recorded; entering a further model notes it and goes on in the same trace. */
export class FakeTrace implements RequestTrace {
  readonly traceparent = undefined;
  /** Activities and calls, in order. */
  readonly events: string[] = [];
  /** The time given with each activity that has one. */
  readonly timesNs = new Map<string, number>();

  record(activity: string, atNs?: number): void {
    this.events.push(activity);
    if (atNs !== undefined) this.timesNs.set(activity, atNs);
  }

  recordTensors(activity: string, tensors: readonly { readonly name: string }[]): void {
    this.events.push(`${activity} ${tensors.map(({ name }) => name).join(' ')}`);
  }

  enter({ modelName, modelVersion, requestId }: TracedModel): this {
    this.events.push(`enter ${modelName} ${modelVersion} ${requestId}`);
    return this;
  }

  leave(): void {
    this.events.push('leave');
  }

  close(): void {
    this.events.push('close');
  }
}

/** Traces every request while `active`, and takes every change of its settings. */
export class FakeTracing implements Tracing {
  active = false;
  /** The traces handed out. */
  readonly traces: FakeTrace[] = [];
  readonly sampled: (readonly [string, TraceHeaders])[] = [];
  readonly changes: (readonly [string | undefined, TraceSettingsChange])[] = [];
  current: TraceSettings = OFF;

  sample(modelName: string, headers: TraceHeaders): FakeTrace | undefined {
    if (!this.active) return undefined;
    const trace = new FakeTrace();
    this.sampled.push([modelName, headers]);
    this.traces.push(trace);
    return trace;
  }

  settings(): TraceSettings {
    return this.current;
  }

  update(modelName: string | undefined, change: TraceSettingsChange): TraceSettings {
    this.changes.push([modelName, change]);
    return this.current;
  }
}
