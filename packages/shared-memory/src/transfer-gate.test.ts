import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TransferGate } from './transfer-gate.js';

describe('a transfer gate', () => {
  it('lets so many transfers go on at a time, and writes before reads', async () => {
    const gate = new TransferGate(2);
    const started: string[] = [];
    const settle = new Map<string, (error?: Error) => void>();
    const transfer = (name: string) => async () => {
      started.push(name);
      const error = await new Promise<Error | undefined>((resolve) => settle.set(name, resolve));
      if (error !== undefined) throw error;
      return name;
    };
    const results = ['read 1', 'read 2', 'read 3', 'read 4'].map((name) =>
      gate.run('read', transfer(name)),
    );
    results.push(gate.run('write', transfer('write')));
    await nextTurn();
    assert.deepEqual(started.splice(0), ['read 1', 'read 2']);
    settle.get('read 2')?.(new Error('gone'));
    await assert.rejects(results[1] ?? assert.fail(), /gone/);
    await nextTurn();
    assert.deepEqual(started.splice(0), ['write']);
    settle.get('read 1')?.();
    settle.get('write')?.();
    await nextTurn();
    assert.deepEqual(started.splice(0), ['read 3', 'read 4']);
    settle.get('read 3')?.();
    settle.get('read 4')?.();
    const settled = (await Promise.allSettled(results)).map(({ status }) => status);
    assert.deepEqual(settled, ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    const last = gate.run('read', transfer('last'));
    await nextTurn();
    assert.deepEqual(started, ['last']);
    settle.get('last')?.();
    assert.equal(await last, 'last');
  });
});
