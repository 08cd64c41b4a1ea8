const LENGTH_BYTES = 4;

/**
 * Splits the data of a BYTES tensor into its elements, as views.
 * Throws a RangeError when a length points beyond the end; input tensors were checked on arrival.
 */
export function splitBytesElements(data: Uint8Array): Uint8Array[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const elements: Uint8Array[] = [];
  let offset = 0;
  while (offset < data.byteLength) {
    const length = view.getUint32(offset, true);
    const start = offset + LENGTH_BYTES;
    if (start + length > data.byteLength) {
      throw new RangeError(`a BYTES element of ${length} bytes exceeds its tensor's data`);
    }
    elements.push(data.subarray(start, start + length));
    offset = start + length;
  }
  return elements;
}

/** Joins elements into the data of a BYTES tensor; a string is taken as UTF-8. */
export function joinBytesElements(elements: readonly (Uint8Array | string)[]): Uint8Array {
  const buffers = elements.map((element) =>
    typeof element === 'string' ? Buffer.from(element, 'utf8') : element,
  );
  const size = buffers.reduce((sum, buffer) => sum + LENGTH_BYTES + buffer.byteLength, 0);
  const data = new Uint8Array(size);
  const view = new DataView(data.buffer);
  let offset = 0;
  for (const buffer of buffers) {
    view.setUint32(offset, buffer.byteLength, true);
    data.set(buffer, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + buffer.byteLength;
  }
  return data;
}
