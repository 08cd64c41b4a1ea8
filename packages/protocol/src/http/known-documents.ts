import type { Tensor } from '@nereid/core';
import type { InferDocument } from './infer-document.js';

/**
 * JSON texts of requests whose data lies behind them, and what they say. A client sends the same
 * text with each of its requests, and comparing it costs a tenth of reading it.
 */
export interface KnownDocument extends Omit<InferDocument, 'inputs'> {
  readonly bytes: Buffer;
  readonly inputs: readonly TailInput[];
}

/** An input without its data. */
interface TailInput extends Omit<Tensor, 'data'> {
  readonly sizeBytes: number;
}

/** Longer texts are rare, and not worth their memory. */
const MAX_JSON_BYTES = 2_048;
const SLOTS = 64;
/** One of so many takes the place of another: of texts that never come again, few are kept. */
const REPLACED_ONCE_IN = 16;

const slots: (KnownDocument | undefined)[] = new Array(SLOTS).fill(undefined);
let refusedCount = 0;

/** What the first `jsonLength` bytes of a body say, if they came before. */
export function findDocument(body: Uint8Array, jsonLength: number): KnownDocument | undefined {
  const known = slots[slotOf(body, jsonLength)];
  if (known?.bytes.length !== jsonLength) return undefined;
  return known.bytes.compare(body, 0, jsonLength) === 0 ? known : undefined;
}

/** Keeps what a text says, if it may well come again. The data of all `inputs` followed it. */
export function keepDocument(
  json: Uint8Array,
  document: InferDocument,
  inputs: readonly Tensor[],
): void {
  const { id, outputs, parameters } = document;
  if (json.length > MAX_JSON_BYTES || id !== undefined) return;
  if (parameters && (parameters.sequence || parameters.custom.size > 0)) return;
  const slot = slotOf(json, json.length);
  if (slots[slot] !== undefined) {
    refusedCount += 1;
    if (refusedCount % REPLACED_ONCE_IN > 0) return;
  }
  // Memory of its own: a piece of Node's pool would keep all of that.
  const bytes = Buffer.allocUnsafeSlow(json.length);
  bytes.set(json);
  const tailInputs = inputs.map(({ name, datatype, shape, data }) => {
    return { name, datatype, shape: shape.slice(), sizeBytes: data.length };
  });
  slots[slot] = { bytes, id, inputs: tailInputs, outputs, parameters };
}

/** By the length and a few bytes: whether the texts are equal is looked at afterwards. */
function slotOf(bytes: Uint8Array, length: number): number {
  const quarter = length >> 2;
  const middle = (bytes[2 * quarter] ?? 0) + 3 * (bytes[quarter] ?? 0);
  return (length + middle + 5 * (bytes[3 * quarter] ?? 0)) & (SLOTS - 1);
}
