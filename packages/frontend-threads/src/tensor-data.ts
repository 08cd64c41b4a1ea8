import type { DataType, Tensor } from '@nereid/core';
import { copyBytes, DataSlabs } from './copy-bytes.js';
import type { ThreadLink } from './thread-link.js';

/** A tensor without its data. */
export interface TensorForm {
  readonly name: string;
  readonly datatype: DataType;
  readonly shape: readonly number[];
}

export function tensorForm({ name, datatype, shape }: Tensor): TensorForm {
  return { name, datatype, shape };
}

export function fitsForms(tensors: readonly Tensor[], forms: readonly TensorForm[]): boolean {
  if (tensors.length !== forms.length) return false;
  for (let index = 0; index < tensors.length; index += 1) {
    const tensor = tensors[index];
    const form = forms[index];
    if (!tensor || !form || !fitsForm(tensor, form)) return false;
  }
  return true;
}

function fitsForm(tensor: Tensor, form: TensorForm): boolean {
  if (tensor.name !== form.name || tensor.datatype !== form.datatype) return false;
  const { shape } = tensor;
  if (shape === form.shape) return true;
  if (shape.length !== form.shape.length) return false;
  for (let index = 0; index < shape.length; index += 1) {
    if (shape[index] !== form.shape[index]) return false;
  }
  return true;
}

/** Data beyond this size travels as a buffer that changes hands, instead of through the ring. */
const MAX_RING_DATA_BYTES = 16 * 1024;

export function dataBytes(tensors: readonly Tensor[]): number {
  let sizeBytes = 0;
  for (const { data } of tensors) sizeBytes += data.length;
  return sizeBytes;
}

export function fitsRing(sizeBytes: number): boolean {
  return sizeBytes <= MAX_RING_DATA_BYTES;
}

/**
 * The data of all tensors in one buffer that can change hands. The copy is due because nobody knows
 * who else looks at the tensors' own memory.
 */
function joinedData(tensors: readonly Tensor[], sizeBytes: number): ArrayBuffer {
  const joined = Buffer.allocUnsafeSlow(sizeBytes);
  let at = 0;
  for (const { data } of tensors) {
    joined.set(data, at);
    at += data.length;
  }
  return joined.buffer as ArrayBuffer;
}

/** Bytes that a record needs for the sizes and, unless it is apart, the data of tensors. */
export function tensorsBytes(tensors: readonly Tensor[], sizeBytes: number): number {
  return tensors.length * 4 + (fitsRing(sizeBytes) ? sizeBytes : 0);
}

/** Writes them, and hands over the data if it is to go apart. */
export function writeTensors(
  link: ThreadLink,
  tensors: readonly Tensor[],
  { at, sizeBytes }: { readonly at: number; readonly sizeBytes: number },
): void {
  let position = at;
  for (const { data } of tensors) {
    link.outView.setUint32(position, data.length, true);
    position += 4;
  }
  if (!fitsRing(sizeBytes)) {
    const joined = joinedData(tensors, sizeBytes);
    link.attach(joined, [joined]);
    return;
  }
  for (const { data } of tensors) {
    copyBytes(data, 0, { to: link.out, at: position, sizeBytes: data.length });
    position += data.length;
  }
}

const slabs = new DataSlabs();

/** The tensors at a place of the record being received, in memory of their own. */
export function readTensors(
  link: ThreadLink,
  forms: readonly TensorForm[],
  { at, apart }: { readonly at: number; readonly apart: boolean },
): Tensor[] {
  const joined = apart ? new Uint8Array(link.take() as ArrayBuffer) : undefined;
  const tensors: Tensor[] = [];
  let position = joined ? 0 : at + forms.length * 4;
  for (let index = 0; index < forms.length; index += 1) {
    const form = forms[index];
    const sizeBytes = link.inView.getUint32(at + index * 4, true);
    const data = joined?.subarray(position, position + sizeBytes) ?? slabs.take(sizeBytes);
    // The ring's memory is used again, while a tensor lives as long as somebody wants it.
    if (!joined) copyBytes(link.in, position, { to: data, at: 0, sizeBytes });
    position += sizeBytes;
    if (form) {
      const { name, datatype, shape } = form;
      tensors.push({ name, datatype, shape, data });
    }
  }
  return tensors;
}

/** Tensors as an object that can be cloned, with their data in one buffer beside it. */
export interface PlainTensors {
  readonly forms: readonly TensorForm[];
  readonly sizes: readonly number[];
  readonly data: ArrayBuffer;
}

export function plainTensors(tensors: readonly Tensor[]): PlainTensors {
  return {
    forms: tensors.map(tensorForm),
    sizes: tensors.map(({ data }) => data.length),
    data: joinedData(tensors, dataBytes(tensors)),
  };
}

export function tensorsOf({ forms, sizes, data }: PlainTensors): Tensor[] {
  let at = 0;
  return forms.map((form, index) => {
    const start = at;
    at += sizes[index] ?? 0;
    return { ...form, data: Buffer.from(data, start, at - start) };
  });
}
