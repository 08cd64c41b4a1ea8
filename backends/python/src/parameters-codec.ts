import type { ParameterValue } from '@nereid/core';

const KIND = { text: 1, integer: 2, boolean: 3, double: 4 } as const;

/**
 * Reads the parameters that a model has given: a count, and for each a kind, the length of its
 * name, the length of its value, the name and the value. Throws an Error for an unknown kind.
 */
export function decodeParameters(bytes: Buffer): ReadonlyMap<string, ParameterValue> {
  const parameters = new Map<string, ParameterValue>();
  const count = bytes.readUInt32LE(0);
  let position = 4;
  for (let index = 0; index < count; index++) {
    const kind = bytes.readUInt8(position);
    const nameEnd = position + 8 + bytes.readUInt16LE(position + 2);
    const valueEnd = nameEnd + bytes.readUInt32LE(position + 4);
    const name = bytes.toString('utf8', position + 8, nameEnd);
    parameters.set(name, decodeValue(kind, bytes.subarray(nameEnd, valueEnd)));
    position = valueEnd;
  }
  return parameters;
}

function decodeValue(kind: number, bytes: Buffer): ParameterValue {
  switch (kind) {
    case KIND.text:
      return bytes.toString('utf8');
    case KIND.integer:
      return bytes.readBigInt64LE(0);
    case KIND.boolean:
      return bytes.readUInt8(0) !== 0;
    case KIND.double:
      return bytes.readDoubleLE(0);
    default:
      throw new Error(`unknown kind of parameter ${kind}`);
  }
}
