import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ApiCategory, type Authorizer, CancelSource } from '@nereid/core';
import { CallGate } from './call-gate.js';
import type { GrpcMethod, GrpcMethods, GrpcStreamCall } from './grpc-call.js';
import { type GrpcStatus, OK } from './grpc-status.js';

/** Knows one token, which grants inference, and lets everybody ask for health. */
class OneToken implements Authorizer {
  readonly asked: ApiCategory[] = [];

  decide(token: string | undefined, category: ApiCategory) {
    this.asked.push(category);
    if (category === 'health') return 'granted';
    if (token !== 'secret') return 'unauthenticated';
    return category === 'inference' ? 'granted' : 'forbidden';
  }
}

function fakeCall(headers: Readonly<Record<string, string>>) {
  const statuses: GrpcStatus[] = [];
  const call: GrpcStreamCall = {
    signal: new CancelSource(),
    client: '127.0.0.1',
    header: (name) => headers[name],
    headers: () => Object.entries(headers),
    write: () => true,
    drained: () => Promise.resolve(),
    end: (status) => statuses.push(status),
    onClosed() {},
    pause() {},
    resume() {},
    writePieces: () => true,
    retain() {},
    release() {},
  };
  return { call, statuses };
}

const SERVICE = '/inference.GRPCInferenceService/';
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

const METHODS: GrpcMethods = new Map<string, GrpcMethod>([
  [`${SERVICE}ModelInfer`, { kind: 'unary', handle: (call) => call.end(OK) }],
  [`${SERVICE}RepositoryIndex`, { kind: 'unary', handle: (call) => call.end(OK) }],
  ['/grpc.health.v1.Health/Check', { kind: 'unary', handle: (call) => call.end(OK) }],
  [REFLECTION, { kind: 'stream', open: openStream }],
]);

function openStream(call: GrpcStreamCall) {
  call.end(OK);
  return { message() {}, halfClose() {}, stop() {} };
}

/** How a call ends behind a gate that asks for tokens. */
function statusOf(path: string, headers: Readonly<Record<string, string>> = {}) {
  const { call, statuses } = fakeCall(headers);
  const method = new CallGate({ restrictions: new Map(), authorizer: new OneToken() })
    .guard(METHODS)
    .get(path);
  if (method?.kind === 'unary') method.handle(call, Buffer.alloc(0));
  else method?.open(call);
  assert.equal(statuses.length, 1);
  return [statuses[0]?.code, statuses[0]?.message];
}

describe('a gate that asks for tokens', () => {
  it('lets a call pass whose token grants its API', () => {
    const headers = { authorization: 'Bearer secret' };
    assert.deepEqual(statusOf(`${SERVICE}ModelInfer`, headers), [0, '']);
    assert.deepEqual(statusOf(`${SERVICE}ModelInfer`, { 'x-api-key': 'secret' }), [0, '']);
  });

  it('lets a call without a token pass where none is needed', () => {
    assert.deepEqual(statusOf('/grpc.health.v1.Health/Check'), [0, '']);
  });

  it('tells a call without a token what it needs', () => {
    const text = "This API needs a token: send the metadata 'authorization: Bearer <token>'";
    assert.deepEqual(statusOf(`${SERVICE}ModelInfer`), [16, text]);
    assert.deepEqual(statusOf(`${SERVICE}ModelInfer`, { authorization: 'Basic x' }), [16, text]);
  });

  it('refuses a token that nobody knows, and one that grants other APIs', () => {
    const wrong = { authorization: 'Bearer wrong' };
    assert.deepEqual(statusOf(`${SERVICE}ModelInfer`, wrong), [16, 'The token is not valid']);
    const right = { authorization: 'bearer secret' };
    const text = "The token does not grant the API 'model-repository'";
    assert.deepEqual(statusOf(`${SERVICE}RepositoryIndex`, right), [7, text]);
  });

  it('guards reflection as it guards metadata', () => {
    const text = "The token does not grant the API 'metadata'";
    assert.deepEqual(statusOf(REFLECTION, { authorization: 'Bearer secret' }), [7, text]);
  });
});
