import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_PARAMETERS, type ParameterValue } from '@nereid/core';
import { fakeInferenceRequest } from '@nereid/testing';
import {
  followingSequence,
  requestSequence,
  sequenceOf,
  sequenceParameters,
} from './step-sequence.js';

const OWN = { correlationId: 5n, start: true, end: false };

function after(parameters: Record<string, ParameterValue>) {
  return followingSequence(OWN, new Map(Object.entries(parameters)));
}

test('a response without sequence parameters passes the sequence on', () => {
  assert.equal(followingSequence(OWN, NO_PARAMETERS), OWN);
  assert.equal(after({ other: true }), OWN);
});

test('one sequence parameter overrides all flags, but not the correlation ID', () => {
  assert.deepEqual(after({ sequence_end: true }), { correlationId: 5n, start: false, end: true });
  assert.deepEqual(after({ sequence_id: 7n }), { correlationId: 7n, start: false, end: false });
});

test('correlation IDs may be strings, plain numbers and unsigned', () => {
  assert.equal(after({ sequence_id: 'talk' }).correlationId, 'talk');
  assert.equal(after({ sequence_id: 9 }).correlationId, 9n);
  assert.equal(after({ sequence_id: -1n }).correlationId, 2n ** 64n - 1n);
});

test('sequence parameters of another type are refused', () => {
  assert.throws(() => after({ sequence_id: true }), {
    code: 'INVALID_ARG',
    message:
      "expected parameter 'sequence_id' to be TRITONSERVER_PARAMETER_INT or " +
      'TRITONSERVER_PARAMETER_STRING',
  });
  assert.throws(() => after({ sequence_start: 1n }), {
    code: 'INVALID_ARG',
    message: "expect parameter 'sequence_start' to be TRITONSERVER_PARAMETER_BOOL",
  });
});

test('a request outside of sequences is shown as correlation ID 0, and passed on as none', () => {
  const none = sequenceOf(fakeInferenceRequest());
  assert.deepEqual(
    [...sequenceParameters(none)],
    [
      ['sequence_id', 0n],
      ['sequence_start', false],
      ['sequence_end', false],
    ],
  );
  assert.equal(requestSequence(none), undefined);
  assert.equal(requestSequence(OWN), OWN);
});

test('a correlation ID beyond the range of int64 is shown as the int64 with its bits', () => {
  const parameters = sequenceParameters({ ...OWN, correlationId: 2n ** 64n - 1n });
  assert.equal(parameters.get('sequence_id'), -1n);
});
