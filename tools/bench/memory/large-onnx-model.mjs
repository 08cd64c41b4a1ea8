/** Writes an ONNX model whose size is a parameter: a product with a square matrix of weights. */

import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FLOAT = 1;
const SIZE_BYTES = 4;
const IR_VERSION = 8;
const OPSET_VERSION = 13;
const LENGTH_DELIMITED = 2;

function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function number(field, value) {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** The head of a field whose content follows. */
function head(field, length) {
  return Buffer.concat([varint(field * 8 + LENGTH_DELIMITED), varint(length)]);
}

function bytes(field, ...parts) {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([head(field, content.length), content]);
}

/** A ValueInfoProto: a float tensor with these dimensions. */
function tensorInfo(field, name, dims) {
  const shape = dims.map((dim) => bytes(1, number(1, dim)));
  const type = bytes(1, number(1, FLOAT), bytes(2, ...shape));
  return bytes(field, bytes(1, name), bytes(2, type));
}

/** Writes `<folder>/<name>` with a model of one input [1, side] and `side` squared weights. */
export async function writeLargeModel(folder, name, side) {
  await mkdir(join(folder, name, '1'), { recursive: true });
  await writeFile(
    join(folder, name, 'config.pbtxt'),
    'backend: "onnxruntime" instance_group [ { kind: KIND_CPU count: 1 } ]\n',
  );
  const rawSize = side * side * SIZE_BYTES;
  const weightsHead = Buffer.concat([
    number(1, side),
    number(1, side),
    number(2, FLOAT),
    bytes(8, 'W'),
    head(9, rawSize),
  ]);
  const node = bytes(1, bytes(1, 'X'), bytes(1, 'W'), bytes(2, 'Y'), bytes(4, 'MatMul'));
  const before = Buffer.concat([node, bytes(2, 'g'), head(5, weightsHead.length + rawSize)]);
  const after = Buffer.concat([tensorInfo(11, 'X', [1, side]), tensorInfo(12, 'Y', [1, side])]);
  const graphSize = before.length + weightsHead.length + rawSize + after.length;
  const file = await open(join(folder, name, '1', 'model.onnx'), 'w');
  try {
    const opset = bytes(8, bytes(1, ''), number(2, OPSET_VERSION));
    await file.write(Buffer.concat([number(1, IR_VERSION), opset, head(7, graphSize), before]));
    await file.write(weightsHead);
    // Not zeros: nothing may be saved by sharing pages of them.
    const row = Buffer.from(Float32Array.from({ length: side }, (_, i) => (i % 7) - 3).buffer);
    for (let index = 0; index < side; index += 1) await file.write(row);
    await file.write(after);
  } finally {
    await file.close();
  }
}
