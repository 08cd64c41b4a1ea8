import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  DATA_TYPES,
  type InferenceResponse,
  isInferError,
  type ParameterValue,
} from '@nereid/core';
import protobuf from 'protobufjs';
import { type InferParameters, Uint64Parameter } from './infer-parameter.js';
import { readInferRequestMessage } from './infer-request-message.js';
import {
  encodeGrpcInferResponse,
  encodeStreamInferResponse,
  encodeStreamNotice,
} from './infer-response.js';

const PROTOS = fileURLToPath(new URL('../../../../protos/', import.meta.url));
const ROUNDS = 300;

/** protobufjs works from the same definitions, but shares no code with the codec under test. */
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith(PROTOS) ? target : PROTOS + target);
root.loadSync('grpc_service.proto');
const RequestType = root.lookupType('inference.ModelInferRequest');
const ResponseType = root.lookupType('inference.ModelInferResponse');
const StreamResponseType = root.lookupType('inference.ModelStreamInferResponse');
const PLAIN = { longs: String, bytes: String, defaults: true, arrays: true, objects: true };

/** A repeatable source of numbers (the mulberry32 generator), so that a failure can be repeated. */
function randomSource(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const list = <T>(limit: number, make: () => T): T[] => Array.from({ length: below(limit) }, make);
  return { below, pick, list };
}

type Source = ReturnType<typeof randomSource>;

const TEXTS = [
  '',
  'a',
  'INPUT0',
  'größe',
  '模型',
  '😀',
  'x'.repeat(23),
  'y'.repeat(300),
  '__proto__',
];
const INTEGERS = [
  '0',
  '1',
  '-1',
  '127',
  '128',
  '2147483648',
  '-9223372036854775808',
  '9007199254740993',
];

function parameter({ pick }: Source): object {
  return pick([
    { boolParam: pick([true, false]) },
    { int64Param: pick(INTEGERS) },
    { stringParam: pick(TEXTS) },
    { doubleParam: pick([0, -0.5, 1e300]) },
    { uint64Param: pick(['0', '18446744073709551615']) },
    {},
  ]);
}

function parameters(source: Source): object {
  // protobufjs cannot hold a key named __proto__ in a plain object.
  const names = TEXTS.filter((text) => text !== '__proto__');
  return Object.fromEntries(source.list(4, () => [source.pick(names), parameter(source)]));
}

function data({ below }: Source): Buffer {
  return Buffer.from(Array.from({ length: below(300) }, () => below(256)));
}

function requestObject(source: Source): object {
  const { pick, list } = source;
  return {
    modelName: pick(TEXTS),
    modelVersion: pick(['', '1']),
    id: pick(TEXTS),
    parameters: parameters(source),
    inputs: list(4, () => ({
      name: pick(TEXTS),
      datatype: pick([...DATA_TYPES, 'FP31', '']),
      shape: list(5, () => pick(['0', '1', '16', '300', '-1', '1099511627776'])),
      parameters: parameters(source),
      ...(pick([true, false])
        ? { contents: { intContents: list(9, () => pick([0, -1, 5])) } }
        : {}),
    })),
    outputs: list(3, () => ({ name: pick(TEXTS), parameters: parameters(source) })),
    rawInputContents: list(4, () => data(source)),
  };
}

/** Fields that no definition knows, one of each wire type, and groups within a group. */
const UNKNOWN_FIELDS = [
  Buffer.from([0x98, 0x06, 0xff, 0x01]),
  Buffer.from([0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]),
  Buffer.from([0x9a, 0x06, 3, 9, 9, 9]),
  Buffer.from([0x9d, 0x06, 1, 2, 3, 4]),
  Buffer.from([0x9b, 0x06, 0x08, 0x01, 0x13, 0x14, 0x9c, 0x06]),
];

/** The same message in another spelling: in pieces that merge, with unknown fields between them. */
function spell(source: Source, object: object): Buffer {
  const pieces = Object.entries(object).map(([key, value]) =>
    Buffer.from(RequestType.encode(RequestType.fromObject({ [key]: value })).finish()),
  );
  const spoken: Buffer[] = [];
  while (pieces.length > 0) {
    spoken.push(...pieces.splice(source.below(pieces.length), 1));
    if (source.below(3) === 0) spoken.push(source.pick(UNKNOWN_FIELDS));
  }
  return Buffer.concat(spoken);
}

function plainParameters(values: InferParameters): object {
  const plain = ([key, value]: [string, unknown]) => {
    if (value instanceof Uint64Parameter) return [key, { uint64Param: String(value.value) }];
    if (typeof value === 'bigint') return [key, { int64Param: String(value) }];
    if (typeof value === 'boolean') return [key, { boolParam: value }];
    if (typeof value === 'number') return [key, { doubleParam: value }];
    return [key, value === undefined ? {} : { stringParam: value }];
  };
  return Object.fromEntries([...values].map(plain));
}

function plainRequest(bytes: Buffer): object {
  const message = readInferRequestMessage(bytes);
  return {
    modelName: message.modelName,
    modelVersion: message.modelVersion,
    id: message.id,
    parameters: plainParameters(message.parameters),
    inputs: message.inputs.map((input) => ({
      name: input.name,
      datatype: input.datatypeText ?? input.datatype,
      shape: input.shape.map(String),
      parameters: plainParameters(input.parameters),
      contents: input.contents?.length ?? 'none',
    })),
    outputs: message.outputs.map((output) => ({
      name: output.name,
      parameters: plainParameters(output.parameters),
    })),
    rawInputContents: message.rawInputContents.map((raw) => raw.toString('base64')),
  };
}

/** protobufjs's reading of the message in the same form. */
function expectedRequest(bytes: Buffer): unknown {
  const object = RequestType.toObject(RequestType.decode(bytes), PLAIN);
  const contentsType = root.lookupType('inference.InferTensorContents');
  for (const input of object['inputs']) {
    input.contents = input.contents
      ? contentsType.encode(contentsType.fromObject(input.contents)).finish().length
      : 'none';
  }
  return object;
}

describe('inference messages', () => {
  it('read like protobufjs reads them, however they are spelled', () => {
    for (let seed = 1; seed <= ROUNDS; seed += 1) {
      const source = randomSource(seed);
      const bytes = spell(source, requestObject(source));
      assert.deepEqual(plainRequest(bytes), expectedRequest(bytes), `seed ${seed}`);
    }
  });

  it('take the last occurrence of a single field and of a map key', () => {
    const first = { modelName: 'a', parameters: { k: { stringParam: 'x' } } };
    const second = { modelName: 'b', parameters: { k: { boolParam: true } } };
    const bytes = Buffer.concat(
      [first, second].map((each) => RequestType.encode(RequestType.fromObject(each)).finish()),
    );
    const message = readInferRequestMessage(bytes);
    assert.equal(message.modelName, 'b');
    assert.deepEqual([...message.parameters], [['k', true]]);
  });

  it('fail as unparsable, and in no other way, when damaged', () => {
    let refused = 0;
    for (let seed = 1; seed <= ROUNDS; seed += 1) {
      const source = randomSource(seed);
      const bytes = spell(source, requestObject(source));
      if (bytes.length === 0) continue;
      bytes[source.below(bytes.length)] = source.below(256);
      try {
        readInferRequestMessage(bytes.subarray(0, source.below(bytes.length + 1)));
      } catch (error) {
        assert.ok(isInferError(error), `seed ${seed}: ${error}`);
        refused += 1;
      }
    }
    assert.ok(refused > ROUNDS / 10, `only ${refused} damaged messages were refused`);
  });

  it('are unparsable with invalid UTF-8, a runaway varint or nested groups without end', () => {
    const broken = [
      Buffer.from([0x0a, 1, 0xff]),
      Buffer.from([0x08, ...new Array(11).fill(0xff)]),
      Buffer.from([0x0a, 5, 0x61]),
      Buffer.from([0x00, 0x01]),
      Buffer.from([0x0c]),
      Buffer.alloc(300, 0x0b),
    ];
    for (const bytes of broken) {
      assert.throws(
        () => readInferRequestMessage(bytes),
        { code: 'INTERNAL', message: 'Unable to parse request' },
        bytes.toString('hex'),
      );
    }
  });
});

function responseObject(source: Source): InferenceResponse {
  const { pick, list } = source;
  const values: readonly ParameterValue[] = [true, false, 0n, -1n, 2n ** 62n, 'ü', '', 0, 1.5];
  return {
    modelName: pick(TEXTS),
    modelVersion: pick([1, 7, 1000]),
    id: pick(TEXTS),
    parameters: new Map(list(4, () => [pick(TEXTS), pick(values)])),
    outputs: list(4, () => ({
      name: pick(TEXTS),
      datatype: pick(DATA_TYPES),
      shape: list(5, () => pick([0, 1, 127, 128, 2 ** 21, 2 ** 40])),
      data: data(source),
    })),
    final: true,
  };
}

function plainResponse(response: InferenceResponse): object {
  return {
    modelName: response.modelName,
    modelVersion: String(response.modelVersion),
    id: response.id,
    parameters: plainParameters(response.parameters),
    outputs: response.outputs.map((output) => ({
      name: output.name,
      datatype: output.datatype,
      shape: output.shape.map(String),
      parameters: {},
      contents: null,
    })),
    rawOutputContents: response.outputs.map((output) =>
      Buffer.from(output.data).toString('base64'),
    ),
  };
}

describe('inference responses', () => {
  it('are what protobufjs reads', () => {
    for (let seed = 1; seed <= ROUNDS; seed += 1) {
      const response = responseObject(randomSource(seed));
      const decoded = ResponseType.decode(Buffer.concat(encodeGrpcInferResponse(response)));
      assert.deepEqual(
        ResponseType.toObject(decoded, PLAIN),
        plainResponse(response),
        `seed ${seed}`,
      );
    }
  });

  it('leave large tensors where they are', () => {
    const sizes = [10, 70_000, 0, 65_536, 20, 65_535, 200_000];
    const outputs = sizes.map((size, index) => ({
      name: `OUTPUT${index}`,
      datatype: 'UINT8' as const,
      shape: [size],
      data: Buffer.alloc(size, index + 1),
    }));
    const response = { ...responseObject(randomSource(3)), outputs };
    const pieces = encodeGrpcInferResponse(response);
    const viewed = outputs.filter(({ data }) => data.length >= 65_536);
    for (const { data } of viewed) {
      assert.ok(
        pieces.some((piece) => piece.buffer === data.buffer && piece.length === data.length),
      );
    }
    assert.equal(pieces.length, 2 * viewed.length);
    const decoded = ResponseType.decode(Buffer.concat(pieces));
    assert.deepEqual(ResponseType.toObject(decoded, PLAIN), plainResponse(response));
  });

  it('tell on a stream whether they are the last', () => {
    for (const final of [true, false]) {
      const response = responseObject(randomSource(7));
      const decoded = StreamResponseType.toObject(
        StreamResponseType.decode(encodeStreamInferResponse(response, final)),
        PLAIN,
      );
      const parameters = new Map([...response.parameters, ['triton_final_response', final]]);
      assert.deepEqual(decoded, {
        errorMessage: '',
        inferResponse: plainResponse({ ...response, parameters } as InferenceResponse),
      });
    }
  });

  it('carry an error with the id of its request', () => {
    const notice = encodeStreamNotice({ errorMessage: 'nö', id: '9' });
    assert.deepEqual(StreamResponseType.decode(notice).toJSON(), {
      errorMessage: 'nö',
      inferResponse: { id: '9' },
    });
  });

  it('tell of an empty last response, with the version that the request named', () => {
    const notice = encodeStreamNotice({
      errorMessage: '',
      id: '',
      modelName: 'decoupled',
      modelVersion: '',
      final: true,
    });
    assert.deepEqual(StreamResponseType.decode(notice).toJSON(), {
      inferResponse: {
        modelName: 'decoupled',
        parameters: { triton_final_response: { boolParam: true } },
      },
    });
  });
});
