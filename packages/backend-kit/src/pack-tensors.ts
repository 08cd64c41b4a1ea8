import { elementCount, InferError, type PendingRequest, type Tensor } from '@nereid/core';

/** Where one tensor lies in the buffer of a PackedTensors. */
export interface TensorSlot {
  readonly name: string;
  readonly datatype: Tensor['datatype'];
  readonly shape: readonly number[];
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Tensors in one buffer of their own, ready to be transferred to another thread. */
export interface PackedTensors {
  readonly buffer: ArrayBuffer;
  readonly slots: readonly TensorSlot[];
}

/**
 * The widest element has 8 bytes; a slot that starts at a multiple can be seen as any typed array.
 */
const ALIGNMENT_BYTES = 8;

/**
 * Copies tensors into one new buffer, or into `spare`, as packBatch does. The copy is needed to
 * cross a thread boundary: request tensors are views into a body that others hold, which can
 * neither be transferred (its owner would lose it) nor cloned (the structured clone of a view
 * copies the whole buffer behind it).
 */
export function packTensors(tensors: readonly Tensor[], spare?: ArrayBuffer): PackedTensors {
  const slots: TensorSlot[] = [];
  let end = 0;
  for (const { name, datatype, shape, data } of tensors) {
    slots.push({ name, datatype, shape, offset: end, sizeBytes: data.byteLength });
    end = aligned(end + data.byteLength);
  }
  const target = allocate(end, spare);
  for (const [index, slot] of slots.entries()) {
    const tensor = tensors[index];
    if (tensor) target.set(tensor.data, slot.offset);
  }
  return { buffer: target.buffer, slots };
}

/** The tensors of a packed buffer, as views. */
export function unpackTensors({ buffer, slots }: PackedTensors): readonly Tensor[] {
  return slots.map(({ name, datatype, shape, offset, sizeBytes }) => ({
    name,
    datatype,
    shape,
    data: new Uint8Array(buffer, offset, sizeBytes),
  }));
}

/**
 * Joins the inputs of a batch along the batch dimension, with a single copy into a new buffer, or
 * into `spare`, which nobody else may use any more, if it is of about that size. The batch is not
 * empty, and its requests have the same inputs, with the same shapes but for the first dimension;
 * schedulers see to that. Throws an INTERNAL InferError when they have not.
 */
export function packBatch(batch: readonly PendingRequest[], spare?: ArrayBuffer): PackedTensors {
  const first = batch[0]?.request.inputs ?? [];
  if (batch.length === 1) return packTensors(first, spare);
  return packParts(
    first.map((input) => joinedInput(batch, input)),
    spare,
  );
}

/** One tensor of a batch, in the pieces in which it comes. */
export interface PackParts extends Omit<TensorSlot, 'offset'> {
  readonly parts: readonly Pick<Tensor, 'data'>[];
}

/** Copies the parts of each tensor, one after the other, into one buffer, as packBatch does. */
export function packParts(inputs: readonly PackParts[], spare?: ArrayBuffer): PackedTensors {
  let end = 0;
  const slots = inputs.map(({ name, datatype, shape, sizeBytes }) => {
    const offset = end;
    end = aligned(end + sizeBytes);
    return { name, datatype, shape, offset, sizeBytes };
  });
  const target = allocate(end, spare);
  for (const [index, slot] of slots.entries()) {
    let offset = slot.offset;
    for (const part of inputs[index]?.parts ?? []) {
      target.set(part.data, offset);
      offset += part.data.byteLength;
    }
  }
  return { buffer: target.buffer, slots };
}

/**
 * The inputs of a batch as one, for a model that runs on the calling thread: the request's own
 * views when there is but one request, otherwise views into one joined copy. See packBatch.
 */
export function gatherBatch(batch: readonly PendingRequest[]): readonly Tensor[] {
  const only = batch.length === 1 ? batch[0] : undefined;
  return only ? only.request.inputs : unpackTensors(packBatch(batch));
}

/** An input of a batch, joined along the batch dimension. */
export function joinedInput(batch: readonly PendingRequest[], first: Tensor): PackParts {
  const { name, datatype, shape } = first;
  const parts = batch.map(({ request }) => matchingInput(request.inputs, first));
  const rows = parts.reduce((sum, part) => sum + (part.shape[0] ?? 1), 0);
  const sizeBytes = parts.reduce((sum, part) => sum + part.data.byteLength, 0);
  return { name, datatype, shape: [rows, ...shape.slice(1)], sizeBytes, parts };
}

function matchingInput(inputs: readonly Tensor[], first: Tensor): Tensor {
  const input = inputs.find(({ name }) => name === first.name);
  const rowSize = elementCount(first.shape.slice(1));
  if (input && elementCount(input.shape.slice(1)) === rowSize) return input;
  throw new InferError(
    'INTERNAL',
    `the requests of a batch differ in the presence or shape of input '${first.name}'`,
  );
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

/** A spare buffer may be so many times as large as what it is used for. */
const MAX_SPARE_FACTOR = 4;

/**
 * Not from Buffer's pool, which cannot be transferred, and not filled with zeros, as all is
 * overwritten.
 */
function allocate(sizeBytes: number, spare: ArrayBuffer | undefined): Uint8Array<ArrayBuffer> {
  const spareBytes = spare?.byteLength ?? 0;
  const fits = spareBytes >= sizeBytes && spareBytes <= MAX_SPARE_FACTOR * sizeBytes;
  return spare && fits ? new Uint8Array(spare) : Buffer.allocUnsafeSlow(sizeBytes);
}
