import { InferError } from '@nereid/core';
import type { JsonCursor } from './json-cursor.js';
import { accessError, expectUnsigned, readValue } from './json-value.js';

/** Dimensions as written: a bigint is one that a number cannot hold. */
export type WrittenShape = readonly (number | bigint)[];

const SHAPE_CONTEXT = "Unable to parse 'shape': ";
const MAX_ELEMENT_COUNT = 2n ** 63n - 1n;
const MAX_DIMENSION = BigInt(Number.MAX_SAFE_INTEGER);

/** Reads the array of dimensions at the cursor. */
export function readShape(cursor: JsonCursor): WrittenShape {
  if (!cursor.atArray()) throw accessError('array', SHAPE_CONTEXT);
  const shape: (number | bigint)[] = [];
  for (let more = cursor.beginArray(); more; more = cursor.nextElement()) {
    shape.push(expectUnsigned(readValue(cursor), SHAPE_CONTEXT));
  }
  return shape;
}

/** The shape of a tensor. Throws INVALID_ARG when its elements cannot be counted. */
export function resolveShape(written: WrittenShape, inputName: string): readonly number[] {
  let count = 1;
  for (const dim of written) count *= Number(dim);
  const shape = written.map(Number);
  if (count <= Number.MAX_SAFE_INTEGER && !written.some(isBigint)) return shape;
  const exactCount = exactElementCount(written);
  if (exactCount > MAX_ELEMENT_COUNT) throw tooLarge(written, inputName, MAX_ELEMENT_COUNT);
  if (written.some(isBigint)) throw tooLarge(written, inputName, MAX_DIMENSION);
  return shape;
}

/** The number of elements, however large. */
export function exactElementCount(shape: WrittenShape): bigint {
  return shape.reduce<bigint>((count, dim) => count * BigInt(dim), 1n);
}

function isBigint(dim: number | bigint): boolean {
  return typeof dim === 'bigint';
}

function tooLarge(shape: WrittenShape, inputName: string, maximum: bigint): InferError {
  return new InferError(
    'INVALID_ARG',
    `invalid shape for input '${inputName}': shape [${shape.join(',')}] causes total ` +
      `element count to exceed maximum size of ${maximum}`,
  );
}
