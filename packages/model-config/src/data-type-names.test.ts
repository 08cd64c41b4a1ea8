import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DATA_TYPES } from '@nereid/core';
import { toConfigDataType, toDataType } from './index.js';

test('every datatype has a name in configurations, and back', () => {
  for (const datatype of DATA_TYPES) {
    assert.equal(toDataType(toConfigDataType(datatype)), datatype);
  }
  assert.equal(toConfigDataType('BYTES'), 'TYPE_STRING');
  assert.equal(toDataType('TYPE_INVALID'), undefined);
});
