import { MessageBuilder } from './message-builder.js';
import type { FieldSchema, MapEntry, MessageSchema, ValueType } from './message-schema.js';
import { readEnum, readScalar, takeSymbol } from './text-scalar-reader.js';
import type { TextTokenizer } from './text-tokenizer.js';

/**
 * Reads fields up to the end of the text. The nesting of a message is bounded by the schema, which
 * has no recursive message and refuses every unknown field, so that the recursion needs no limit of
 * its own.
 */
export function readRootMessage<T>(tokens: TextTokenizer, builder: MessageBuilder<T>): T {
  while (tokens.current.kind !== 'end') readField(tokens, builder);
  return builder.finish();
}

function readField(tokens: TextTokenizer, builder: MessageBuilder): void {
  const field = readFieldName(tokens, builder.schema);
  const conflict = builder.conflict(field.schema);
  if (conflict !== undefined) throw tokens.source.errorAt(field.offset, conflict);
  readSeparator(tokens, field.schema.type, field.schema.cardinality === 'map');
  if (field.schema.cardinality === 'singular') {
    builder.set(field.schema, readValue(tokens, field.schema, field.schema.type));
  } else if (takeSymbol(tokens, '[')) {
    readList(tokens, builder, field.schema);
  } else {
    readElement(tokens, builder, field.schema);
  }
  if (!takeSymbol(tokens, ';')) takeSymbol(tokens, ',');
}

interface NamedField {
  readonly schema: FieldSchema;
  readonly offset: number;
}

function readFieldName(tokens: TextTokenizer, schema: MessageSchema): NamedField {
  const { kind, text, offset } = tokens.current;
  if (kind === 'symbol' && text === '[') throw extensionError(tokens, schema);
  const name = readIdentifier(tokens);
  const field = schema.byProtoName.get(name);
  if (field) return { schema: field, offset };
  throw unknownField(tokens, { typeName: schema.typeName, name, offset });
}

function readIdentifier(tokens: TextTokenizer): string {
  const { kind, text, offset } = tokens.current;
  if (kind !== 'identifier') {
    throw tokens.source.errorAt(offset, `Expected identifier, got: ${text}`);
  }
  return tokens.take().text;
}

interface UnknownField {
  readonly typeName: string;
  readonly name: string;
  readonly offset: number;
}

function unknownField(tokens: TextTokenizer, { typeName, name, offset }: UnknownField) {
  const message = `Message type "${typeName}" has no field named "${name}".`;
  return tokens.source.errorAt(offset, message);
}

function extensionError(tokens: TextTokenizer, schema: MessageSchema) {
  const start = tokens.take();
  let name = '';
  while (tokens.current.kind === 'identifier' || /^[./]$/.test(tokens.current.text)) {
    name += tokens.take().text;
  }
  const owner = `"${schema.typeName}"`;
  const message = `Extension "${name}" is not defined or is not an extension of ${owner}.`;
  return tokens.source.errorAt(start.offset, message);
}

/** The colon may be left out before a message, and a map's entries are messages. */
function readSeparator(tokens: TextTokenizer, type: ValueType, isMap: boolean): void {
  if (type.kind === 'message' || isMap) takeSymbol(tokens, ':');
  else consume(tokens, ':');
}

function consume(tokens: TextTokenizer, symbol: string): void {
  const { text, offset } = tokens.current;
  if (takeSymbol(tokens, symbol)) return;
  throw tokens.source.errorAt(offset, `Expected "${symbol}", found "${text}".`);
}

/** The rest of a list in brackets. No comma may follow its last element. */
function readList(tokens: TextTokenizer, builder: MessageBuilder, field: FieldSchema): void {
  if (takeSymbol(tokens, ']')) return;
  readElement(tokens, builder, field);
  while (!takeSymbol(tokens, ']')) {
    consume(tokens, ',');
    readElement(tokens, builder, field);
  }
}

function readElement(tokens: TextTokenizer, builder: MessageBuilder, field: FieldSchema): void {
  if (field.entry === undefined) {
    builder.append(field, readValue(tokens, field, field.type));
    return;
  }
  const entry = new MessageBuilder<MapEntry>(field.entry);
  readFields(tokens, entry);
  const { key, value } = entry.finish();
  builder.put(field, String(key), value ?? emptyMapValue(field.type));
}

/** An entry without a value has the default one; only a message's is not in the entry already. */
function emptyMapValue(type: ValueType): unknown {
  return type.kind === 'message' ? new MessageBuilder(type.schema).finish() : undefined;
}

function readValue(tokens: TextTokenizer, field: FieldSchema, type: ValueType): unknown {
  switch (type.kind) {
    case 'scalar':
      return readScalar(tokens, type.scalar, field);
    case 'enum':
      return readEnum(tokens, type.values, field);
    case 'message':
      return readMessage(tokens, type.schema);
  }
}

function readMessage(tokens: TextTokenizer, schema: MessageSchema): unknown {
  const builder = new MessageBuilder(schema);
  readFields(tokens, builder);
  return builder.finish();
}

/** Reads the fields between `{` and `}`, or `<` and `>`. */
function readFields(tokens: TextTokenizer, builder: MessageBuilder): void {
  const close = takeSymbol(tokens, '<') ? '>' : '}';
  if (close === '}') consume(tokens, '{');
  while (!takeSymbol(tokens, close)) {
    const { kind, text } = tokens.current;
    if (kind === 'symbol' && (text === '}' || text === '>')) consume(tokens, close);
    readField(tokens, builder);
  }
}
