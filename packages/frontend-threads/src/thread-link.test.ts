import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { linkedPair } from './fixtures/linked-pair.js';
import type { ThreadLink } from './thread-link.js';

const BYTES = 1;
const OBJECT = 2;

/** A link whose right end keeps what it gets, in order. */
function recordingPair(t: TestContext, ringBytes?: number) {
  const received: unknown[] = [];
  const right = {
    receive(kind: number, link: ThreadLink) {
      if (kind === OBJECT) received.push(link.take());
      else received.push(link.in.toString('latin1', link.inAt, link.inAt + link.inSizeBytes));
    },
  };
  const pair = linkedPair({ receive() {} }, right, ringBytes);
  t.after(() => pair.close());
  return { link: pair.left, received };
}

function send(link: ThreadLink, text: string): void {
  const at = link.begin(text.length);
  link.out.write(text, at, 'latin1');
  link.commit(BYTES);
}

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 10_000;
  while (!condition() && Date.now() < limit) await sleep(2);
  assert.ok(condition());
}

test('bytes and objects arrive in the order they were sent', async (t) => {
  const { link, received } = recordingPair(t);
  send(link, 'a');
  link.post(OBJECT, { b: 1 });
  send(link, 'c');
  link.post(OBJECT, ['d']);
  await until(() => received.length === 4);
  assert.deepEqual(received, ['a', { b: 1 }, 'c', ['d']]);
});

test('what has no room in the ring follows in its order, and is waited for', async (t) => {
  const { link, received } = recordingPair(t, 1024);
  const sent = Array.from({ length: 5000 }, (_, index) => `${index} ${'x'.repeat(300)}`);
  for (const text of sent) send(link, text);
  assert.equal(link.settled, false);
  const { drained } = link;
  assert.ok(drained !== undefined);
  await drained;
  assert.equal(link.settled, true);
  await until(() => received.length === sent.length);
  assert.deepEqual(received, sent);
});

test('a link that sleeps is woken again and again', async (t) => {
  const { link, received } = recordingPair(t);
  for (let count = 1; count <= 5; count += 1) {
    await sleep(20);
    send(link, `${count}`);
    await until(() => received.length === count);
  }
});

test('a receiver that fails does not hold up what follows', async (t) => {
  const received: number[] = [];
  const failures: unknown[] = [];
  const note = (error: unknown) => failures.push(error);
  const right = {
    receive(kind: number) {
      received.push(kind);
      if (kind === 1) throw new Error('a fault');
    },
  };
  const pair = linkedPair({ receive() {} }, right);
  t.after(() => pair.close());
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', note);
  t.after(() => {
    process.removeListener('uncaughtException', note);
    for (const listener of others) process.on('uncaughtException', listener);
  });
  pair.left.begin(0);
  pair.left.commit(1);
  pair.left.begin(0);
  pair.left.commit(2);
  await until(() => received.length === 2);
  await until(() => failures.length === 1);
});

test('a closed link loses what it is given', async (t) => {
  const { link, received } = recordingPair(t);
  link.close();
  send(link, 'a');
  link.post(OBJECT, {});
  await sleep(20);
  assert.deepEqual(received, []);
});
