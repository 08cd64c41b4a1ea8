import type { Parameters, ParameterValue } from '@nereid/core';
import { parametersSize, writeParameters } from './infer-parameter.js';
import { WireWriter } from './wire-writer.js';

/** What is larger is not worth its memory. */
const MAX_REMEMBERED_BYTES = 256;
const NOTHING = new Uint8Array();

interface Encoded {
  readonly field: number;
  readonly entries: readonly (readonly [string, ParameterValue])[];
  readonly bytes: Uint8Array;
}

/** The parameters that were encoded last: many responses in a row have the same. */
let last: Encoded = { field: 0, entries: [], bytes: NOTHING };

/** The fields of a `map<string, InferParameter>` whose tag takes one byte. */
export function encodeParameters(field: number, parameters: Parameters): Uint8Array {
  if (parameters.size === 0) return NOTHING;
  if (isLast(field, parameters)) return last.bytes;
  const writer = new WireWriter(parametersSize(parameters));
  writeParameters(writer, field, parameters);
  const { bytes } = writer;
  if (bytes.length <= MAX_REMEMBERED_BYTES) last = { field, entries: [...parameters], bytes };
  return bytes;
}

function isLast(field: number, parameters: Parameters): boolean {
  if (last.field !== field || last.entries.length !== parameters.size) return false;
  let index = 0;
  for (const [key, value] of parameters) {
    const entry = last.entries[index];
    // Object.is, because 0 and -0 have other bytes.
    if (!entry || entry[0] !== key || !Object.is(entry[1], value)) return false;
    index += 1;
  }
  return true;
}
