/**
 * How a message of `model_config.proto` is described, so that readers and writers need no code per
 * field.
 */

export type ScalarType =
  | 'string'
  | 'bool'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float'
  | 'double';

interface EnumType {
  readonly kind: 'enum';
  /** By number: the proto's enums count from 0 without gaps. */
  readonly values: readonly string[];
}

interface MessageType {
  readonly kind: 'message';
  readonly schema: MessageSchema;
}

export type ValueType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | EnumType
  | MessageType;

interface FieldShape {
  readonly type: ValueType;
  readonly cardinality: 'singular' | 'repeated' | 'map';
  /** The key's type of a map. */
  readonly keyType?: 'string' | 'uint64';
  /** The oneof's name. Of its members at most one is set; an unset scalar member is undefined. */
  readonly oneof?: string;
  readonly json?: JsonForm;
}

interface JsonForm {
  /** A 64-bit integer that Triton prints as protobuf does, in quotes. */
  readonly quoted?: boolean;
  /** Not printed while it is 0: Triton 2.51, whose bodies we match, does not know the field. */
  readonly omitZero?: boolean;
}

/** `V` is the type of the decoded property; it ties each table to the contract's interface. */
interface FieldDescription<V> extends FieldShape {
  /** Never set: it only carries `V`. */
  readonly decoded?: V;
}

export interface FieldSchema extends FieldShape {
  /** The property's name, which is also the field's protobuf JSON name. */
  readonly property: string;
  /** The field's name in the proto. */
  readonly protoName: string;
  /**
   * The message `{ key, value }` in which a map's entries are written; undefined for other fields.
   */
  readonly entry: MessageSchema | undefined;
}

export interface MessageSchema {
  readonly typeName: string;
  /** In the order of declaration, which is the order of printing. */
  readonly fields: readonly FieldSchema[];
  readonly byProtoName: ReadonlyMap<string, FieldSchema>;
  /** By both names, as protobuf's JSON form accepts both. */
  readonly byJsonName: ReadonlyMap<string, FieldSchema>;
}

/** A schema whose table was checked against the interface `T`. */
export interface MessageSchemaOf<T> extends MessageSchema {
  readonly decoded?: T;
}

type FieldTable<T> = { readonly [K in keyof T]-?: FieldDescription<T[K]> };

/** Describes message `typeName`; `table` lists its properties in the order of declaration. */
export function messageSchema<T>(typeName: string, table: FieldTable<T>): MessageSchemaOf<T> {
  const fields = Object.entries<FieldShape>(table).map(([property, shape]) => ({
    ...shape,
    property,
    protoName: protoName(property),
    entry: entrySchema(`${typeName}.${entryName(property)}`, shape),
  }));
  const byProtoName = new Map(fields.map((field) => [field.protoName, field]));
  const byProperty = fields.map((field) => [field.property, field] as const);
  return {
    typeName,
    fields,
    byProtoName,
    byJsonName: new Map([...byProperty, ...byProtoName]),
  };
}

/** `int32FalseTrue` → `int32_false_true`. */
function protoName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `metricTags` → `MetricTagsEntry`. */
function entryName(property: string): string {
  return `${property.slice(0, 1).toUpperCase()}${property.slice(1)}Entry`;
}

function entrySchema(typeName: string, shape: FieldShape): MessageSchema | undefined {
  if (shape.cardinality !== 'map') return undefined;
  const key: FieldShape = {
    type: { kind: 'scalar', scalar: shape.keyType ?? 'string' },
    cardinality: 'singular',
  };
  return messageSchema<MapEntry>(typeName, {
    key,
    value: { type: shape.type, cardinality: 'singular' },
  });
}

/** The key as written: a string, or the number of a `uint64` key. */
export interface MapEntry {
  readonly key: unknown;
  readonly value: unknown;
}

type NumberScalar = Exclude<ScalarType, 'string' | 'bool'>;

/** A value type with the type of its decoded value. */
export interface TypeOf<V> {
  readonly type: ValueType;
  readonly decoded?: V;
}

export const STRING: TypeOf<string> = { type: { kind: 'scalar', scalar: 'string' } };
export const BOOL: TypeOf<boolean> = { type: { kind: 'scalar', scalar: 'bool' } };
export const INT32 = numberType('int32');
export const UINT32 = numberType('uint32');
export const INT64 = numberType('int64');
export const UINT64 = numberType('uint64');
export const FLOAT = numberType('float');
export const DOUBLE = numberType('double');

function numberType(scalar: NumberScalar): TypeOf<number> {
  return { type: { kind: 'scalar', scalar } };
}

export function enumOf<const Name extends string>(...values: readonly Name[]): TypeOf<Name> {
  return { type: { kind: 'enum', values } };
}

export function messageOf<T>(schema: MessageSchemaOf<T>): TypeOf<T> {
  return { type: { kind: 'message', schema } };
}

/** A scalar or enum that always has a value. */
export function scalar<V>(value: TypeOf<V>, json?: JsonForm): FieldDescription<V> {
  return { type: value.type, cardinality: 'singular', ...(json && { json }) };
}

/** A message that may be unset. */
export function message<T>(
  schema: MessageSchemaOf<T>,
  oneof?: string,
): FieldDescription<T | undefined> {
  const { type } = messageOf(schema);
  return { type, cardinality: 'singular', ...(oneof !== undefined && { oneof }) };
}

/** A scalar of a oneof: undefined unless written. */
export function choice<V>(value: TypeOf<V>, oneof: string): FieldDescription<V | undefined> {
  return { type: value.type, cardinality: 'singular', oneof };
}

export function repeated<V>(value: TypeOf<V>, json?: JsonForm): FieldDescription<readonly V[]> {
  return { type: value.type, cardinality: 'repeated', ...(json && { json }) };
}

export function map<V>(
  value: TypeOf<V>,
  keyType: 'string' | 'uint64' = 'string',
): FieldDescription<Readonly<Record<string, V>>> {
  return { type: value.type, cardinality: 'map', keyType };
}
