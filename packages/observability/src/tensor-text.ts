import { type DataType, ELEMENT_SIZE_BYTES, type Tensor } from '@nereid/core';

/** Elements shown of one tensor: the text is made on the thread that answers requests. */
const MAX_ELEMENTS = 16_384;
/** Bytes shown of all strings of one tensor. */
const MAX_STRING_BYTES = 262_144;

type ReadElement = (view: DataView, offset: number) => string;

/** As many digits as Triton shows. */
const decimal = (value: number) => String(Number(value.toPrecision(6)));

const READ = {
  BOOL: (view, offset) => (view.getUint8(offset) === 0 ? '0' : '1'),
  UINT8: (view, offset) => String(view.getUint8(offset)),
  UINT16: (view, offset) => String(view.getUint16(offset, true)),
  UINT32: (view, offset) => String(view.getUint32(offset, true)),
  UINT64: (view, offset) => String(view.getBigUint64(offset, true)),
  INT8: (view, offset) => String(view.getInt8(offset)),
  INT16: (view, offset) => String(view.getInt16(offset, true)),
  INT32: (view, offset) => String(view.getInt32(offset, true)),
  INT64: (view, offset) => String(view.getBigInt64(offset, true)),
  FP16: (view, offset) => decimal(halfFloat(view.getUint16(offset, true))),
  BF16: (view, offset) => decimal(brainFloat(view.getUint16(offset, true))),
  FP32: (view, offset) => decimal(view.getFloat32(offset, true)),
  FP64: (view, offset) => decimal(view.getFloat64(offset, true)),
} as const satisfies Record<Exclude<DataType, 'BYTES'>, ReadElement>;

/**
 * The elements as traces show them, separated by commas, strings in quotes; the rest of a large
 * tensor is an ellipsis. The data may be anything: an output may be traced before it is checked.
 */
export function tensorText({ datatype, data }: Tensor): string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (datatype === 'BYTES') return stringsText(data, view);
  const elementSize = ELEMENT_SIZE_BYTES[datatype];
  const read: ReadElement = READ[datatype];
  const count = Math.floor(data.byteLength / elementSize);
  const texts: string[] = [];
  for (let index = 0; index < Math.min(count, MAX_ELEMENTS); index += 1) {
    texts.push(read(view, index * elementSize));
  }
  if (count > MAX_ELEMENTS) texts.push('...');
  return texts.join(',');
}

function stringsText(data: Uint8Array, view: DataView): string {
  const texts: string[] = [];
  let room = MAX_STRING_BYTES;
  for (let offset = 0; offset + 4 <= data.byteLength; ) {
    if (texts.length === MAX_ELEMENTS || room === 0) return `${texts.join(',')},...`;
    const start = offset + 4;
    const length = view.getUint32(offset, true);
    const shown = data.subarray(start, start + Math.min(length, room));
    room -= shown.byteLength;
    texts.push(`"${Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength).toString()}"`);
    offset = start + length;
  }
  return texts.join(',');
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

function brainFloat(bits: number): number {
  scratch.setUint16(0, bits);
  scratch.setUint16(2, 0);
  return scratch.getFloat32(0);
}
