/** One element of an infer request's `outputs`. */

import { InferError, type RequestedOutput } from '@nereid/core';
import type { SharedMemoryClaims } from '../shared-memory-claims.js';
import type { JsonCursor } from './json-cursor.js';
import { readName } from './json-string.js';
import {
  expectBoolean,
  expectString,
  expectUnsigned,
  missingMemberError,
  readValue,
  skipValue,
} from './json-value.js';
import {
  addPlacementParameter,
  isPlacementParameter,
  type PlacementDraft,
  placementOf,
} from './placement-parameters.js';

export interface OutputRequest extends RequestedOutput {
  /** Whether the data is wanted as bytes; undefined leaves it to `binary_data_output`. */
  readonly binary: boolean | undefined;
  /** Whether the data is wanted in shared memory; a claim tells where. */
  readonly inSharedMemory: boolean;
}

interface OutputDraft {
  name: string | undefined;
  binary: boolean | undefined;
  classificationCount: number;
  placement: PlacementDraft | undefined;
}

/** Reads the requested output at the cursor. Throws the error that the client is to see. */
export function readOutput(cursor: JsonCursor, claims: SharedMemoryClaims): OutputRequest {
  const draft: OutputDraft = {
    name: undefined,
    binary: undefined,
    classificationCount: 0,
    placement: undefined,
  };
  if (!cursor.atObject()) skipValue(cursor);
  else {
    for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
      readMember(cursor, draft);
    }
  }
  if (draft.name === undefined) throw missingMemberError('name');
  const placement = placementOf(draft.placement);
  if (placement !== undefined) {
    checkSharedMemory(draft);
    claims.use.claimOutput(draft.name, placement);
  }
  return {
    name: draft.name,
    binary: draft.binary,
    classificationCount: draft.classificationCount,
    inSharedMemory: placement !== undefined,
  };
}

function readMember(cursor: JsonCursor, draft: OutputDraft): void {
  const member = readName(cursor);
  if (member === 'name' && draft.name === undefined) {
    draft.name = expectString(readValue(cursor), "Unable to parse 'name': ");
  } else if (member === 'parameters' && cursor.atObject()) {
    for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
      readParameter(cursor, draft);
    }
  } else {
    skipValue(cursor);
  }
}

function readParameter(cursor: JsonCursor, draft: OutputDraft): void {
  const parameter = readName(cursor);
  const value = readValue(cursor);
  switch (parameter) {
    case 'binary_data':
      draft.binary ??= expectBoolean(value, "Unable to parse 'binary_data': ");
      break;
    case 'classification':
      draft.classificationCount = Number(expectUnsigned(value, "Unable to set 'classification': "));
      break;
    default:
      if (isPlacementParameter(parameter)) {
        draft.placement = addPlacementParameter(draft.placement, parameter, value);
      }
  }
}

function checkSharedMemory(draft: OutputDraft): void {
  if (draft.classificationCount > 0) {
    throw new InferError(
      'INVALID_ARG',
      "Output can't set both 'shared_memory_region' and 'classification'",
    );
  }
  if (draft.binary) {
    throw new InferError(
      'INVALID_ARG',
      "Output can't set both 'shared_memory_region' and 'binary_data'",
    );
  }
}
