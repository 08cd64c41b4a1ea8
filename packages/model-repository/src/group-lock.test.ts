import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { GroupLock } from './group-lock.js';

/** Tasks that note when they start and end when told to. */
class Tasks {
  readonly started: string[] = [];
  readonly #lock = new GroupLock();
  readonly #ends = new Map<string, () => void>();

  run(name: string, ...keys: readonly string[]): Promise<void> {
    return this.#lock.run(new Set(keys), () => {
      this.started.push(name);
      return new Promise((resolve) => this.#ends.set(name, resolve));
    });
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await setImmediate();
  }
}

describe('GroupLock', () => {
  it('runs tasks without a common model side by side', async () => {
    const tasks = new Tasks();
    const all = [tasks.run('one', 'a'), tasks.run('two', 'b')];
    await setImmediate();
    assert.deepEqual(tasks.started, ['one', 'two']);
    await tasks.end('one');
    await tasks.end('two');
    await Promise.all(all);
  });

  it('runs tasks with a common model one after the other, in the order they came', async () => {
    const tasks = new Tasks();
    const all = [tasks.run('one', 'a', 'b'), tasks.run('two', 'b', 'c'), tasks.run('three', 'c')];
    await setImmediate();
    // The third must not overtake the second, or a busy model could starve its group.
    assert.deepEqual(tasks.started, ['one']);
    await tasks.end('one');
    assert.deepEqual(tasks.started, ['one', 'two']);
    await tasks.end('two');
    assert.deepEqual(tasks.started, ['one', 'two', 'three']);
    await tasks.end('three');
    await Promise.all(all);
  });

  it('goes on after a task that fails', async () => {
    const lock = new GroupLock();
    const keys = new Set(['a']);
    await assert.rejects(
      lock.run(keys, () => Promise.reject(new Error('failed'))),
      /failed/,
    );
    assert.equal(await lock.run(keys, () => Promise.resolve('done')), 'done');
  });

  it('refuses more than it can keep waiting', async () => {
    const lock = new GroupLock(2);
    const keys = new Set(['a']);
    for (let task = 0; task < 3; task++) void lock.run(keys, () => new Promise(() => {}));
    await assert.rejects(
      lock.run(keys, () => Promise.resolve()),
      { code: 'UNAVAILABLE', message: /too many/ },
    );
  });
});
