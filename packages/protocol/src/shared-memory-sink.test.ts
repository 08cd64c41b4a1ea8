import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_PARAMETERS, type SharedMemoryClaim } from '@nereid/core';
import { FakeSharedMemory } from '@nereid/testing';
import { SharedMemorySink } from './shared-memory-sink.js';
import { SharedMemoryUse } from './shared-memory-use.js';

function setUp() {
  const events: string[] = [];
  const claim: SharedMemoryClaim = {
    sizeBytes: 4,
    readNow: () => new Uint8Array(4),
    read: async () => new Uint8Array(4),
    writeNow() {},
    write: async () => {},
    release: () => events.push('release'),
    discard: () => events.push('discard'),
  };
  const use = new SharedMemoryUse(Object.assign(new FakeSharedMemory(), { claim: () => claim }));
  const input = { data: new Uint8Array() };
  use.claimInput(input, { region: 'r', offset: 0, sizeBytes: 4 });
  const client = {
    response: () => undefined,
    end: () => void events.push('end'),
    released: () => void events.push('released'),
  };
  return { events, sink: new SharedMemorySink(client, use) };
}

describe('SharedMemorySink', () => {
  it('discards inputs when nothing refers to them, not before', () => {
    const { events, sink } = setUp();
    const answer = { modelName: 'm', modelVersion: 1, id: '', outputs: [], final: true };
    void sink.response({ ...answer, parameters: NO_PARAMETERS });
    sink.end();
    assert.deepEqual(events.includes('discard'), false);
    sink.released();
    assert.deepEqual(events.slice(-3), ['end', 'discard', 'released']);
  });
});
