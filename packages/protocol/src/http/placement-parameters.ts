import type { SharedMemoryPlacement } from '@nereid/core';
import { expectString, expectUnsigned, type JsonValue } from './json-value.js';

/** What has been read of a tensor's place in shared memory. The first value of each counts. */
export interface PlacementDraft {
  region?: string;
  offset?: number;
  sizeBytes?: number;
}

type PlacementParameter =
  | 'shared_memory_region'
  | 'shared_memory_offset'
  | 'shared_memory_byte_size';

export function isPlacementParameter(name: string): name is PlacementParameter {
  return (
    name === 'shared_memory_region' ||
    name === 'shared_memory_offset' ||
    name === 'shared_memory_byte_size'
  );
}

/** Adds a parameter to what is known already, if anything. Throws INTERNAL for a wrong type. */
export function addPlacementParameter(
  draft: PlacementDraft | undefined,
  name: PlacementParameter,
  value: JsonValue,
): PlacementDraft {
  const context = `Unable to parse '${name}': `;
  const known = draft ?? {};
  if (name === 'shared_memory_region') known.region ??= expectString(value, context);
  else {
    // What a number cannot hold exactly lies outside of every region, rounded or not.
    const number = Number(expectUnsigned(value, context));
    if (name === 'shared_memory_offset') known.offset ??= number;
    else known.sizeBytes ??= number;
  }
  return known;
}

/** Offset and size mean nothing without a region, and are 0 where they are left out. */
export function placementOf(draft: PlacementDraft | undefined): SharedMemoryPlacement | undefined {
  if (draft?.region === undefined) return undefined;
  return { region: draft.region, offset: draft.offset ?? 0, sizeBytes: draft.sizeBytes ?? 0 };
}
