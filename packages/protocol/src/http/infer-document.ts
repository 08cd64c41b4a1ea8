import { InferError, type Tensor } from '@nereid/core';
import { type InputContext, readInput } from './infer-input.js';
import { type OutputRequest, readOutput } from './infer-output.js';
import { type InferParameters, interpretParameters } from './infer-parameters.js';
import type { JsonCursor } from './json-cursor.js';
import { readName } from './json-string.js';
import {
  accessError,
  expectString,
  missingMemberError,
  readValue,
  skipValue,
} from './json-value.js';

/** More of either can only be hostile: no model has so many. */
const MAX_TENSORS = 65_536;

/** What the JSON of an infer request says. Members that it lacks are undefined. */
export interface InferDocument {
  id: string | undefined;
  inputs: Tensor[] | undefined;
  outputs: OutputRequest[] | undefined;
  parameters: InferParameters | undefined;
}

/**
 * Reads the text from its beginning to its end. Throws the error that the client is to see, also
 * for a text that is no JSON behind that.
 */
export function readDocument(cursor: JsonCursor, context: InputContext): InferDocument {
  const document: InferDocument = {
    id: undefined,
    inputs: undefined,
    outputs: undefined,
    parameters: undefined,
  };
  cursor.beginDocument();
  if (!cursor.atObject()) throw missingMemberError('inputs');
  for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
    const member = readName(cursor);
    if (member === 'inputs' && document.inputs === undefined) {
      document.inputs = readTensors(cursor, member, () => readInput(cursor, context));
    } else if (member === 'outputs' && document.outputs === undefined) {
      document.outputs = readTensors(cursor, member, () => readOutput(cursor, context.claims));
    } else if (member === 'id' && document.id === undefined) {
      document.id = expectString(readValue(cursor), "Unable to parse 'id': ");
    } else if (member === 'parameters' && document.parameters === undefined) {
      document.parameters = interpretParameters(readValue(cursor));
    } else {
      skipValue(cursor);
    }
  }
  cursor.endDocument();
  return document;
}

function readTensors<T>(cursor: JsonCursor, member: 'inputs' | 'outputs', read: () => T): T[] {
  if (!cursor.atArray()) throw accessError('array', `Unable to parse '${member}': `);
  const tensors: T[] = [];
  for (let more = cursor.beginArray(); more; more = cursor.nextElement()) {
    if (tensors.length >= MAX_TENSORS) {
      throw new InferError('INVALID_ARG', `a request may have at most ${MAX_TENSORS} ${member}`);
    }
    tensors.push(read());
  }
  return tensors;
}
