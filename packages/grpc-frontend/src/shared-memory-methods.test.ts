import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type InferenceRequest,
  type InferenceServer,
  NO_PARAMETERS,
  type ResponseSink,
} from '@nereid/core';
import { BodyMemory } from '@nereid/mapped-memory';
import {
  CudaSharedMemoryRegisterRequest,
  CudaSharedMemoryStatusRequest,
  type MessageCodec,
  SystemSharedMemoryRegisterRequest,
  SystemSharedMemoryStatusRequest,
  SystemSharedMemoryStatusResponse,
  SystemSharedMemoryUnregisterRequest,
} from '@nereid/protocol';
import { FakeClock, FakeSharedMemory, FakeTracing, fakeModelConfig } from '@nereid/testing';
import protobuf from 'protobufjs';
import type { GrpcStatus } from './grpc-status.js';
import { FakeCall } from './grpc-test-kit.js';
import { sharedMemoryMethods } from './shared-memory-methods.js';
import { streamInfer } from './stream-infer.js';
import { unaryInfer } from './unary-infer.js';

const LARGE_BYTES = (1 << 20) + 1;

const PROTOS = new URL('../../../protos/', import.meta.url).pathname;
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith(PROTOS) ? target : PROTOS + target);
root.loadSync('grpc_service.proto');
const InferRequest = root.lookupType('inference.ModelInferRequest');
const InferResponse = root.lookupType('inference.ModelInferResponse');
const StreamResponse = root.lookupType('inference.ModelStreamInferResponse');

/** Tells when it has ended. */
class AwaitedCall extends FakeCall {
  readonly ended: Promise<GrpcStatus>;
  readonly #resolve: (status: GrpcStatus) => void;

  constructor() {
    super();
    const { promise, resolve } = withResolvers<GrpcStatus>();
    this.ended = promise;
    this.#resolve = resolve;
  }
  override end(status: GrpcStatus): void {
    this.#resolve(status);
  }
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function setUp(sizeBytes = 16) {
  const memory = new FakeSharedMemory();
  memory.objects.set(
    '/k',
    Uint8Array.from({ length: sizeBytes }, (_, index) => index % 256),
  );
  memory.register({ name: 'r', key: '/k', offset: 0, sizeBytes });
  const seen: InferenceRequest[] = [];
  const server: Pick<InferenceServer, 'modelConfig' | 'infer' | 'systemSharedMemory' | 'tracing'> =
    {
      tracing: new FakeTracing(),
      modelConfig: () => fakeModelConfig(),
      systemSharedMemory: memory,
      infer: (request, sink) => {
        seen.push(request);
        echo(request, sink);
      },
    };
  const clock = new FakeClock();
  const services = {
    server: server as InferenceServer,
    clock,
    forwarding: () => NO_PARAMETERS,
    memory: new BodyMemory(clock),
  };
  return { memory, seen, services };
}

function echo({ modelName, id, inputs }: InferenceRequest, sink: ResponseSink): void {
  const outputs = inputs.map((input) => ({ ...input, name: 'OUTPUT0' }));
  const parameters = NO_PARAMETERS;
  void sink.response({ modelName, modelVersion: 1, id, parameters, outputs, final: true });
  sink.end();
}

async function control<T>(
  services: ReturnType<typeof setUp>['services'],
  method: string,
  [codec, message]: readonly [MessageCodec<T>, T],
) {
  const call = new AwaitedCall();
  const handler = sharedMemoryMethods(services.server)[method];
  handler?.handle(call, codec.encode(message));
  const { code, message: text } = await call.ended;
  return { code, text, bytes: call.written[0] };
}

function place(offset: number, sizeBytes: number, region = 'r') {
  return {
    shared_memory_region: { stringParam: region },
    shared_memory_offset: { int64Param: offset },
    shared_memory_byte_size: { int64Param: sizeBytes },
  };
}

function inferMessage(input: object, output: object | undefined, id = ''): Buffer {
  const message = {
    modelName: 'm',
    id,
    inputs: [{ name: 'INPUT0', datatype: 'UINT8', shape: [4], parameters: input }],
    outputs: output === undefined ? [] : [{ name: 'OUTPUT0', parameters: output }],
  };
  return Buffer.from(InferRequest.encode(InferRequest.fromObject(message)).finish());
}

describe('the methods for system shared memory', () => {
  it('register, list and unregister regions', async () => {
    const { memory, services } = setUp();
    const region = { name: '__proto__', key: '/k', offset: 2n, byteSize: 4n };
    const registered = await control(services, 'SystemSharedMemoryRegister', [
      SystemSharedMemoryRegisterRequest,
      region,
    ]);
    assert.equal(registered.code, 0);
    const status = await control(services, 'SystemSharedMemoryStatus', [
      SystemSharedMemoryStatusRequest,
      { name: '' },
    ]);
    const regions = SystemSharedMemoryStatusResponse.decode(status.bytes ?? Buffer.alloc(0));
    assert.deepEqual(Object.entries(regions.regions ?? {}), [
      ['r', { name: 'r', key: '/k', offset: 0n, byteSize: 16n }],
      ['__proto__', region],
    ]);
    for (const name of ['r', 'unknown', '']) {
      const { code } = await control(services, 'SystemSharedMemoryUnregister', [
        SystemSharedMemoryUnregisterRequest,
        { name },
      ]);
      assert.equal(code, 0);
      assert.equal(memory.regions.has('r'), false);
    }
    assert.equal(memory.regions.size, 0);
  });

  it('tell of one region, or that there is none', async () => {
    const { services } = setUp();
    for (const [name, code] of [
      ['r', 0],
      ['z', 5],
    ] as const) {
      const status = await control(services, 'SystemSharedMemoryStatus', [
        SystemSharedMemoryStatusRequest,
        { name },
      ]);
      assert.equal(status.code, code);
    }
  });
});

describe('the methods for CUDA shared memory', () => {
  it('answer as a server without GPU support', async () => {
    const { services } = setUp();
    const statusOf = async (name: string) =>
      control(services, 'CudaSharedMemoryStatus', [CudaSharedMemoryStatusRequest, { name }]);
    assert.equal((await statusOf('')).code, 0);
    assert.deepEqual((await statusOf('z')).text, "Unable to find cuda shared memory region: 'z'");
    assert.deepEqual(
      (await statusOf('r')).text,
      "The region named 'r' is registered as system shared memory, not CUDA shared memory",
    );
    const message = { name: 'c', rawHandle: Buffer.alloc(64), deviceId: 0n, byteSize: 64n };
    const register = await control(services, 'CudaSharedMemoryRegister', [
      CudaSharedMemoryRegisterRequest,
      message,
    ]);
    assert.deepEqual(
      [register.code, register.text],
      [3, "failed to register CUDA shared memory region: 'c', GPUs not supported"],
    );
  });
});

describe('inference with tensors in shared memory', () => {
  it('sends nothing of an output that it writes there', async () => {
    const { memory, services } = setUp();
    const call = new AwaitedCall();
    unaryInfer(services).handle(call, inferMessage(place(2, 4), place(8, 6)));
    assert.deepEqual(await call.ended, { code: 0, message: '' });
    const { outputs, rawOutputContents } = InferResponse.toObject(
      InferResponse.decode(call.written[0] ?? Buffer.alloc(0)),
    );
    assert.deepEqual([outputs.length, rawOutputContents.map(String)], [1, ['']]);
    assert.deepEqual([...(memory.objects.get('/k') ?? [])].slice(7, 13), [7, 2, 3, 4, 5, 12]);
    assert.equal(memory.claimCount, 0);
  });

  it('waits for large inputs and outputs', async () => {
    const { memory, services } = setUp(2 * LARGE_BYTES);
    const call = new AwaitedCall();
    unaryInfer(services).handle(
      call,
      inferMessage(place(0, LARGE_BYTES), place(LARGE_BYTES, LARGE_BYTES)),
    );
    assert.deepEqual(await call.ended, { code: 0, message: '' });
    const object = Buffer.from(memory.objects.get('/k') ?? []);
    assert.ok(object.subarray(0, LARGE_BYTES).equals(object.subarray(LARGE_BYTES)));
  });

  it('fails when an output is larger than its place', async () => {
    const { memory, services } = setUp();
    const call = new AwaitedCall();
    unaryInfer(services).handle(call, inferMessage(place(0, 4), place(8, 3)));
    assert.deepEqual(await call.ended, {
      code: 13,
      message:
        "shared memory size specified with the request for output 'OUTPUT0' (3 bytes) should be " +
        'at least 4 bytes to hold the results',
    });
    assert.equal(memory.claimCount, 0);
  });

  it('keeps the order of a stream, though large inputs take longer to read', async () => {
    const { memory, seen, services } = setUp(LARGE_BYTES);
    const call = new AwaitedCall();
    const stream = streamInfer(services).open(call);
    const sizes = [4, LARGE_BYTES, 4, LARGE_BYTES, 5];
    for (const [index, size] of sizes.entries()) {
      stream.message(inferMessage(place(0, size), undefined, `${index}`));
    }
    stream.message(inferMessage(place(0, 1, 'z'), undefined, 'wrong'));
    stream.halfClose();
    assert.deepEqual(await call.ended, { code: 0, message: '' });
    assert.deepEqual(
      seen.map(({ inputs }) => inputs[0]?.data.length),
      sizes,
    );
    const answers = call.written.map((bytes) =>
      StreamResponse.toObject(StreamResponse.decode(bytes)),
    );
    assert.deepEqual(
      answers.map(({ inferResponse }) => inferResponse.id),
      ['0', '1', '2', '3', '4', 'wrong'],
    );
    assert.equal(answers.at(-1)?.['errorMessage'], "Unable to find shared memory region: 'z'");
    assert.equal(memory.claimCount, 0);
  });

  it('tells the reader of a stream which request found its memory gone', async () => {
    const { memory, services } = setUp(LARGE_BYTES);
    const call = new AwaitedCall();
    const stream = streamInfer(services).open(call);
    memory.objects.set('/k', new Uint8Array());
    stream.message(inferMessage(place(0, LARGE_BYTES), undefined, 'gone'));
    stream.halfClose();
    assert.deepEqual(await call.ended, { code: 0, message: '' });
    const [answer] = call.written.map((bytes) =>
      StreamResponse.toObject(StreamResponse.decode(bytes)),
    );
    const text = "Invalid offset + byte size for shared memory region: 'r'";
    assert.deepEqual([answer?.['errorMessage'], answer?.['inferResponse'].id], [text, 'gone']);
  });
});
