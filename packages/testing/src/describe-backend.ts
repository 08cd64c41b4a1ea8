import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Backend,
  type BackendPlugin,
  CancelSource,
  type ComputeTimer,
  type InstancePlacement,
  isInferError,
  type Model,
  type ModelInstance,
  type Tensor,
} from '@nereid/core';
import { fakePluginContext } from './fake-plugin-context.js';
import { RecordedRequest, type RecordedRequestOptions } from './recorded-request.js';
import type { TemporaryModel } from './temporary-model.js';

export interface BackendSubject {
  readonly plugin: BackendPlugin;
  /** Lays out a model with a batch dimension that takes at least three requests of size 1 and 2. */
  model(): Promise<TemporaryModel>;
  /** Inputs of the given batch size; different ones for each `seed`. */
  inputs(batchSize: number, seed: number): readonly Tensor[];
  /** What the model answers to these inputs, in its order. */
  outputs(inputs: readonly Tensor[]): readonly Tensor[];
  /**
   * A model whose file is missing, and the file's name; absent for a backend that reads no file.
   */
  missingFile?(): Promise<{ readonly model: TemporaryModel; readonly fileName: string }>;
  /** How long loading and executing may keep the event loop from turning; 100 ms unless set. */
  readonly maxStallMs?: number;
}

/** The contract of core's Backend, for a model that answers each request once. */
export function describeBackend(name: string, subject: BackendSubject): void {
  describe(`${name} keeps the contract of a backend`, () => {
    describeLifetime(subject);
    describeExecution(subject);
  });
}

function describeLifetime(subject: BackendSubject): void {
  it('loads a model, serves it and frees everything on close', async () => {
    const before = activeResources();
    await withInstances(subject, 2, async ({ instances }) => {
      for (const instance of instances) {
        assert.notEqual(instance.ready, false);
        await executeAndCheck(subject, instance, [1]);
      }
    });
    await assertFreed(before);
  });

  it('serves a second model while the first one is loaded, and after it is gone', async () => {
    const { backend, close } = await startBackend(subject);
    const first = await startModel(subject, backend, 1);
    const second = await startModel(subject, backend, 1);
    await first.close();
    try {
      for (const instance of second.instances) await executeAndCheck(subject, instance, [1]);
    } finally {
      await second.close();
      await close();
    }
  });

  it('does not keep the event loop from turning', async () => {
    const stallMs = await longestStallMs(() =>
      withInstances(subject, 1, async ({ instances }) => {
        for (const instance of instances) await executeAndCheck(subject, instance, [2]);
      }),
    );
    const limit = subject.maxStallMs ?? 100;
    assert.ok(stallMs < limit, `stalled for ${stallMs} ms, allowed are ${limit} ms`);
  });

  if (!subject.missingFile) return;
  it('refuses a model whose file is missing, with an error that names the file', async () => {
    const { backend, close } = await startBackend(subject);
    const missing = await subject.missingFile?.();
    assert.ok(missing);
    const { source, remove } = missing.model;
    await assert.rejects(
      async () => {
        const model = await backend.loadModel(source);
        await model.createInstance(placement(0)).finally(() => model.close());
      },
      (error) => isInferError(error) && error.message.includes(missing.fileName),
    );
    await remove();
    await close();
  });
}

function describeExecution(subject: BackendSubject): void {
  it('answers a single request and finishes it once', () =>
    withInstances(subject, 1, async ({ instances: [instance] }) => {
      assert.ok(instance);
      await executeAndCheck(subject, instance, [1]);
      await executeAndCheck(subject, instance, [2]);
    }));

  it('answers each request of a batch with its own outputs', () =>
    withInstances(subject, 1, async ({ instances: [instance] }) => {
      assert.ok(instance);
      await executeAndCheck(subject, instance, [1, 2, 1]);
    }));

  it('answers only the outputs that are requested', () =>
    withInstances(subject, 1, async ({ instances: [instance] }) => {
      assert.ok(instance);
      const inputs = subject.inputs(1, 0);
      const [wanted] = subject.outputs(inputs);
      assert.ok(wanted);
      const requestedOutputs = [{ name: wanted.name, classificationCount: 0 }];
      const pending = new RecordedRequest({ inputs, requestedOutputs });
      await executeToEnd(instance, [pending], recordingTimer());
      assert.deepEqual(readable(pending.responses[0]?.outputs ?? []), readable([wanted]));
    }));

  it('finishes a request that is cancelled, once, without failing its neighbour', () =>
    withInstances(subject, 1, async ({ instances: [instance] }) => {
      assert.ok(instance);
      const source = new CancelSource();
      const cancelled = makePending(subject, 1, { seed: 0, signal: source });
      const neighbour = makePending(subject, 1, { seed: 1 });
      source.cancel();
      await executeToEnd(instance, [cancelled, neighbour], recordingTimer());
      assert.ok(cancelled.finished);
      assert.deepEqual(cancelled.violations, []);
      checkAnswer(subject, neighbour);
    }));

  for (const takesBack of [false, true]) {
    const what = takesBack ? 'was taken back from it' : 'came while it executed another';
    it(`answers a batch that ${what}`, () =>
      withInstances(subject, 1, async ({ instances: [instance] }) => {
        assert.ok(instance);
        const [first, ...next] = [1, 2, 1].map((size, seed) =>
          makePending(subject, size, { seed }),
        );
        assert.ok(first);
        const executing = instance.execute([first], recordingTimer());
        const takeBack = instance.prepare?.(next);
        if (takesBack) takeBack?.();
        await executing;
        await executeToEnd(instance, next, recordingTimer());
        if (instance.answersLate) await first.ended;
        for (const pending of [first, ...next]) checkAnswer(subject, pending);
      }));
  }

  it('leaves the inputs as they are', () =>
    withInstances(subject, 1, async ({ instances: [instance] }) => {
      assert.ok(instance);
      const pending = makePending(subject, 2, { seed: 0 });
      const before = readable(pending.request.inputs);
      await executeToEnd(instance, [pending], recordingTimer());
      assert.deepEqual(readable(pending.request.inputs), before);
    }));

  it('tells when the inputs are gathered and when the model is done', () =>
    withInstances(subject, 1, async ({ instances: [instance] }) => {
      assert.ok(instance);
      const timer = recordingTimer();
      await executeToEnd(instance, [makePending(subject, 1, { seed: 0 })], timer);
      assert.deepEqual(timer.phases, ['inputEnd', 'outputStart']);
    }));
}

/** Executes one batch of requests with the given sizes, and checks every answer. */
async function executeAndCheck(
  subject: BackendSubject,
  instance: ModelInstance,
  batchSizes: readonly number[],
): Promise<void> {
  const batch = batchSizes.map((batchSize, index) =>
    makePending(subject, batchSize, { seed: index }),
  );
  await executeToEnd(instance, batch, recordingTimer());
  for (const pending of batch) checkAnswer(subject, pending);
}

/** Executes a batch, and waits also for what an instance finishes late. */
async function executeToEnd(
  instance: ModelInstance,
  batch: readonly RecordedRequest[],
  timer: ComputeTimer,
): Promise<void> {
  await instance.execute(batch, timer);
  if (instance.answersLate) await Promise.all(batch.map(({ ended }) => ended));
}

function checkAnswer(subject: BackendSubject, pending: RecordedRequest): void {
  assert.deepEqual(pending.violations, []);
  assert.equal(pending.error, undefined);
  assert.ok(pending.finished, 'a request was not finished');
  assert.equal(pending.responses.length, 1);
  const expected = subject.outputs(pending.request.inputs);
  assert.deepEqual(readable(pending.responses[0]?.outputs ?? []), readable(expected));
}

function makePending(
  subject: BackendSubject,
  batchSize: number,
  options: RecordedRequestOptions & { readonly seed: number },
): RecordedRequest {
  const inputs = subject.inputs(batchSize, options.seed);
  return new RecordedRequest({ id: String(options.seed), inputs, batchSize, ...options });
}

interface StartedModel {
  readonly instances: readonly ModelInstance[];
  close(): Promise<void>;
}

async function startBackend(subject: BackendSubject) {
  const backend = subject.plugin.createBackend(fakePluginContext());
  return { backend, close: () => backend.close() };
}

async function startModel(
  subject: BackendSubject,
  backend: Backend,
  instanceCount: number,
): Promise<StartedModel> {
  const { source, remove } = await subject.model();
  const model: Model = await backend.loadModel(source);
  const placements = Array.from({ length: instanceCount }, (_, index) => placement(index));
  const instances = await Promise.all(placements.map((place) => model.createInstance(place)));
  const close = async () => {
    await Promise.all(instances.map((instance) => instance.close()));
    await model.close();
    await remove();
  };
  return { instances, close };
}

async function withInstances(
  subject: BackendSubject,
  instanceCount: number,
  test: (started: StartedModel) => Promise<void>,
): Promise<void> {
  const { backend, close } = await startBackend(subject);
  try {
    const started = await startModel(subject, backend, instanceCount);
    await test(started).finally(() => started.close());
  } finally {
    await close();
  }
}

function placement(index: number): InstancePlacement {
  return {
    name: `model_0_${index}`,
    kind: 'CPU',
    deviceId: 0,
    threadCount: 1,
    profiles: [],
    hostPolicy: '',
  };
}

function recordingTimer() {
  const phases: string[] = [];
  return {
    phases,
    inputEnd: () => void phases.push('inputEnd'),
    outputStart: () => void phases.push('outputStart'),
  };
}

function readable(tensors: readonly Tensor[]) {
  return tensors.map((tensor) => ({ ...tensor, shape: [...tensor.shape], data: [...tensor.data] }));
}

/** Handles that keep the process alive, such as threads, ports and timers. */
function activeResources(): readonly string[] {
  return process.getActiveResourcesInfo();
}

/** Handles close a turn or two later, so it asks for up to two seconds. */
async function assertFreed(before: readonly string[]): Promise<void> {
  const left = () => {
    const known = [...before];
    return activeResources().filter((resource) => {
      const index = known.indexOf(resource);
      if (index >= 0) known.splice(index, 1);
      return index < 0 && resource !== 'Timeout';
    });
  };
  for (let round = 0; round < 100 && left().length > 0; round++) await sleep(20);
  assert.deepEqual(left(), []);
}

/** The longest pause between two turns of the event loop while `task` runs. */
async function longestStallMs(task: () => Promise<void>): Promise<number> {
  let last = performance.now();
  let longest = 0;
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(turn, 1);
  try {
    await task();
  } finally {
    clearInterval(timer);
  }
  turn();
  return longest;
}
