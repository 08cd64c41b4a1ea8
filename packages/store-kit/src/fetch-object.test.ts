import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Clock, silentLogger, systemClock } from '@nereid/core';
import { fetchObject, ObjectChanged } from './fetch-object.js';
import { cut, KindError, MemorySource, stalled } from './fixtures/memory-source.js';

const CONTENT = 'the quick brown fox jumps over the lazy dog';

/** Pauses take no time; their lengths are on record. Idle limits are left to the system. */
class HastyClock implements Clock {
  readonly pausesMs: number[] = [];
  readonly nowNs = systemClock.nowNs;
  readonly wallTimeMs = systemClock.wallTimeMs;

  schedule(delayUs: number, task: () => void): () => void {
    if (delayUs === IDLE_MS * 1000) return systemClock.schedule(delayUs, task);
    this.pausesMs.push(delayUs / 1000);
    return systemClock.schedule(0, task);
  }
}

const IDLE_MS = 50;

async function setUp(t: TestContext, partial?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-fetch-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'object');
  if (partial !== undefined) await writeFile(file, partial);
  const source = new MemorySource();
  source.write('m/x', CONTENT);
  const { value: [object] = [] } = await source.list('m/').next();
  assert.ok(object);
  const clock = new HastyClock();
  const closing = new AbortController();
  const run = () =>
    fetchObject({
      source,
      object,
      url: 'memory://m/x',
      file,
      limits: { maxAttempts: 3, idleMs: IDLE_MS },
      clock,
      logger: silentLogger,
      signal: closing.signal,
    });
  return { source, file, clock, closing, run };
}

test('brings an object to a file', async (t) => {
  const { file, run } = await setUp(t);
  assert.equal(await run(), CONTENT.length);
  assert.equal(await readFile(file, 'utf8'), CONTENT);
});

test('goes on where the file ends', async (t) => {
  const { source, file, run } = await setUp(t, CONTENT.slice(0, 10));
  assert.equal(await run(), CONTENT.length - 10);
  assert.deepEqual(source.reads, ['m/x from 10']);
  assert.equal(await readFile(file, 'utf8'), CONTENT);
});

test('reads nothing when the file is complete, and starts over when it is too long', async (t) => {
  const complete = await setUp(t, CONTENT);
  assert.equal(await complete.run(), 0);
  assert.deepEqual(complete.source.reads, []);
  const long = await setUp(t, `${CONTENT}!`);
  assert.equal(await long.run(), CONTENT.length);
  assert.equal(await readFile(long.file, 'utf8'), CONTENT);
});

test('goes on after connections that break or end early, as long as bytes come', async (t) => {
  const { source, file, run } = await setUp(t);
  for (let times = 0; times < 6; times++) {
    source.scripted.push(cut(source, 5, times % 2 === 0 ? new Error('reset') : undefined));
  }
  await run();
  assert.equal(source.reads.length, 7);
  assert.equal(source.reads[6], 'm/x from 30');
  assert.equal(await readFile(file, 'utf8'), CONTENT);
});

test('gives up after as many attempts without a byte, with growing pauses', async (t) => {
  const { source, clock, run } = await setUp(t);
  const broken = cut(source, 0, new Error('connection reset'));
  source.scripted.push(cut(source, 5), broken, broken, broken);
  await assert.rejects(run(), {
    code: 'UNAVAILABLE',
    message: 'cannot fetch memory://m/x: connection reset',
  });
  assert.equal(source.reads.length, 3);
  assert.deepEqual(clock.pausesMs, [200, 400]);
});

test('does not wait for a connection that sends nothing', async (t) => {
  const { source, file, run } = await setUp(t);
  source.scripted.push(stalled);
  await run();
  assert.equal(await readFile(file, 'utf8'), CONTENT);
});

test('starts over when the checksum turns out wrong after the last byte', async (t) => {
  const { source, file, run } = await setUp(t);
  source.scripted.push(async function* () {
    yield Buffer.from(CONTENT.toUpperCase());
    throw new Error('checksum mismatch');
  });
  await run();
  assert.deepEqual(source.reads, ['m/x', 'm/x']);
  assert.equal(await readFile(file, 'utf8'), CONTENT);
});

test('an object that changed or is larger than listed has to be listed anew', async (t) => {
  for (const kind of ['changed', 'missing'] as const) {
    const { source, run } = await setUp(t);
    source.scripted.push(cut(source, 5, new KindError(kind)));
    await assert.rejects(run(), ObjectChanged);
    assert.equal(source.reads.length, 1);
  }
  const { source, run } = await setUp(t);
  source.scripted.push(async function* () {
    yield Buffer.from(`${CONTENT}${CONTENT}`);
  });
  await assert.rejects(run(), ObjectChanged);
});

test('does not ask again when access is denied', async (t) => {
  const { source, run } = await setUp(t);
  source.scripted.push(cut(source, 0, new KindError('denied')));
  await assert.rejects(run(), /cannot fetch memory:\/\/m\/x: access denied/);
  assert.equal(source.reads.length, 1);
});

test('ends when its signal aborts, with the reason', async (t) => {
  const { source, closing, run } = await setUp(t);
  source.scripted.push(cut(source, 0, new Error('broken')));
  const fetching = run();
  closing.abort(new Error('closing'));
  await assert.rejects(fetching, /closing/);
});
