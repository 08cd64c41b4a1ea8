import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type InferenceRequest,
  type InferenceResponse,
  NEVER_CANCELLED,
  NO_PARAMETERS,
} from '@nereid/core';
import { bytesTensor, fp32Tensor } from '@nereid/testing';
import { linkedPair } from './fixtures/linked-pair.js';
import { TO_SERVER, TO_THREAD } from './record-kinds.js';
import { RequestReader, RequestWriter } from './request-records.js';
import { ResponseReader, ResponseWriter } from './response-records.js';
import type { ThreadLink } from './thread-link.js';

function request(parts: Partial<InferenceRequest> = {}): InferenceRequest {
  return {
    modelName: 'm',
    modelVersion: undefined,
    id: '',
    inputs: [fp32Tensor('A', [1, 2], [1, 2])],
    requestedOutputs: [],
    sequence: undefined,
    priority: 0,
    timeoutUs: 0,
    parameters: NO_PARAMETERS,
    signal: NEVER_CANCELLED,
    ...parts,
  };
}

/** What a request comes out as on the other side, and how many forms and objects that took. */
function requestPair(t: TestContext) {
  const reader = new RequestReader();
  const received: InferenceRequest[] = [];
  const counts = { forms: 0, objects: 0 };
  const right = {
    receive(kind: number, link: ThreadLink) {
      if (kind === TO_SERVER.requestForm) {
        counts.forms += 1;
        reader.addForm(link);
      } else if (kind === TO_SERVER.inferObject) {
        counts.objects += 1;
        received.push(reader.readObject(link).complete(NEVER_CANCELLED));
      } else received.push(reader.read(link, NEVER_CANCELLED));
    },
  };
  const pair = linkedPair({ receive() {} }, right);
  t.after(() => pair.close());
  return { writer: new RequestWriter(pair.left), received, counts };
}

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 10_000;
  while (!condition() && Date.now() < limit) await sleep(2);
  assert.ok(condition());
}

/** Bytes compare by their contents, whatever class of array they are in. */
function plain(value: InferenceRequest | InferenceResponse) {
  const bytes = (data: Uint8Array) => Buffer.from(data).toString('base64');
  const tensors = 'inputs' in value ? value.inputs : value.outputs;
  return { ...value, tensors: tensors.map((each) => ({ ...each, data: bytes(each.data) })) };
}

function withoutTensors(value: ReturnType<typeof plain>) {
  const { inputs: _, outputs: __, rawInput, ...rest } = value as Record<string, unknown>;
  return { ...rest, rawInput: rawInput && Buffer.from(rawInput as Uint8Array).toString() };
}

const large = fp32Tensor('A', [1, 10_000], Array(10_000).fill(1.5));
const CASES: Readonly<Record<string, InferenceRequest>> = {
  'a small one': request(),
  'one with an id that is not ASCII': request({ id: 'größer ✓' }),
  'one with a very long id': request({ id: 'i'.repeat(5000) }),
  'one with several tensors, some empty': request({
    inputs: [
      bytesTensor('B', [2], ['a', 'bcd']),
      fp32Tensor('E', [0], []),
      fp32Tensor('C', [3], [1, 2, 3]),
    ],
  }),
  'a large one': request({ inputs: [large, fp32Tensor('C', [1], [7])] }),
  'one of a sequence': request({
    sequence: { correlationId: 2n ** 64n - 1n, start: true, end: false },
  }),
  'one of a sequence with a name': request({
    sequence: { correlationId: 'seq', start: false, end: true },
  }),
  'one with everything else': request({
    modelVersion: 3,
    requestedOutputs: [{ name: 'O', classificationCount: 2 }],
    priority: 2,
    timeoutUs: 1000,
    parameters: new Map<string, string | bigint>([
      ['p', 'v'],
      ['n', 5n],
    ]),
  }),
  'a raw one': request({ inputs: [], rawInput: Buffer.from('xraw').subarray(1) }),
};

for (const [name, sent] of Object.entries(CASES)) {
  test(`a request arrives as it was sent: ${name}`, async (t) => {
    const { writer, received } = requestPair(t);
    writer.write(sent, { slot: 5, wantsTimes: false, takesFailures: false });
    writer.write(sent, { slot: 6, wantsTimes: true, takesFailures: true });
    await until(() => received.length === 2);
    for (const each of received) {
      assert.deepEqual(withoutTensors(plain(each)), withoutTensors(plain(sent)));
    }
  });
}

test('requests that are alike share a form', async (t) => {
  const { writer, received, counts } = requestPair(t);
  for (let count = 0; count < 50; count += 1) {
    const inputs = [fp32Tensor('A', [1, 1 + (count % 2)], Array(1 + (count % 2)).fill(count))];
    writer.write(request({ inputs, id: `${count}` }), {
      slot: count,
      wantsTimes: false,
      takesFailures: false,
    });
  }
  await until(() => received.length === 50);
  assert.deepEqual(counts, { forms: 2, objects: 0 });
  assert.deepEqual(
    received.map(({ id }) => id),
    Array.from({ length: 50 }, (_, index) => `${index}`),
  );
});

test('more forms than there is room for arrive all the same', async (t) => {
  const { writer, received } = requestPair(t);
  for (let count = 0; count < 2500; count += 1) {
    const inputs = [fp32Tensor('A', [1, 1], [count])];
    writer.write(request({ inputs, modelName: `m${count % 1300}` }), {
      slot: 0,
      wantsTimes: false,
      takesFailures: false,
    });
  }
  await until(() => received.length === 2500);
  received.forEach(({ modelName, inputs }, index) => {
    assert.equal(modelName, `m${index % 1300}`);
    assert.equal(Buffer.from(inputs[0]?.data ?? []).readFloatLE(0), index);
  });
});

test('tensors that were received outlive the ring', async (t) => {
  const { writer, received } = requestPair(t);
  for (let count = 0; count < 5000; count += 1) {
    const inputs = [fp32Tensor('A', [1, 2], [count, -count])];
    writer.write(request({ inputs }), { slot: 0, wantsTimes: false, takesFailures: false });
    if (count % 500 === 0) await sleep(0);
  }
  await until(() => received.length === 5000);
  received.forEach(({ inputs }, index) => {
    assert.equal(Buffer.from(inputs[0]?.data ?? []).readFloatLE(4), -index);
  });
});

test('responses arrive as they were sent', async (t) => {
  const reader = new ResponseReader();
  const received: InferenceResponse[] = [];
  const right = {
    receive(kind: number, link: ThreadLink) {
      if (kind === TO_THREAD.responseForm) reader.addForm(link);
      else if (kind === TO_THREAD.responseObject) received.push(reader.readObject(link).response);
      else received.push(reader.read(link, 'the id'));
    },
  };
  const pair = linkedPair({ receive() {} }, right);
  t.after(() => pair.close());
  const writer = new ResponseWriter(pair.left);
  const base = { modelName: 'm', modelVersion: 1, id: 'the id', parameters: NO_PARAMETERS };
  const sent: InferenceResponse[] = [
    { ...base, outputs: [fp32Tensor('O', [1], [1])], final: true },
    { ...base, outputs: [fp32Tensor('O', [1], [2])], final: false },
    { ...base, outputs: [], final: true },
    { ...base, outputs: [large], final: true },
    { ...base, id: 'another', outputs: [fp32Tensor('O', [1], [3])], final: true },
    { ...base, parameters: new Map([['p', true]]), outputs: [large], final: false },
  ];
  for (const response of sent) writer.write(response, 1, 'the id');
  await until(() => received.length === sent.length);
  assert.deepEqual(
    received.map((each) => withoutTensors(plain(each))),
    sent.map((each) => withoutTensors(plain(each))),
  );
});
