import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pythonArguments } from './python-arguments.js';

test('gives the arguments of a model in Python as texts, under the names of Triton', () => {
  const source = { name: 'm', version: 3, directory: '/models/m' };
  const place = { name: 'm_0_1', kind: 'GPU', deviceId: 1 } as const;
  assert.deepEqual(pythonArguments(source, place, '{"name": "m"}'), {
    model_config: '{"name": "m"}',
    model_instance_kind: 'GPU',
    model_instance_name: 'm_0_1',
    model_instance_device_id: '1',
    model_repository: '/models/m',
    model_version: '3',
    model_name: 'm',
  });
});
