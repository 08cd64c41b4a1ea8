// Renders the .proto files as serialized FileDescriptorProtos for server reflection.
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';

const LINE_LENGTH = 96;

/** All names that a file declares, in full: services and their methods, messages and enums. */
function symbolsOf(objects) {
  return objects.flatMap((object) => [
    object.fullName.slice(1),
    ...(object.methodsArray ?? []).map((method) => method.fullName.slice(1)),
    ...symbolsOf(
      (object.nestedArray ?? []).filter((nested) => !(nested instanceof protobuf.Field)),
    ),
  ]);
}

function declaredIn(root, file) {
  const { package: name } = protobuf.parse(file.text, new protobuf.Root());
  return {
    package: name,
    objects: root.lookup(name).nestedArray.filter((nested) => nested.filename === file.path),
  };
}

const LABEL = { optional: 1, repeated: 3 };
const TYPE = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  bool: 8,
  string: 9,
  message: 11,
  bytes: 12,
  uint32: 13,
  enum: 14,
};

function typeFacts(field) {
  const { resolvedType } = field;
  if (!resolvedType) return { type: TYPE[field.type] };
  const type = resolvedType instanceof protobuf.Enum ? TYPE.enum : TYPE.message;
  return { type, typeName: resolvedType.fullName };
}

/** `response_stats` as `ResponseStatsEntry`, the name that a map's entries have. */
function entryName(field) {
  const words = field.name.split('_').map((word) => word[0].toUpperCase() + word.slice(1));
  return `${words.join('')}Entry`;
}

/** A map is a repeated message on the wire, and so in descriptors. */
function entryType(field) {
  return {
    name: entryName(field),
    field: [
      { name: 'key', number: 1, label: LABEL.optional, type: TYPE[field.keyType] },
      { name: 'value', number: 2, label: LABEL.optional, ...typeFacts(field) },
    ],
    options: { mapEntry: true },
  };
}

function describeField(field, oneofs) {
  const facts = field.map
    ? { type: TYPE.message, typeName: `${field.parent.fullName}.${entryName(field)}` }
    : typeFacts(field);
  const label = field.map || field.repeated ? LABEL.repeated : LABEL.optional;
  const oneof = field.partOf ? { oneofIndex: oneofs.indexOf(field.partOf.name) } : {};
  return { name: field.name, number: field.id, label, ...facts, ...oneof };
}

function describeEnum(type) {
  const value = Object.entries(type.values).map(([name, number]) => ({ name, number }));
  return { name: type.name, value };
}

function describeMessage(type) {
  const oneofs = type.oneofsArray.map((oneof) => oneof.name);
  const nested = type.nestedArray.filter((each) => each instanceof protobuf.Type);
  const maps = type.fieldsArray.filter((field) => field.map);
  return {
    name: type.name,
    field: type.fieldsArray.map((field) => describeField(field, oneofs)),
    nestedType: [...nested.map(describeMessage), ...maps.map(entryType)],
    enumType: type.nestedArray.filter((each) => each instanceof protobuf.Enum).map(describeEnum),
    oneofDecl: oneofs.map((name) => ({ name })),
  };
}

function describeMethod(method) {
  return {
    name: method.name,
    inputType: method.resolvedRequestType.fullName,
    outputType: method.resolvedResponseType.fullName,
    clientStreaming: Boolean(method.requestStream),
    serverStreaming: Boolean(method.responseStream),
  };
}

function describeService(service) {
  return { name: service.name, method: service.methodsArray.map(describeMethod) };
}

function describeFile({ name, declared, dependency }) {
  const all = (kind) => declared.objects.filter((each) => each instanceof kind);
  return descriptor.FileDescriptorProto.fromObject({
    name,
    package: declared.package,
    dependency,
    messageType: all(protobuf.Type).map(describeMessage),
    enumType: all(protobuf.Enum).map(describeEnum),
    service: all(protobuf.Service).map(describeService),
    syntax: 'proto3',
  });
}

function renderFile(root, { folder, name }) {
  const text = readFileSync(folder + name, 'utf8');
  const declared = declaredIn(root, { text, path: folder + name });
  const dependency = [...text.matchAll(/^import "(.*)";/gm)].map((match) => match[1]);
  const file = describeFile({ name, declared, dependency });
  const bytes = descriptor.FileDescriptorProto.encode(file).finish();
  const base64 = Buffer.from(bytes).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${LINE_LENGTH - 8}}`, 'g')) ?? [];
  return [
    '  {',
    `    name: '${name}',`,
    `    dependencies: [${dependency.map((each) => `'${each}'`).join(', ')}],`,
    '    symbols: [',
    ...symbolsOf(declared.objects).map((symbol) => `      '${symbol}',`),
    '    ],',
    '    base64:',
    `${lines.map((line) => `      '${line}'`).join(' +\n')},`,
    '  },',
  ].join('\n');
}

export function serializedFiles(root, { folder, files }) {
  return `// Generated from protos/ by scripts/generate.mjs: change those, not this.

import type { SerializedFile } from '../grpc/file-descriptors.js';

export const SERIALIZED_FILES: readonly SerializedFile[] = [
${files.map((name) => renderFile(root, { folder, name })).join('\n')}
];
`;
}
