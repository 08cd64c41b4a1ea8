import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import * as messages from '../generated/messages.js';
import { MessageCodec } from './message-codec.js';

const PROTOS = fileURLToPath(new URL('../../../../protos/', import.meta.url));
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith(PROTOS) ? target : PROTOS + target);
root.loadSync([
  'grpc_service.proto',
  'grpc/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto',
]);
root.resolveAll();
const PLAIN = { longs: BigInt, enums: String, defaults: true, arrays: true, objects: true };

/** A value for every field, the deepest ones included, so that each table entry is exercised. */
function filled(type: protobuf.Type): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    // Of a oneof only the first member is set: protobufjs keeps one, too.
    if (field.partOf && field.partOf.fieldsArray[0] !== field) continue;
    const value = filledValue(field);
    if (field.map) message[field.name] = { 7: value, 9: value };
    else message[field.name] = field.repeated ? [value, value] : value;
  }
  return message;
}

/** The message or enum that a field holds; undefined for a scalar. */
function composite(field: protobuf.Field): protobuf.Type | protobuf.Enum | undefined {
  if (field.type in protobuf.types.basic) return undefined;
  return field.parent?.lookupTypeOrEnum(field.type) as protobuf.Type | protobuf.Enum;
}

function filledValue(field: protobuf.Field): unknown {
  const type = composite(field);
  if (type instanceof protobuf.Type) return filled(type);
  if (type) return Object.keys(type.values).at(-1);
  if (field.type === 'string') return 'größe';
  if (field.type === 'bytes') return Buffer.from([1, 2, 3]);
  if (field.type === 'bool') return true;
  if (field.type === 'float' || field.type === 'double') return 0.5;
  if (field.type === 'int64') return '-9007199254740993';
  if (field.type === 'uint64') return '18446744073709551615';
  return field.type === 'int32' ? -3 : 4294967295;
}

/** Decoded by protobufjs, 64-bit numbers as bigints and unset members as undefined, as here. */
function oracle(type: protobuf.Type, bytes: Uint8Array): unknown {
  return normalize(type.toObject(type.decode(bytes), { ...PLAIN, longs: String }), type);
}

function normalize(object: Record<string, unknown>, type: protobuf.Type): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value = object[field.name] ?? undefined;
    const each = (item: unknown): unknown => {
      if (item === undefined) return undefined;
      const inner = composite(field);
      if (inner instanceof protobuf.Type) {
        return normalize(item as Record<string, unknown>, inner);
      }
      if (field.type === 'int64' || field.type === 'uint64') return BigInt(item as string);
      return field.type === 'bytes' ? Buffer.from(item as Uint8Array) : item;
    };
    if (field.map) {
      const entries = Object.entries(value as object).map(([key, item]) => [key, each(item)]);
      message[field.name] = Object.assign(Object.create(null), Object.fromEntries(entries));
    } else message[field.name] = field.repeated ? (value as unknown[]).map(each) : each(value);
  }
  return message;
}

const codecs = Object.entries(messages).filter(
  (entry): entry is [string, MessageCodec<Record<string, unknown>>] =>
    entry[1] instanceof MessageCodec,
);

/** `ModelWarmupInput` is `inference.ModelWarmup.Input`: found by its name without the dots. */
function typeOf(name: string): protobuf.Type {
  const found: protobuf.Type[] = [];
  const visit = (namespace: protobuf.NamespaceBase) => {
    for (const nested of namespace.nestedArray) {
      if (nested instanceof protobuf.Type) {
        const path = nested.fullName.replace(/^\.(inference|grpc\.(health|reflection)\.v1)\./, '');
        if (path.replaceAll('.', '') === name) found.push(nested);
      }
      if (nested instanceof protobuf.Namespace) visit(nested);
    }
  };
  visit(root);
  const [type] = found;
  assert.ok(type, name);
  return type;
}

describe('generated messages', () => {
  assert.ok(codecs.length > 80, `only ${codecs.length} messages`);
  for (const [name, codec] of codecs) {
    it(`${name} reads and writes like protobufjs`, () => {
      const type = typeOf(name);
      for (const object of [filled(type), {}]) {
        const bytes = Buffer.from(type.encode(type.fromObject(object)).finish());
        const decoded = codec.decode(bytes);
        assert.deepEqual(decoded, oracle(type, bytes));
        assert.deepEqual(oracle(type, codec.encode(decoded)), oracle(type, bytes));
        assert.equal(codec.encode(decoded).length, bytes.length);
      }
    });
  }

  it('leave out what a partly filled object does not mention', () => {
    assert.equal(messages.ModelConfigResponse.encode({}).length, 0);
    const response = messages.ModelReadyResponse.encode({ ready: true });
    assert.deepEqual([...response], [8, 1]);
  });

  it('write numbers and bigints alike', () => {
    const asNumber = messages.StatisticDuration.encode({ count: 3, ns: 2 ** 40 });
    assert.deepEqual(asNumber, messages.StatisticDuration.encode({ count: 3n, ns: 2n ** 40n }));
  });

  it('keep a map entry whose key is the name of a prototype', () => {
    const bytes = Buffer.from([0x0a, 11, 0x0a, 9, ...Buffer.from('__proto__')]);
    const { settings } = messages.LogSettingsRequest.decode(bytes);
    assert.deepEqual(Object.keys(settings), ['__proto__']);
    const [setting] = Object.values(settings);
    assert.deepEqual(setting, {
      boolParam: undefined,
      uint32Param: undefined,
      stringParam: undefined,
    });
  });

  it('keep only the last member of a oneof', () => {
    const value = Buffer.from([0x08, 1, 0x1a, 1, 0x78]);
    const decoded = messages.LogSettingsRequestSettingValue.decode(value);
    assert.deepEqual(decoded, { boolParam: undefined, uint32Param: undefined, stringParam: 'x' });
  });

  it('are refused when cut short', () => {
    assert.throws(() => messages.ModelReadyRequest.decode(Buffer.from([0x0a, 9, 0x61])), {
      code: 'INTERNAL',
      message: 'Unable to parse request',
    });
  });
});
