import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Container, token } from './container.js';

const A = token<{ readonly name: string }>('a');
const B = token<{ readonly a: object }>('b');
const C = token<number>('c');

test('makes each part once, when it is first asked for', () => {
  const container = new Container();
  let made = 0;
  container.provide(A, {
    make: () => {
      made += 1;
      return { name: 'a' };
    },
  });
  container.provide(B, { make: (get) => ({ a: get(A) }) });
  assert.equal(made, 0);
  assert.equal(container.get(B).a, container.get(A));
  assert.equal(made, 1);
});

test('keeps the parts of two containers apart', () => {
  const [one, other] = [new Container(), new Container()];
  for (const container of [one, other]) container.provide(A, { make: () => ({ name: 'a' }) });
  assert.notEqual(one.get(A), other.get(A));
});

test('keeps a part that is undefined', () => {
  const container = new Container();
  const nothing = token<undefined>('nothing');
  let made = 0;
  container.provide(nothing, {
    make: () => {
      made += 1;
      return undefined;
    },
  });
  container.get(nothing);
  container.get(nothing);
  assert.equal(made, 1);
});

test('refuses to provide a part twice, and to get one that nobody provides', () => {
  const container = new Container();
  container.provide(C, { make: () => 1 });
  assert.throws(() => container.provide(C, { make: () => 2 }), /c is provided twice/);
  assert.throws(() => container.get(A), /nobody provides a/);
});

test('names a cycle', () => {
  const container = new Container();
  container.provide(A, { make: (get) => ({ name: String(get(B)) }) });
  container.provide(B, { make: (get) => ({ a: get(A) }) });
  assert.throws(() => container.get(A), /parts need each other: a → b → a/);
});

test('closes what was made in reverse order, and goes on after a failure', async () => {
  const container = new Container();
  const closed: string[] = [];
  container.provide(A, { make: () => ({ name: 'a' }), close: () => void closed.push('a') });
  container.provide(B, {
    make: (get) => ({ a: get(A) }),
    close: async () => {
      closed.push('b');
      throw new Error('b does not close');
    },
  });
  container.provide(C, { make: () => 1, close: () => void closed.push('c') });
  container.get(B);
  await assert.rejects(container.close(), AggregateError);
  assert.deepEqual(closed, ['b', 'a']);
  await container.close();
  assert.deepEqual(closed, ['b', 'a']);
});
