import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FinishedTrace, TraceRecord } from '@nereid/core';
import { FakeClock } from '@nereid/testing';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { SpanIds, SpanWriter } from './span-writer.js';
import { WallClock } from './wall-clock.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';

function record(name: string, activities: string, parts: Partial<TraceRecord> = {}): TraceRecord {
  return {
    id: 1,
    parentId: 0,
    modelName: name,
    modelVersion: 3,
    requestId: 'r',
    timestamps: activities
      .split(' ')
      .filter((activity) => activity !== '')
      .map((activity, index) => ({ activity, atNs: (index + 1) * 1000 })),
    tensors: [],
    children: [],
    spanId: undefined,
    ...parts,
  };
}

function write(trace: Partial<FinishedTrace> & { readonly root: TraceRecord }): ReadableSpan[] {
  let count = 0;
  const ids = new SpanIds(() => {
    count += 1;
    return String(count).padStart(16, '0');
  });
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const writer = new SpanWriter({
    tracer: provider.getTracer('test'),
    ids,
    clock: new WallClock(new FakeClock()),
  });
  writer.write({ traceId: TRACE_ID, parent: undefined, ...trace });
  return exporter.getFinishedSpans();
}

/** `name < parent's name`, for each span. */
function family(spans: readonly ReadableSpan[]): string[] {
  const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .map((span) => `${span.name} < ${nameOf.get(span.parentSpanContext?.spanId ?? '') ?? 'none'}`)
    .sort();
}

const MODEL = 'REQUEST_START QUEUE_START COMPUTE_START COMPUTE_END REQUEST_END';

describe('the spans of a trace', () => {
  it('nest as the models asked one another', () => {
    const child = record('child', MODEL, { id: 2, parentId: 1 });
    const root = record('ens', 'HTTP_RECV_START REQUEST_START REQUEST_END HTTP_SEND_END', {
      children: [child],
    });
    assert.deepEqual(family(write({ root })), [
      'InferRequest < none',
      'child < ens',
      'compute < child',
      'ens < InferRequest',
    ]);
  });

  it('belong to the trace of the client, with its state', () => {
    const root = record('m', MODEL);
    const spans = write({ root, parent: { spanId: SPAN_ID, state: 'vendor=1' } });
    const request = spans.find(({ name }) => name === 'InferRequest');
    assert.equal(request?.parentSpanContext?.spanId, SPAN_ID);
    for (const span of spans) {
      assert.equal(span.spanContext().traceId, TRACE_ID);
      assert.equal(span.spanContext().traceState?.get('vendor'), '1');
    }
  });

  it('have the id that the model has told others', () => {
    const spans = write({ root: record('m', MODEL, { spanId: SPAN_ID }) });
    assert.equal(spans.find(({ name }) => name === 'm')?.spanContext().spanId, SPAN_ID);
  });

  it('know model, request and trace', () => {
    const spans = write({ root: record('m', MODEL, { id: 7 }) });
    assert.deepEqual(spans.find(({ name }) => name === 'm')?.attributes, {
      'triton.model_name': 'm',
      'triton.model_version': 3,
      'triton.trace_id': 7,
      'triton.trace_parent_id': 0,
      'triton.request_id': 'r',
    });
  });

  it('show activities of a plugin, from their start to their end', () => {
    const root = record('m', `REQUEST_START LOOK_START note LOOK_END LOOSE_START REQUEST_END`);
    const spans = write({ root });
    const look = spans.find(({ name }) => name === 'LOOK');
    assert.deepEqual(look?.duration, [0, 2000]);
    const events = spans.find(({ name }) => name === 'm')?.events.map(({ name }) => name);
    assert.deepEqual(events, ['REQUEST_START', 'REQUEST_END', 'note', 'LOOSE_START']);
  });

  it('are none where no times were recorded', () => {
    assert.deepEqual(write({ root: record('m', '') }), []);
  });
});

describe('the times of spans', () => {
  it('keep their nanoseconds', () => {
    const clock = {
      nowNs: () => 5_000_000_000,
      wallTimeMs: () => 1_795_377_779_489,
      schedule: () => () => {},
    };
    const wall = new WallClock(clock);
    assert.deepEqual(wall.at(5_000_000_001), [1_795_377_779, 489_000_001]);
    assert.deepEqual(wall.at(4_000_000_000), [1_795_377_778, 489_000_000]);
    assert.deepEqual(wall.at(5_511_000_000), [1_795_377_780, 0]);
  });
});
