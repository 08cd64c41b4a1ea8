import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ShapeSpeed } from './shape-speed.js';

const FAST_NS = 10_000;
const SLOW_NS = 300_000;
const STALL_NS = 20_000_000;

/** How many executions of such a duration it takes until they move. */
function untilMoved(speed: ShapeSpeed, durationNs: number): number {
  for (let count = 1; count <= 100_000; count++) {
    const moved = speed.inline ? speed.ranInline(durationNs) : speed.ranInThread(durationNs);
    if (moved) return count;
  }
  return Number.POSITIVE_INFINITY;
}

describe('ShapeSpeed', () => {
  it('begins on the thread and moves when enough executions were fast', () => {
    const speed = new ShapeSpeed();
    assert.equal(speed.inline, false);
    assert.equal(untilMoved(speed, FAST_NS), 8);
    assert.equal(speed.inline, true);
  });

  it('stays on the thread while executions are slow', () => {
    assert.equal(untilMoved(new ShapeSpeed(), SLOW_NS), Number.POSITIVE_INFINITY);
  });

  it('moves although some executions had to wait for a core', () => {
    const speed = new ShapeSpeed();
    for (let count = 0; count < 7; count++) speed.ranInThread(count % 2 ? STALL_NS : FAST_NS);
    assert.equal(speed.ranInThread(FAST_NS), true);
  });

  it('moves back when most executions have become slow', () => {
    const speed = new ShapeSpeed();
    untilMoved(speed, FAST_NS);
    assert.equal(untilMoved(speed, SLOW_NS), 16);
    assert.equal(speed.inline, false);
  });

  it('stays on the calling thread although few executions are slow', () => {
    const speed = new ShapeSpeed();
    untilMoved(speed, FAST_NS);
    for (let count = 0; count < 1600; count++) {
      assert.equal(speed.ranInline(count % 8 === 0 ? STALL_NS : FAST_NS), false);
    }
  });

  it('moves back at the third execution that holds up everything', () => {
    const speed = new ShapeSpeed();
    untilMoved(speed, FAST_NS);
    assert.equal(untilMoved(speed, STALL_NS), 3);
  });

  it('asks for a longer probation each time that it has moved back', () => {
    const speed = new ShapeSpeed();
    untilMoved(speed, FAST_NS);
    untilMoved(speed, STALL_NS);
    assert.equal(untilMoved(speed, FAST_NS), 64);
    untilMoved(speed, STALL_NS);
    assert.equal(untilMoved(speed, FAST_NS), 512);
  });

  it('forgets an old failure', () => {
    const speed = new ShapeSpeed();
    untilMoved(speed, FAST_NS);
    untilMoved(speed, STALL_NS);
    untilMoved(speed, FAST_NS);
    for (let count = 0; count < 16 * 256; count++) speed.ranInline(FAST_NS);
    untilMoved(speed, STALL_NS);
    assert.equal(untilMoved(speed, FAST_NS), 64);
  });
});
