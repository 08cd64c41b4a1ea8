import { emptyMessage } from './empty-message.js';
import type { FieldSchema, MessageSchema, MessageSchemaOf } from './message-schema.js';

/** Collects the fields of one message while it is read. */
export class MessageBuilder<T = unknown> {
  readonly schema: MessageSchema;
  readonly #values: Record<string, unknown>;
  /** Singular fields that were written, by property and, for members of a oneof, by its name. */
  readonly #written = new Map<string, FieldSchema>();
  readonly #lists = new Map<string, unknown[]>();
  /** Maps, not objects: a key like `__proto__` is only a key. */
  readonly #maps = new Map<string, Map<string, unknown>>();

  constructor(schema: MessageSchemaOf<T>) {
    this.schema = schema;
    this.#values = emptyMessage(schema);
  }

  /** Why a singular `field` may not be written now, in protobuf's words; undefined when it may. */
  conflict(field: FieldSchema): string | undefined {
    if (field.cardinality !== 'singular') return undefined;
    if (this.#written.has(field.property)) {
      return `Non-repeated field "${field.protoName}" is specified multiple times.`;
    }
    const other = field.oneof === undefined ? undefined : this.#written.get(oneofKey(field.oneof));
    if (other === undefined) return undefined;
    return (
      `Field "${field.protoName}" is specified along with field "${other.protoName}", ` +
      `another member of oneof "${field.oneof}".`
    );
  }

  set(field: FieldSchema, value: unknown): void {
    this.#values[field.property] = value;
    this.#written.set(field.property, field);
    if (field.oneof !== undefined) this.#written.set(oneofKey(field.oneof), field);
  }

  append(field: FieldSchema, value: unknown): void {
    const list = this.#lists.get(field.property);
    if (list) list.push(value);
    else this.#lists.set(field.property, [value]);
  }

  /** A key that is already there is replaced, as protobuf does. */
  put(field: FieldSchema, key: string, value: unknown): void {
    const entries = this.#maps.get(field.property);
    if (entries) entries.set(key, value);
    else this.#maps.set(field.property, new Map([[key, value]]));
  }

  /** Called once, last. */
  finish(): T {
    for (const [property, list] of this.#lists) this.#values[property] = list;
    for (const [property, entries] of this.#maps) {
      this.#values[property] = Object.fromEntries(entries);
    }
    // The schema's table was checked against T, and the readers only put values of the field's
    // type.
    return this.#values as T;
  }
}

/** No property's name has a space, so that the two kinds of key cannot meet. */
function oneofKey(oneof: string): string {
  return `oneof ${oneof}`;
}
