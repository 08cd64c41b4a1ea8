import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ModelResponse, ResponseCache } from '@nereid/core';
import { bytesTensor, CollectingLogger, FakeClock, fp32Tensor } from '@nereid/testing';
import { GuardedCache } from './guarded-cache.js';

const ANSWER: ModelResponse = { outputs: [fp32Tensor('A', [1], [1])] };

function setUp(parts: Partial<ResponseCache>) {
  const clock = new FakeClock();
  const logger = new CollectingLogger();
  const cache = { lookup: () => undefined, insert: () => {}, close: async () => {}, ...parts };
  const guarded = new GuardedCache({ cache, clock, logger });
  const lookup = () =>
    new Promise<ModelResponse | undefined>((resolve) => guarded.lookup('key', resolve));
  const insert = () => new Promise<void>((resolve) => guarded.insert('key', ANSWER, resolve));
  return { guarded, clock, logger, lookup, insert };
}

const fail = () => {
  throw new Error('out of order');
};

describe('GuardedCache', () => {
  it('gives an answer that is at hand before it returns', () => {
    const { guarded } = setUp({ lookup: () => ANSWER });
    let found: ModelResponse | undefined;
    guarded.lookup('key', (response) => {
      found = response;
    });
    assert.equal(found, ANSWER);
  });

  it('waits for an answer that is promised', async () => {
    const { lookup, logger } = setUp({ lookup: async () => ANSWER });
    assert.equal(await lookup(), ANSWER);
    assert.deepEqual(logger.lines, []);
  });

  it('takes an error for a miss and logs it', async () => {
    for (const lookup of [fail, async () => fail()]) {
      const made = setUp({ lookup });
      assert.equal(await made.lookup(), undefined);
      assert.deepEqual(made.logger.messages('error'), ['the response cache failed: out of order']);
    }
  });

  it('goes on when an answer cannot be stored, and logs it', async () => {
    for (const insert of [fail, async () => fail()]) {
      const made = setUp({ insert });
      await made.insert();
      assert.deepEqual(made.logger.messages('error'), ['the response cache failed: out of order']);
    }
  });

  it('writes one line in ten seconds, with the number of failures it left out', async () => {
    const { lookup, logger, clock } = setUp({ lookup: fail });
    for (let count = 0; count < 5; count += 1) await lookup();
    clock.advanceUs(9_000_000);
    await lookup();
    clock.advanceUs(1_000_000);
    await lookup();
    assert.deepEqual(logger.messages('error'), [
      'the response cache failed: out of order',
      'the response cache failed: out of order (and 5 times before)',
    ]);
  });

  it('takes outputs whose data does not fit their shape for a miss', async () => {
    const broken: readonly ModelResponse[] = [
      { outputs: [{ ...fp32Tensor('A', [1], [1]), shape: [2] }] },
      { outputs: [{ ...bytesTensor('A', [1], ['x']), data: Uint8Array.of(9, 0, 0, 0, 1) }] },
      JSON.parse('{}'),
    ];
    for (const response of broken) {
      const { lookup, logger } = setUp({ lookup: () => response });
      assert.equal(await lookup(), undefined);
      assert.equal(logger.messages('error').length, 1);
    }
  });
});
