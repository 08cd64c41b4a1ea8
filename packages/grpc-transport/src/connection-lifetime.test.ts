import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConnectionLifetime, lookIntervalMs } from './connection-lifetime.js';
import { FloodGuard } from './flood-guard.js';
import { PingStrikes } from './ping-strikes.js';
import { defaultLimits, type TransportLimits } from './server-options.js';

const QUIET = {
  received: false,
  dataSent: false,
  written: false,
  hasCalls: true,
  backlogged: false,
  unfinished: false,
};

function limits(changes: Partial<TransportLimits>): TransportLimits {
  return { ...defaultLimits(), keepaliveTimeMs: 0, ...changes };
}

/** The verdicts at times, with what has happened until then. */
function verdicts(
  changes: Partial<TransportLimits>,
  looks: readonly [number, Partial<typeof QUIET>?][],
) {
  const lifetime = new ConnectionLifetime(limits(changes), 0);
  return looks.map(([nowMs, state]) => lifetime.look({ ...QUIET, ...state, nowMs }));
}

describe('ConnectionLifetime', () => {
  it('asks a silent client, and gives up on one that does not answer', () => {
    const changes = { keepaliveTimeMs: 100, keepaliveTimeoutMs: 50 };
    assert.deepEqual(verdicts(changes, [[50], [100], [140], [150]]), [
      undefined,
      'ping',
      undefined,
      'destroy',
    ]);
  });

  it('takes any sign of life for an answer', () => {
    const changes = { keepaliveTimeMs: 100, keepaliveTimeoutMs: 50 };
    const heard = { received: true };
    assert.deepEqual(verdicts(changes, [[100], [140, heard], [160], [240]]), [
      'ping',
      undefined,
      undefined,
      'ping',
    ]);
  });

  it('asks clients without calls only where that is permitted', () => {
    const idle = { hasCalls: false };
    const asked = (keepalivePermitWithoutCalls: boolean) =>
      verdicts({ keepaliveTimeMs: 100, keepalivePermitWithoutCalls }, [[100, idle]]);
    assert.deepEqual(asked(false), [undefined]);
    assert.deepEqual(asked(true), ['ping']);
  });

  it('asks only so often while it sends nothing else', () => {
    const changes = { keepaliveTimeMs: 10, maxPingsWithoutData: 2 };
    const heard = { received: true };
    const looks: [number, Partial<typeof QUIET>?][] = [
      [10],
      [11, heard],
      [21],
      [22, heard],
      [50],
      [51, { dataSent: true }],
    ];
    assert.deepEqual(verdicts(changes, looks), [
      'ping',
      undefined,
      'ping',
      undefined,
      undefined,
      'ping',
    ]);
  });

  it('drains an old connection, and ends it after the grace', () => {
    const changes = { maxConnectionAgeMs: 1000, maxConnectionAgeGraceMs: 1000 };
    assert.deepEqual(verdicts(changes, [[899], [1100], [2101]]), [
      undefined,
      'drain for age',
      'destroy',
    ]);
  });

  it('sets old connections no end without a grace', () => {
    assert.deepEqual(verdicts({ maxConnectionAgeMs: 1000 }, [[1_000_000]]), ['drain for age']);
  });

  it('drains a connection that has had no call for long enough', () => {
    const idle = { hasCalls: false };
    assert.deepEqual(
      verdicts({ maxConnectionIdleMs: 100 }, [[0, idle], [60], [70, idle], [170, idle]]),
      [undefined, undefined, undefined, 'drain for idleness'],
    );
  });

  it('ends a connection that stops inside of a frame or of the handshake', () => {
    const half = { unfinished: true };
    const changes = { handshakeTimeoutMs: 100 };
    assert.deepEqual(
      verdicts(changes, [
        [0, half],
        [99, half],
        [100, half],
      ]),
      [undefined, undefined, 'destroy'],
    );
    const moving = { unfinished: true, received: true };
    assert.deepEqual(
      verdicts(changes, [
        [0, half],
        [99, moving],
        [150, half],
      ]),
      [undefined, undefined, undefined],
    );
  });

  it('ends a connection whose client takes nothing', () => {
    const stalled = { backlogged: true };
    const changes = { writeTimeoutMs: 100 };
    assert.deepEqual(
      verdicts(changes, [
        [0, stalled],
        [100, stalled],
      ]),
      [undefined, 'destroy'],
    );
    const moving = { backlogged: true, written: true };
    assert.deepEqual(
      verdicts(changes, [
        [0, stalled],
        [50, moving],
        [100, stalled],
      ]),
      [undefined, undefined, undefined],
    );
  });

  it('is looked at often enough for the shortest time', () => {
    assert.equal(lookIntervalMs(limits({})), 1000);
    assert.equal(lookIntervalMs(limits({ maxConnectionAgeMs: 400 })), 100);
    assert.equal(lookIntervalMs(limits({ keepaliveTimeoutMs: 1 })), 20);
  });
});

describe('PingStrikes', () => {
  it('forgives two pings that come too soon, and not the third', () => {
    const strikes = new PingStrikes(limits({ minPingIntervalMs: 1000, maxPingStrikes: 2 }));
    const times = [0, 1000, 1500, 1600, 1700];
    assert.deepEqual(
      times.map((timeMs) => strikes.isTooMany(timeMs, true)),
      [false, false, false, false, true],
    );
  });

  it('forgives all when something was sent', () => {
    const strikes = new PingStrikes(limits({ minPingIntervalMs: 1000, maxPingStrikes: 1 }));
    for (let timeMs = 0; timeMs < 10; timeMs += 1) {
      strikes.forgive();
      assert.equal(strikes.isTooMany(timeMs, true), false);
    }
  });

  it('wants two hours between pings of clients without calls', () => {
    const idle = (keepalivePermitWithoutCalls: boolean) => {
      const strikes = new PingStrikes(
        limits({ minPingIntervalMs: 10, maxPingStrikes: 1, keepalivePermitWithoutCalls }),
      );
      return [0, 100, 200].map((timeMs) => strikes.isTooMany(timeMs, false));
    };
    assert.deepEqual(idle(false), [false, false, true]);
    assert.deepEqual(idle(true), [false, false, false]);
  });

  it('counts for ever where 0 strikes are too many', () => {
    const strikes = new PingStrikes(limits({ maxPingStrikes: 0 }));
    for (let timeMs = 0; timeMs < 10; timeMs += 1) {
      assert.equal(strikes.isTooMany(timeMs, true), false);
    }
  });
});

describe('FloodGuard', () => {
  it('allows a burst, and then a rate', () => {
    const guard = new FloodGuard();
    for (let count = 0; count < 100; count += 1) guard.count('SETTINGS');
    assert.throws(() => guard.count('SETTINGS'), { code: 11 });
    guard.refill(200);
    guard.count('SETTINGS');
    assert.throws(() => guard.count('SETTINGS'), { code: 11 });
    guard.forgive('SETTINGS');
    guard.count('SETTINGS');
  });
});
