import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRateLimitResources } from './rate-limit-settings.js';

describe('--rate-limit-resource', () => {
  test('names a resource on each device, or on one', () => {
    assert.deepEqual(parseRateLimitResources(['R1:4', 'R1:2:1']), [
      { name: 'R1', count: 4, deviceId: undefined },
      { name: 'R1', count: 2, deviceId: 1 },
    ]);
  });

  test('takes the last count of a resource', () => {
    assert.deepEqual(parseRateLimitResources(['R1:4', 'R1:2']), [
      { name: 'R1', count: 2, deviceId: undefined },
    ]);
  });

  test('refuses what has another form', () => {
    for (const option of ['R1', 'R1:', 'R1:x', ':3', 'R1:3:0:1', 'R1:-1']) {
      assert.throws(() => parseRateLimitResources([option]), {
        name: 'UsageError',
        message:
          "--rate-limit-resource option format is '<resource_name>:<count>:<device>' or " +
          `'<resource_name>:<count>'. Got ${option}`,
      });
    }
  });
});
