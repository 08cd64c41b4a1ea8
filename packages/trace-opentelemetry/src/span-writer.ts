import type { FinishedTrace, TraceRecord } from '@nereid/core';
import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  TraceFlags,
  type Tracer,
  trace as traceApi,
} from '@opentelemetry/api';
import type { WallClock } from './wall-clock.js';

type Timestamp = TraceRecord['timestamps'][number];

/** The span of everything that happened to a client's request. */
const REQUEST_SPAN = 'InferRequest';
const COMPUTE_SPAN = 'compute';

const FRONT_END = /^(HTTP_|GRPC_|INFER_RESPONSE_COMPLETE$)/;
const COMPUTE = /^COMPUTE_/;
const MODEL = /^(REQUEST_START|QUEUE_START|REQUEST_END)$/;
const CUSTOM_START = /^(.+)_START$/;

/** Lets a span have the id that was told to others before the span was written. */
export class SpanIds {
  readonly #random: () => string;
  #chosen: string | undefined;
  traceId = '';

  constructor(random: () => string) {
    this.#random = random;
  }

  choose(spanId: string | undefined): void {
    this.#chosen = spanId;
  }

  readonly generateTraceId = (): string => this.traceId;

  readonly generateSpanId = (): string => {
    const spanId = this.#chosen ?? this.#random();
    this.#chosen = undefined;
    return spanId;
  };
}

interface SpanServices {
  readonly tracer: Tracer;
  readonly ids: SpanIds;
  readonly clock: WallClock;
}

/**
 * Writes a trace as spans (spec §7): one of the request, in it one of each model with one of its
 * computation, and in that of a model those of the models that it asked.
 */
export class SpanWriter {
  readonly #services: SpanServices;

  constructor(services: SpanServices) {
    this.#services = services;
  }

  write(finished: FinishedTrace): void {
    const { root, traceId } = finished;
    this.#services.ids.traceId = traceId;
    const own = root.timestamps.filter(({ activity }) => FRONT_END.test(activity));
    const times = own.length > 0 ? own : root.timestamps;
    this.#span({ name: REQUEST_SPAN, events: own, times, parent: parentContext(finished) }, (at) =>
      this.#writeModel(root, at),
    );
  }

  #writeModel(record: TraceRecord, parent: Context): void {
    const { timestamps } = record;
    const custom = customActivities(timestamps);
    const steps = timestamps.filter(({ activity }) => MODEL.test(activity));
    this.#services.ids.choose(record.spanId);
    const span = { name: record.modelName, events: [...steps, ...custom.events], times: steps };
    this.#span({ ...span, parent, attributes: attributesOf(record) }, (own) => {
      const compute = timestamps.filter(({ activity }) => COMPUTE.test(activity));
      this.#span({ name: COMPUTE_SPAN, events: compute, times: compute, parent: own });
      for (const { name, times } of custom.spans) {
        this.#span({ name, events: times, times, parent: own });
      }
      for (const child of record.children) this.#writeModel(child, own);
    });
  }

  /** A span from the first of `times` to the last; none if there are no times. */
  #span(
    options: {
      readonly name: string;
      readonly events: readonly Timestamp[];
      readonly times: readonly Timestamp[];
      readonly parent: Context;
      readonly attributes?: Record<string, string | number>;
    },
    inside: (context: Context) => void = () => {},
  ): void {
    const { name, events, times, parent, attributes = {} } = options;
    if (times.length === 0) return;
    const { tracer, clock } = this.#services;
    const startTime = clock.at(Math.min(...times.map(({ atNs }) => atNs)));
    const span: Span = tracer.startSpan(
      name,
      { kind: SpanKind.SERVER, startTime, attributes },
      parent,
    );
    for (const { activity, atNs } of events) span.addEvent(activity, clock.at(atNs));
    inside(traceApi.setSpan(parent, span));
    span.end(clock.at(Math.max(...times.map(({ atNs }) => atNs))));
  }
}

function parentContext({ parent, traceId }: FinishedTrace): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const { spanId, state } = parent;
  return traceApi.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  });
}

function attributesOf(record: TraceRecord): Record<string, string | number> {
  return {
    'triton.model_name': record.modelName,
    'triton.model_version': record.modelVersion,
    'triton.trace_id': record.id,
    'triton.trace_parent_id': record.parentId,
    'triton.request_id': record.requestId,
  };
}

/** Activities that a plugin named: `X_START` and the `X_END` after it are a span, others events. */
function customActivities(timestamps: readonly Timestamp[]) {
  const rest = timestamps.filter(
    ({ activity }) => !(FRONT_END.test(activity) || COMPUTE.test(activity) || MODEL.test(activity)),
  );
  const spans: { readonly name: string; readonly times: readonly Timestamp[] }[] = [];
  const inSpans = new Set<Timestamp>();
  for (const [index, start] of rest.entries()) {
    const name = CUSTOM_START.exec(start.activity)?.[1];
    const end = rest
      .slice(index + 1)
      .find((other) => other.activity === `${name}_END` && !inSpans.has(other));
    if (name === undefined || end === undefined) continue;
    spans.push({ name, times: [start, end] });
    inSpans.add(start).add(end);
  }
  return { spans, events: rest.filter((timestamp) => !inSpans.has(timestamp)) };
}
