import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RateLimiterConfig } from '@nereid/core';
import { chooseTurns } from './choose-turns.js';
import { type InstanceTurns, RateLimiter } from './rate-limiter.js';
import { resourceNeeds } from './resource-limits.js';

function config(counts: Readonly<Record<string, number>>, priority = 1): RateLimiterConfig {
  const resources = Object.entries(counts).map(([name, count]) => ({ name, count, global: true }));
  return { resources, priority };
}

function join(limiter: RateLimiter, rateLimiter: RateLimiterConfig | undefined): InstanceTurns {
  const [turns] = limiter.register([{ placement: { deviceId: 0 }, rateLimiter }]);
  assert.ok(turns);
  return turns;
}

describe('the choice of turns', () => {
  function choose(
    waiting: readonly { count: number; takes: Readonly<Record<string, number>> }[],
    free: Readonly<Record<string, number>>,
  ): readonly number[] {
    const applicants = waiting.map(({ count, takes }, index) => ({
      index,
      scaledCount: count,
      needs: resourceNeeds(config(takes), 0),
    }));
    return chooseTurns(applicants, (key) => free[key.slice('global:'.length)] ?? 0).map(
      ({ index }) => index,
    );
  }

  it('goes by scaled counts, then by arrival', () => {
    const waiting = [3, 1, 1, 2].map((count) => ({ count, takes: { R: 1 } }));
    assert.deepEqual(choose(waiting, { R: 3 }), [1, 2, 3]);
  });

  it('lets everybody go who needs nothing', () => {
    const waiting = [
      { count: 0, takes: { R: 2 } },
      { count: 9, takes: {} },
    ];
    assert.deepEqual(choose(waiting, { R: 1 }), [1]);
  });

  it('keeps what the first one needs from those behind it', () => {
    const waiting = [
      { count: 0, takes: { R: 4 } },
      { count: 1, takes: { R: 1 } },
      { count: 2, takes: { S: 1 } },
    ];
    assert.deepEqual(choose(waiting, { R: 3, S: 1 }), [2]);
  });

  it('gives out what is left beyond that', () => {
    const waiting = [
      { count: 0, takes: { R: 1, S: 1 } },
      { count: 1, takes: { S: 1 } },
    ];
    assert.deepEqual(choose(waiting, { R: 0, S: 2 }), [1]);
  });
});

describe('the rate limiter', () => {
  it('begins at once while the resources last, and goes on when some are back', () => {
    const limiter = new RateLimiter([{ name: 'R', count: 2, deviceId: undefined }]);
    const begun: string[] = [];
    const instances = ['a', 'b', 'c'].map((name) => ({
      name,
      turns: join(limiter, config({ R: 1 })),
    }));
    for (const { name, turns } of instances) turns.begin(() => begun.push(name));
    assert.deepEqual(begun, ['a', 'b']);
    instances[1]?.turns.end();
    assert.deepEqual(begun, ['a', 'b', 'c']);
  });

  it('executes an instance of priority 2 half as often as one of priority 1 or 0', () => {
    const limiter = new RateLimiter([]);
    const counts = { once: 0, twice: 0, none: 0 };
    const run = (name: keyof typeof counts, turns: InstanceTurns): void =>
      turns.begin(() => {
        counts[name] += 1;
        running.push(() => {
          // Asks for its next turn before it gives this one back: it always has a batch.
          run(name, turns);
          turns.end();
        });
      });
    const running: (() => void)[] = [];
    run('once', join(limiter, config({ R: 1 }, 1)));
    run('twice', join(limiter, config({ R: 1 }, 2)));
    run('none', join(limiter, config({ R: 1 }, 0)));
    for (let step = 0; step < 99; step += 1) running.shift()?.();
    assert.deepEqual(counts, { once: 40, twice: 20, none: 40 });
  });

  it('starts an instance that comes later level with the others', () => {
    const limiter = new RateLimiter([]);
    const first = join(limiter, config({ R: 1 }));
    for (let step = 0; step < 100; step += 1) {
      first.begin(() => {});
      first.end();
    }
    assert.equal(join(limiter, config({ R: 1 })).scaledCount, 100);
  });

  it('has as much as the instances need that are there', () => {
    const limiter = new RateLimiter([]);
    const large = join(limiter, config({ R: 2 }));
    const small = [1, 2, 3].map(() => join(limiter, config({ R: 1 })));
    let begun = 0;
    for (const turns of small) turns.begin(() => (begun += 1));
    assert.equal(begun, 2);
    limiter.unregister([large]);
    small[0]?.end();
    assert.equal(begun, 2, 'one copy is left, and taken');
    small[1]?.end();
    assert.equal(begun, 3);
  });

  it('lets those go on for whom a newcomer brings enough', () => {
    const limiter = new RateLimiter([]);
    const [a, b] = [join(limiter, config({ R: 1 })), join(limiter, config({ R: 1 }))];
    let begun = 0;
    a.begin(() => (begun += 1));
    b.begin(() => (begun += 1));
    assert.equal(begun, 1);
    join(limiter, config({ R: 2 }));
    assert.equal(begun, 2);
  });

  it('takes in none of a model whose instances cannot all execute', () => {
    const limiter = new RateLimiter([{ name: 'R', count: 1, deviceId: undefined }]);
    const plans = [1, 5].map((count) => ({
      placement: { deviceId: 0 },
      rateLimiter: config({ R: count }),
    }));
    assert.throws(() => limiter.register(plans), /"R" is limited to 1/);
    assert.doesNotThrow(() => join(limiter, config({ R: 1 })));
  });
});
