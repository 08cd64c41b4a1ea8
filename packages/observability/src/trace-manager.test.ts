import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  type FinishedTrace,
  isInferError,
  type TraceExporter,
  type TraceHeaders,
  type TraceSettings,
} from '@nereid/core';
import { CollectingLogger, FakeClock, fp32Tensor } from '@nereid/testing';
import { TraceManager } from './trace-manager.js';

const NO_HEADERS: TraceHeaders = { header: () => undefined };

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';

const WITH_CONTEXT: TraceHeaders = {
  header: (name) => (name === 'traceparent' ? `00-${TRACE_ID}-${SPAN_ID}-00` : undefined),
};

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nereid-trace-'));
});
after(() => rm(folder, { recursive: true }));

let fileCount = 0;

function setUp(settings: Partial<TraceSettings> = {}, exporter?: TraceExporter) {
  fileCount += 1;
  const file = join(folder, `t${fileCount}.json`);
  const clock = new FakeClock();
  const logger = new CollectingLogger();
  const start: TraceSettings = {
    levels: ['TIMESTAMPS'],
    rate: 1,
    count: -1,
    logFrequency: 0,
    file,
    mode: exporter ? 'test' : 'triton',
    exporterSettings: [],
    ...settings,
  };
  const manager = new TraceManager({
    settings: start,
    exporter,
    isModelReady: (name) => name !== 'nope',
    clock,
    logger,
  });
  return { manager, file, clock, logger };
}

/** Runs a request through the model, if it is traced; tells whether it was. */
function request(manager: TraceManager, modelName = 'm', headers = NO_HEADERS): boolean {
  const trace = manager.sample(modelName, headers);
  trace?.record('HTTP_RECV_START', 10);
  trace?.enter({ modelName, modelVersion: 1, requestId: 'r' });
  trace?.record('REQUEST_START', 20);
  trace?.leave();
  trace?.close();
  return trace !== undefined;
}

async function readTraces(path: string): Promise<Record<string, unknown>[]> {
  return JSON.parse(await readFile(path, 'utf8'));
}

class CollectingExporter implements TraceExporter {
  readonly settings = [['url', 'x']] as const;
  readonly takesTensors = false;
  readonly traces: FinishedTrace[] = [];
  closed = false;
  export(trace: FinishedTrace): void {
    this.traces.push(trace);
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

describe('the choice of traced requests', () => {
  it('takes each rate-th request, beginning with that one', () => {
    const { manager } = setUp({ rate: 3 });
    const traced = Array.from({ length: 7 }, () => request(manager));
    assert.deepEqual(traced, [false, false, true, false, false, true, false]);
  });

  it('stops when the count is used up, and tells what is left', () => {
    const { manager } = setUp({ count: 2 });
    assert.deepEqual([request(manager), manager.settings(undefined).count], [true, 1]);
    assert.deepEqual([request(manager), request(manager)], [true, false]);
    assert.equal(manager.settings(undefined).count, 0);
  });

  it('is inactive while no model has a level', () => {
    const { manager } = setUp({ levels: [] });
    assert.equal(manager.active, false);
    assert.equal(request(manager), false);
    manager.update('m', { levels: ['TIMESTAMPS'] });
    assert.equal(manager.active, true);
    assert.deepEqual([request(manager, 'm'), request(manager, 'other')], [true, false]);
    manager.update('m', { levels: 'default' });
    assert.equal(manager.active, false);
  });

  it('traces nothing without a file to write to', () => {
    const { manager } = setUp({ file: '' });
    assert.equal(manager.active, false);
  });

  it('always takes a request that comes with a context, if the mode has contexts', () => {
    const exporter = new CollectingExporter();
    const { manager } = setUp({ rate: 0 }, exporter);
    assert.deepEqual([request(manager), request(manager, 'm', WITH_CONTEXT)], [false, true]);
    const { manager: files } = setUp({ rate: 2 });
    assert.equal(request(files, 'm', WITH_CONTEXT), false);
  });

  it('ignores a context that is not valid', () => {
    const { manager } = setUp({ rate: 0 }, new CollectingExporter());
    const contexts = [
      `00-${TRACE_ID}-${SPAN_ID}`,
      `ff-${TRACE_ID}-${SPAN_ID}-01`,
      `00-${'0'.repeat(32)}-${SPAN_ID}-01`,
      `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
      `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`,
      `00-${TRACE_ID}-${SPAN_ID}-01-more`,
      'nonsense',
    ];
    for (const traceparent of contexts) {
      assert.equal(request(manager, 'm', { header: () => traceparent }), false, traceparent);
    }
    const later = `01-${TRACE_ID}-${SPAN_ID}-01-more`;
    assert.equal(request(manager, 'm', { header: () => later }), true);
  });
});

describe('trace settings', () => {
  it('of a model come from all models unless set, and return there when taken back', () => {
    const { manager } = setUp({ rate: 5 });
    manager.update('m', { count: 7 });
    manager.update(undefined, { rate: 9 });
    assert.deepEqual([manager.settings('m').rate, manager.settings('m').count], [9, 7]);
    manager.update('m', { rate: 3 });
    manager.update(undefined, { rate: 'default' });
    assert.deepEqual([manager.settings(undefined).rate, manager.settings('m').rate], [5, 3]);
    manager.update('m', { rate: 'default', count: 'default' });
    assert.deepEqual([manager.settings('m').rate, manager.settings('m').count], [5, -1]);
  });

  it('of a model that has set all follow no other change', () => {
    const { manager } = setUp();
    manager.update('m', { levels: ['TENSORS'], rate: 2, count: 3, logFrequency: 4 });
    assert.equal(request(manager), false);
    manager.update(undefined, { levels: [], rate: 8 });
    // Had the change reached the model, its counter would have begun anew.
    assert.equal(request(manager), true);
    assert.deepEqual(manager.settings('m').levels, ['TENSORS']);
  });

  it('keep what is left of a count when another setting changes', () => {
    const { manager } = setUp();
    manager.update(undefined, { count: 5 });
    request(manager);
    manager.update(undefined, { logFrequency: 2 });
    assert.equal(manager.settings(undefined).count, 4);
  });

  it('that could trace nothing are refused, and change nothing', () => {
    const cases = [
      [setUp(), { rate: 0 }, 'sample rate must be non-zero'],
      [setUp({ file: '', levels: [] }), { levels: ['TENSORS'] }, 'trace file name is not given'],
    ] as const;
    for (const [{ manager }, change, reason] of cases) {
      const before = manager.settings(undefined);
      assert.throws(
        () => manager.update(undefined, change),
        (error) =>
          isInferError(error) &&
          error.code === 'INVALID_ARG' &&
          error.message === `Attempting to set invalid trace setting :${reason}`,
      );
      assert.deepEqual(manager.settings(undefined), before);
    }
    const { manager } = setUp({ levels: [] });
    assert.equal(manager.update(undefined, { rate: 0 }).rate, 0);
  });

  it('are refused for all models if they would be wrong for one', () => {
    const { manager } = setUp({ levels: [] });
    manager.update('m', { rate: 0 });
    assert.throws(() => manager.update(undefined, { levels: ['TIMESTAMPS'] }));
    assert.deepEqual(manager.settings(undefined).levels, []);
  });

  it('do not exist for an unknown model', () => {
    const { manager } = setUp();
    const unknown = { code: 'INVALID_ARG', message: 'Request for unknown model : nope' };
    assert.throws(() => manager.settings('nope'), unknown);
    assert.throws(() => manager.update('nope', { rate: 1 }), unknown);
  });
});

describe('trace files', () => {
  it('hold what was recorded, children beside their parents', async () => {
    const { manager, file, clock } = setUp({ levels: ['TIMESTAMPS', 'TENSORS'] });
    const trace = manager.sample('ens', NO_HEADERS);
    assert.ok(trace);
    trace.record('HTTP_RECV_START', 5);
    const parent = trace.enter({ modelName: 'ens', modelVersion: 2, requestId: 'e"1' });
    const child = parent.enter({ modelName: 'm', modelVersion: 1, requestId: '' });
    clock.advanceUs(1);
    child.record('REQUEST_START');
    child.recordTensors('TENSOR_QUEUE_INPUT', [fp32Tensor('IN', [1, 2], [1.5, 0.1])]);
    trace.close();
    parent.leave();
    child.leave();
    await manager.close();
    const time = clock.nowNs();
    assert.deepEqual(await readTraces(file), [
      { id: 1, model_name: 'ens', model_version: 2, request_id: 'e"1' },
      { id: 1, timestamps: [{ name: 'HTTP_RECV_START', ns: 5 }] },
      { id: 2, model_name: 'm', model_version: 1, parent_id: 1 },
      { id: 2, timestamps: [{ name: 'REQUEST_START', ns: time }] },
      {
        id: 2,
        activity: 'TENSOR_QUEUE_INPUT',
        tensor: { name: 'IN', data: '1.5,0.1', shape: '1,2', ['dtype' as string]: 'FP32' },
      },
    ]);
  });

  it('leave out what the level does not ask for', async () => {
    const { manager, file } = setUp({ levels: ['TENSORS'] });
    request(manager);
    await manager.close();
    assert.deepEqual((await readTraces(file)).length, 1);
  });

  it('are numbered, one for each so many traces, and one for the rest', async () => {
    const { manager, file } = setUp({ logFrequency: 2 });
    for (let index = 0; index < 5; index += 1) request(manager);
    await manager.close();
    const counts = await Promise.all(
      [0, 1, 2].map(async (index) => (await readTraces(`${file}.${index}`)).length / 3),
    );
    assert.deepEqual(counts, [2, 2, 1]);
    assert.equal((await readdir(folder)).includes(file), false);
  });

  it('are written when the count is used up', async () => {
    const { manager, file } = setUp({ count: 2 });
    request(manager);
    request(manager);
    await manager.close();
    assert.equal((await readTraces(`${file}.0`)).length, 6);
  });

  it('are whole JSON while more is added, and replace those of an earlier run', async () => {
    const { manager, file } = setUp();
    await writeFile(file, 'something old');
    request(manager);
    // Other settings write what the old ones have gathered.
    manager.update(undefined, { rate: 1 });
    request(manager);
    await manager.close();
    assert.deepEqual(
      (await readTraces(file)).map(({ id }) => id),
      [1, 1, 1, 2, 2, 2],
    );
  });

  it('have nothing of a request that no model took', async () => {
    const { manager, file } = setUp({ count: 2 });
    manager.sample('m', NO_HEADERS)?.close();
    request(manager);
    await manager.close();
    assert.equal((await readTraces(`${file}.0`)).length, 3);
  });

  it('that cannot be written are logged once, and hurt nobody', async () => {
    const { manager, logger } = setUp({ logFrequency: 1, file: join(folder, 'none', 't.json') });
    request(manager);
    request(manager);
    await manager.close();
    const errors = logger.lines.filter(({ level }) => level === 'error');
    assert.equal(errors.length, 1);
    assert.match(errors[0]?.message ?? '', /^traces are lost: .*ENOENT/);
  });
});

describe('a trace exporter', () => {
  it('gets each trace with its context, and the id that others were told', async () => {
    const exporter = new CollectingExporter();
    const { manager } = setUp({}, exporter);
    const trace = manager.sample('m', WITH_CONTEXT);
    trace?.enter({ modelName: 'm', modelVersion: 1, requestId: '' });
    const [, traceId, spanId] = trace?.traceparent?.split('-') ?? [];
    trace?.leave();
    assert.equal(exporter.traces.length, 0);
    trace?.close();
    const [finished] = exporter.traces;
    assert.deepEqual([traceId, finished?.traceId], [TRACE_ID, TRACE_ID]);
    assert.equal(finished?.parent?.spanId, SPAN_ID);
    assert.equal(finished?.root.spanId, spanId);
    await manager.close();
    assert.equal(exporter.closed, true);
  });

  it('that takes no tensors is given none, with a warning', () => {
    const exporter = new CollectingExporter();
    const { manager, logger } = setUp({ levels: ['TENSORS'] }, exporter);
    assert.match(logger.lines[0]?.message ?? '', /Tensor level tracing is not supported/);
    const trace = manager.sample('m', NO_HEADERS);
    trace?.enter({ modelName: 'm', modelVersion: 1, requestId: '' });
    trace?.recordTensors('TENSOR_QUEUE_INPUT', [fp32Tensor('IN', [1], [1])]);
    trace?.leave();
    trace?.close();
    assert.deepEqual(exporter.traces[0]?.root.tensors, []);
  });

  it('that throws does not fail the request', () => {
    const exporter = new CollectingExporter();
    exporter.export = () => {
      throw new Error('broken');
    };
    const { manager, logger } = setUp({}, exporter);
    assert.equal(request(manager), true);
    assert.match(logger.lines.at(-1)?.message ?? '', /broken/);
  });
});
