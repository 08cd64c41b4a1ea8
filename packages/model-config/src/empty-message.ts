import type { FieldSchema, MessageSchema } from './message-schema.js';

/** A message in which nothing is written: proto defaults, empty lists and maps, unset messages. */
export function emptyMessage(schema: MessageSchema): Record<string, unknown> {
  return Object.fromEntries(schema.fields.map((field) => [field.property, emptyValue(field)]));
}

function emptyValue(field: FieldSchema): unknown {
  if (field.cardinality === 'repeated') return [];
  if (field.cardinality === 'map') return {};
  if (field.oneof !== undefined || field.type.kind === 'message') return undefined;
  if (field.type.kind === 'enum') return field.type.values[0];
  if (field.type.scalar === 'string') return '';
  return field.type.scalar === 'bool' ? false : 0;
}
