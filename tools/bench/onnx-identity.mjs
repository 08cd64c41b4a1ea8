/** Writes the smallest ONNX model there is: it answers its input, [batch, any length] of floats. */

import { writeFileSync } from 'node:fs';

const FLOAT = 1;
const IR_VERSION = 8;
const OPSET_VERSION = 13;
/** The fields of ModelProto, GraphProto, NodeProto and ValueInfoProto that are needed. */
const MODEL = { irVersion: 1, graph: 7, opsets: 8 };
const GRAPH = { nodes: 1, name: 2, inputs: 11, outputs: 12 };
const NODE = { inputs: 1, outputs: 2, operator: 4 };

export function writeIdentityModel(file) {
  const node = message(
    text(NODE.inputs, 'INPUT0'),
    text(NODE.outputs, 'OUTPUT0'),
    text(NODE.operator, 'Identity'),
  );
  const graph = message(
    part(GRAPH.nodes, node),
    text(GRAPH.name, 'identity'),
    part(GRAPH.inputs, tensorInfo('INPUT0')),
    part(GRAPH.outputs, tensorInfo('OUTPUT0')),
  );
  const opset = message(text(1, ''), number(2, OPSET_VERSION));
  const parts = [number(MODEL.irVersion, IR_VERSION), part(MODEL.graph, graph)];
  writeFileSync(file, message(...parts, part(MODEL.opsets, opset)));
}

/** A float tensor with two dimensions of any size. */
function tensorInfo(name) {
  const dimension = (size) => part(1, text(2, size));
  const shape = message(dimension('batch'), dimension('length'));
  const tensorType = message(number(1, FLOAT), part(2, shape));
  return message(text(1, name), part(2, part(1, tensorType)));
}

function message(...parts) {
  return Buffer.concat(parts);
}

function text(field, content) {
  return part(field, Buffer.from(content));
}

/** All of them are shorter than 128 bytes, so that their length is one byte. */
function part(field, content) {
  return Buffer.concat([Buffer.from([field * 8 + 2, content.length]), content]);
}

function number(field, value) {
  return Buffer.from([field * 8, value]);
}
