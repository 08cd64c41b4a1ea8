import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  InferError,
  type InferenceRequest,
  type InferenceResponse,
  NEVER_CANCELLED,
  NO_PARAMETERS,
  type ResponseSink,
  type Tensor,
} from '@nereid/core';
import { FakeSharedMemory } from '@nereid/testing';
import { SharedMemoryUse } from './shared-memory-use.js';
import { submitRequest } from './submit-request.js';

const LARGE_BYTES = (1 << 20) + 1;

/** Everything that happens to one request, in order. */
class Setup implements ResponseSink {
  readonly memory = new FakeSharedMemory();
  readonly use = new SharedMemoryUse(this.memory);
  readonly events: string[] = [];
  readonly inputs: { name: string; data: Uint8Array }[] = [];
  /** The sink that the server was given. */
  sink: ResponseSink | undefined;

  constructor(sizeBytes = 16) {
    this.memory.objects.set('/k', new Uint8Array(sizeBytes));
    this.memory.register({ name: 'r', key: '/k', offset: 0, sizeBytes });
  }

  placement(offset: number, sizeBytes: number) {
    return { region: 'r', offset, sizeBytes };
  }

  get object(): Uint8Array {
    return this.memory.objects.get('/k') ?? new Uint8Array();
  }

  addInput(offset: number, sizeBytes: number): void {
    const input = { name: 'INPUT0', data: new Uint8Array() };
    this.inputs.push(input);
    this.use.claimInput(input, this.placement(offset, sizeBytes));
  }

  submit(): Promise<void> | undefined {
    const server = {
      infer: (_: InferenceRequest, sink: ResponseSink) => {
        this.sink = sink;
        this.events.push(`infer ${this.inputs.map(({ data }) => data.length)}`);
      },
    };
    return submitRequest(server, { request: REQUEST, sharedMemory: this.use }, this);
  }

  response({ outputs, final }: InferenceResponse): undefined {
    const sizes = outputs.map(({ data }) => data.length);
    this.events.push(`response ${sizes} claims ${this.memory.claimCount}${final ? ' final' : ''}`);
  }

  executed(): void {
    this.events.push('executed');
  }

  end(error?: InferError): void {
    const claims = `claims ${this.memory.claimCount}`;
    this.events.push(`end ${claims}${error ? ` ${error.code} ${error.message}` : ''}`);
  }
}

const REQUEST: InferenceRequest = {
  modelName: 'm',
  modelVersion: undefined,
  id: '',
  inputs: [],
  requestedOutputs: [],
  sequence: undefined,
  priority: 0,
  timeoutUs: 0,
  parameters: NO_PARAMETERS,
  signal: NEVER_CANCELLED,
};

function output(name: string, data: Uint8Array): Tensor {
  return { name, datatype: 'UINT8', shape: [data.length], data };
}

function response(outputs: readonly Tensor[], final = true): InferenceResponse {
  return { modelName: 'm', modelVersion: 1, id: '', parameters: NO_PARAMETERS, outputs, final };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('submitting a request with tensors in shared memory', () => {
  it('reads small inputs before the server gets the request, at once', () => {
    const setup = new Setup();
    setup.object.set([1, 2, 3], 4);
    setup.addInput(4, 3);
    setup.addInput(5, 1);
    assert.equal(setup.submit(), undefined);
    assert.deepEqual(
      setup.inputs.map(({ data }) => [...data]),
      [[1, 2, 3], [2]],
    );
    assert.deepEqual(setup.events, ['infer 3,1']);
  });

  it('reads inputs that are large together before the server gets the request', async () => {
    const setup = new Setup(LARGE_BYTES);
    setup.addInput(0, LARGE_BYTES - 1);
    setup.addInput(0, 1);
    const submitting = setup.submit();
    assert.deepEqual(setup.events, []);
    await submitting;
    assert.deepEqual(setup.events, [`infer ${LARGE_BYTES - 1},1`]);
  });

  it('ends the request when its inputs are gone', async () => {
    for (const sizeBytes of [16, LARGE_BYTES]) {
      const setup = new Setup(sizeBytes);
      setup.addInput(0, sizeBytes);
      setup.memory.objects.set('/k', new Uint8Array());
      await setup.submit();
      const text = "Invalid offset + byte size for shared memory region: 'r'";
      assert.deepEqual(setup.events, [`end claims 0 INVALID_ARG ${text}`]);
    }
  });

  it('writes outputs to their places and passes the response on without them', () => {
    const setup = new Setup();
    setup.use.claimOutput('A', setup.placement(2, 4));
    void setup.submit();
    void setup.sink?.response(
      response([output('A', Uint8Array.of(7, 8)), output('B', Uint8Array.of(9))]),
    );
    setup.sink?.executed?.({ inputNs: 0, inferNs: 0, outputNs: 0 }, 0);
    setup.sink?.end();
    assert.deepEqual([...setup.object.subarray(0, 6)], [0, 0, 7, 8, 0, 0]);
    // Claims end before the client can know of the last response.
    const rest = ['response 0,1 claims 0 final', 'executed', 'end claims 0'];
    assert.deepEqual(setup.events, ['infer ', ...rest]);
  });

  it('keeps the claims while more responses may come', () => {
    const setup = new Setup();
    setup.use.claimOutput('A', setup.placement(0, 1));
    void setup.submit();
    for (const value of [1, 2]) {
      void setup.sink?.response(response([output('A', Uint8Array.of(value))], false));
      assert.equal(setup.object[0], value);
    }
    setup.sink?.end();
    const first = 'response 0 claims 1';
    assert.deepEqual(setup.events, ['infer ', first, first, 'end claims 0']);
  });

  it('keeps the order of responses while large ones are being written', async () => {
    const setup = new Setup(LARGE_BYTES);
    setup.use.claimOutput('A', setup.placement(0, LARGE_BYTES));
    void setup.submit();
    const large = output('A', new Uint8Array(LARGE_BYTES).fill(5));
    const ready = [
      setup.sink?.response(response([large], false)),
      setup.sink?.response(
        response([output('A', Uint8Array.of(6)), output('B', large.data)], false),
      ),
      setup.sink?.response(response([large], false)),
    ];
    setup.sink?.end();
    assert.deepEqual(setup.events, ['infer ']);
    await Promise.all(ready);
    await settled();
    assert.deepEqual(setup.events.slice(1), [
      'response 0 claims 1',
      `response 0,${LARGE_BYTES} claims 1`,
      'response 0 claims 1',
      'end claims 0',
    ]);
    assert.equal(setup.object[0], 5);
  });

  it('ends the request when an output is larger than its place, and writes none', () => {
    const setup = new Setup();
    setup.use.claimOutput('A', setup.placement(0, 4));
    setup.use.claimOutput('B', setup.placement(4, 1));
    void setup.submit();
    const outputs = [output('A', Uint8Array.of(1)), output('B', Uint8Array.of(2, 3))];
    void setup.sink?.response(response(outputs));
    void setup.sink?.response(response(outputs));
    setup.sink?.end();
    const text =
      "INTERNAL shared memory size specified with the request for output 'B' (1 bytes) should be " +
      'at least 2 bytes to hold the results';
    assert.deepEqual(setup.events, ['infer ', `end claims 0 ${text}`]);
    assert.equal(setup.object[0], 0);
  });

  it('ends the request when the place of a large output is gone', async () => {
    const setup = new Setup(LARGE_BYTES);
    setup.use.claimOutput('A', setup.placement(0, LARGE_BYTES));
    void setup.submit();
    setup.memory.objects.set('/k', new Uint8Array());
    await setup.sink?.response(response([output('A', new Uint8Array(LARGE_BYTES))]));
    setup.sink?.end();
    await settled();
    const text = "INVALID_ARG Invalid offset + byte size for shared memory region: 'r'";
    assert.deepEqual(setup.events, ['infer ', `end claims 0 ${text}`]);
  });

  it('prefers the error of the model', () => {
    const setup = new Setup();
    setup.use.claimOutput('A', setup.placement(0, 1));
    void setup.submit();
    setup.sink?.end(new InferError('UNAVAILABLE', 'no'));
    assert.deepEqual(setup.events, ['infer ', 'end claims 0 UNAVAILABLE no']);
  });

  it('counts the first place of an output that is asked for twice', () => {
    const setup = new Setup();
    setup.use.claimOutput('A', setup.placement(1, 1));
    setup.use.claimOutput('A', setup.placement(2, 1));
    assert.equal(setup.memory.claimCount, 1);
    void setup.submit();
    void setup.sink?.response(response([output('A', Uint8Array.of(9))]));
    assert.deepEqual([...setup.object.subarray(0, 3)], [0, 9, 0]);
  });
});
