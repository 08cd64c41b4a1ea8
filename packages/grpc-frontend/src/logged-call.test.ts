import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessEntry, InferError, systemClock } from '@nereid/core';
import { FakeTracing } from '@nereid/testing';
import { CallGate } from './call-gate.js';
import type { GrpcMethod } from './grpc-call.js';
import { OK } from './grpc-status.js';
import { FakeCall } from './grpc-test-kit.js';
import { headerForwarding } from './header-forwarding.js';
import type { InferServices } from './infer-preparation.js';
import { streamInfer } from './stream-infer.js';

const PATH = '/inference.GRPCInferenceService/ModelStreamInfer';

/** A ModelInferRequest for the model `m` with the id `r`. */
const REQUEST = Buffer.from('\x0a\x01m\x1a\x01r', 'latin1');

function guarded(method: GrpcMethod, entries: AccessEntry[]) {
  const log = { write: (entry: AccessEntry) => entries.push(entry) };
  const gate = new CallGate({ restrictions: new Map(), accessLog: { log, clock: systemClock } });
  return gate.guard(new Map([[PATH, method]])).get(PATH);
}

describe('a gate with an access log', () => {
  it('has a line for a unary call, with the bytes of its answer', () => {
    const entries: AccessEntry[] = [];
    const method = guarded(
      {
        kind: 'unary',
        handle(call) {
          call.write(Buffer.alloc(7));
          call.end(OK);
        },
      },
      entries,
    );
    assert(method?.kind === 'unary');
    method.handle(new FakeCall(), Buffer.alloc(0));
    const [entry] = entries;
    assert.deepEqual(
      [entries.length, entry?.protocol, entry?.path, entry?.status, entry?.sentBytes],
      [1, 'gRPC', PATH, 0, 7],
    );
  });

  it('has a line for a call whose client has gone', () => {
    const entries: AccessEntry[] = [];
    const method = guarded({ kind: 'unary', handle() {} }, entries);
    const call = new FakeCall();
    assert(method?.kind === 'unary');
    method.handle(call, Buffer.alloc(0));
    assert.equal(entries.length, 0);
    call.signal.cancel();
    assert.deepEqual(
      entries.map(({ status }) => status),
      [1],
    );
  });

  it('has a line for each request of a stream, and one for the stream', () => {
    const entries: AccessEntry[] = [];
    const server = {
      tracing: new FakeTracing(),
      modelConfig() {
        throw new InferError('NOT_FOUND', 'unknown');
      },
    };
    const services = { server, clock: systemClock, forwarding: headerForwarding('') };
    const method = guarded(streamInfer(services as unknown as InferServices), entries);
    assert(method?.kind === 'stream');
    const reader = method.open(new FakeCall());
    reader.message(REQUEST);
    reader.message(REQUEST);
    reader.halfClose();
    assert.deepEqual(
      entries.map(({ status, modelName, requestId }) => [status, modelName, requestId]),
      [
        [5, 'm', 'r'],
        [5, 'm', 'r'],
        [0, '', ''],
      ],
    );
    const [first, second, stream] = entries;
    assert(first !== undefined && first.sentBytes > 0);
    assert.equal(stream?.sentBytes, first.sentBytes + (second?.sentBytes ?? 0));
  });
});
