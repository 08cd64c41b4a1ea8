// Renders messages as TypeScript: one interface and one codec each.
import protobuf from 'protobufjs';

/** Inference messages are read and written by hand; reflection v1alpha is v1 under another name. */
const SKIPPED = /^\.inference\.(ModelInfer|ModelStreamInfer)|^\.grpc\.reflection\.v1alpha\./;
const NUMERIC = { int32: 'number', uint32: 'number', float: 'number', double: 'number' };
const PLAIN = { ...NUMERIC, bool: 'boolean', string: 'string', bytes: 'Uint8Array' };
const INDENT = '  ';

/**
 * `.inference.ModelStatistics` as `ModelStatistics`, `…ModelWarmup.Input` as `ModelWarmupInput`.
 */
function identifier(type) {
  const packages = /^\.(inference|grpc\.health\.v1|grpc\.reflection\.v1)\./;
  const name = type.fullName.replace(packages, '').replaceAll('.', '');
  return type instanceof protobuf.Enum ? `${name}Name` : name;
}

/** The types that the services' methods take and give, and all within them, leaves first. */
function reachableTypes(root) {
  const types = new Map();
  const visit = (type, decoded) => {
    if (SKIPPED.test(type.fullName)) return;
    // A type met on the way from a request keeps the stricter form of decoded objects.
    const known = types.get(type);
    for (const field of type.fieldsArray ?? []) {
      field.resolve();
      if (field.resolvedType) visit(field.resolvedType, decoded);
    }
    types.set(type, known || decoded);
  };
  for (const service of services(root)) {
    for (const method of service.methodsArray) {
      method.resolve();
      visit(method.resolvedRequestType, true);
      visit(method.resolvedResponseType, false);
    }
  }
  return types;
}

export function services(namespace) {
  if (namespace instanceof protobuf.Service) return [namespace];
  return (namespace.nestedArray ?? []).flatMap(services);
}

function valueType(field, decoded) {
  if (field.resolvedType) return identifier(field.resolvedType);
  return PLAIN[field.type] ?? (decoded ? 'bigint' : 'number | bigint');
}

function memberType(field, decoded) {
  const value = valueType(field, decoded);
  if (field.map) return `Readonly<Record<string, ${value}>>`;
  if (field.repeated) return value.includes('|') ? `readonly (${value})[]` : `readonly ${value}[]`;
  const optional = field.partOf || field.resolvedType instanceof protobuf.Type;
  return optional ? `${value} | undefined` : value;
}

function renderEnum(type) {
  const names = Object.keys(type.values);
  names.forEach((name, index) => {
    if (type.values[name] !== index) throw new Error(`${type.fullName} does not count up from 0`);
  });
  return [
    `const ${identifier(type)} = enumeration([`,
    ...names.map((name) => `${INDENT}'${name}',`),
    ']);',
    `type ${identifier(type)} = typeof ${identifier(type)}.initial;`,
  ].join('\n');
}

function renderField(field) {
  const codec = field.resolvedType ? identifier(field.resolvedType) : field.type;
  const kind = field.map ? 'map' : field.repeated ? 'repeated' : field.partOf ? 'choice' : 'single';
  const extra = field.map
    ? `, keyCodec: ${field.keyType}`
    : field.partOf
      ? `, oneof: '${field.partOf.name}'`
      : '';
  const facts = `number: ${field.id}, name: '${field.name}', kind: '${kind}', codec: ${codec}`;
  return `${INDENT}{ ${facts}${extra} },`;
}

function renderMessage(type, decoded) {
  const name = identifier(type);
  const fields = type.fieldsArray.toSorted((a, b) => a.id - b.id);
  // What is only encoded may leave members out; what is decoded has them all.
  const mark = decoded ? '' : '?';
  const members = fields.map((field) => {
    const member = memberType(field, decoded);
    const open = decoded || member.endsWith('| undefined') ? '' : ' | undefined';
    return `${INDENT}readonly ${field.name}${mark}: ${member}${open};`;
  });
  return [
    `/** The message \`${type.fullName.slice(1)}\`. */`,
    `export interface ${name} {`,
    ...members,
    '}',
    `export const ${name} = new MessageCodec<${name}>([`,
    ...fields.map(renderField),
    ']);',
  ].join('\n');
}

export function messageModule(root) {
  const types = reachableTypes(root);
  const bodies = [...types].map(([type, decoded]) =>
    type instanceof protobuf.Enum ? renderEnum(type) : renderMessage(type, decoded),
  );
  const text = bodies.join('\n\n');
  const codecs = [
    'bool',
    'bytes',
    'double',
    'enumeration',
    'float',
    'int32',
    'int64',
    'string',
    'uint32',
    'uint64',
  ];
  const used = codecs.filter((codec) => new RegExp(`(odec: |= )${codec}\\b`).test(text));
  return `// Generated from protos/ by scripts/generate.mjs: change those, not this.

import { MessageCodec } from '../grpc/message-codec.js';
import { ${used.join(', ')} } from '../grpc/value-codec.js';

${text}
`;
}
