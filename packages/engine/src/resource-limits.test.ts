import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resourceLimits, resourceNeeds } from './resource-limits.js';

function needs(count: number, { global = false, name = 'R1', deviceId = 0 } = {}) {
  return resourceNeeds({ resources: [{ name, global, count }], priority: 0 }, deviceId);
}

function limits(...parameters: Parameters<typeof resourceLimits>) {
  return Object.fromEntries(resourceLimits(...parameters));
}

describe('the resources of an instance', () => {
  it('are none without a rate limiter in its group', () => {
    assert.deepEqual(resourceNeeds(undefined, 0), []);
  });

  it('count as they were named last', () => {
    const resources = [2, 5].map((count) => ({ name: 'R1', global: false, count }));
    const [need, ...more] = resourceNeeds({ resources, priority: 1 }, 0);
    assert.deepEqual([need?.count, more.length], [5, 0]);
  });
});

describe('the limits of resources', () => {
  it('are the most that an instance needs, where nothing is given', () => {
    assert.deepEqual(limits([needs(3), needs(7), needs(2)], []), { '0:R1': 7 });
  });

  it('are apart for each device, and for all devices together', () => {
    const instances = [
      needs(3),
      needs(4, { deviceId: 1 }),
      needs(5, { global: true, name: 'G' }),
      needs(6, { global: true, name: 'G', deviceId: 1 }),
    ];
    assert.deepEqual(limits(instances, []), { '0:R1': 3, '1:R1': 4, 'global:G': 6 });
  });

  it('are as given, on each device or on one', () => {
    const given = [
      { name: 'R1', count: 10, deviceId: undefined },
      { name: 'R1', count: 20, deviceId: 1 },
    ];
    const instances = [needs(3), needs(4, { deviceId: 1 })];
    assert.deepEqual(limits(instances, given), { '0:R1': 10, '1:R1': 20 });
  });

  it('of a global resource do not depend on the device that is given', () => {
    const given = [{ name: 'R1', count: 9, deviceId: 3 }];
    assert.deepEqual(limits([needs(3, { global: true })], given), { 'global:R1': 9 });
  });

  it('refuse what could never execute, also a resource that is not given at all', () => {
    const given = [{ name: 'R1', count: 2, deviceId: undefined }];
    const text = (name: string, limit: number) =>
      `Resource count for "${name}" is limited to ${limit} which will prevent scheduling of one ` +
      'or more model instances, the minimum required count is 3';
    assert.throws(() => limits([needs(3)], given), { message: text('R1', 2) });
    assert.throws(() => limits([needs(3, { name: 'R2' })], given), {
      code: 'INVALID_ARG',
      message: text('R2', 0),
    });
  });

  it('refuse a resource that is both global and that of a device', () => {
    assert.throws(() => limits([needs(1), needs(1, { global: true })], []), {
      code: 'INVALID_ARG',
      message:
        'Resource "R1" is present as both global and device-specific resource in the model ' +
        'configuration.',
    });
  });
});
