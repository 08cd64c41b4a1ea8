/** Whether the time that a model takes can be told from the shapes of its inputs. */

import { readFields } from './protobuf-fields.js';

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const MODEL_FUNCTIONS = 25;
const GRAPH_NODE = 1;
const NODE_OPERATOR = 4;
const NODE_DOMAIN = 7;

/** Others may do anything. */
const STANDARD_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml']);

/** Their time, or the size of what they make, depends on the values that they are given. */
const UNBOUNDED_OPERATORS: ReadonlySet<string> = new Set([
  ...['Loop', 'Scan', 'If', 'SequenceMap', 'NonMaxSuppression', 'Unique', 'RegexFullMatch'],
  ...['Range', 'ConstantOfShape', 'Expand', 'Tile', 'Resize', 'Upsample', 'OneHot', 'Pad'],
  ...['CenterCropPad', 'MelWeightMatrix', 'HannWindow', 'HammingWindow', 'BlackmanWindow'],
  ...['DFT', 'STFT', 'AffineGrid', 'Col2Im', 'MaxUnpool'],
]);

/**
 * True when nothing in an ONNX file makes its time depend on values: equal shapes take equally
 * long. Throws a RangeError for a file that is not protobuf.
 */
export function isBoundedByShapes(file: Uint8Array): boolean {
  const fields = readFields(file);
  if (fields.some(({ number }) => number === MODEL_FUNCTIONS)) return false;
  const graph = fields.find(({ number }) => number === MODEL_GRAPH);
  return readFields(graph?.bytes)
    .filter(({ number }) => number === GRAPH_NODE)
    .every(({ bytes }) => isBounded(bytes));
}

function isBounded(node: Uint8Array | undefined): boolean {
  const fields = readFields(node);
  const text = (wanted: number) =>
    Buffer.from(fields.find(({ number }) => number === wanted)?.bytes ?? []).toString('utf8');
  return STANDARD_DOMAINS.has(text(NODE_DOMAIN)) && !UNBOUNDED_OPERATORS.has(text(NODE_OPERATOR));
}
