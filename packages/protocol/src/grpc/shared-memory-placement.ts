import { InferError } from '@nereid/core';
import type { InferParameters } from './infer-parameter.js';

/** Where in a shared-memory region a tensor's data is, or is to be written. */
interface SharedMemoryPlacement {
  readonly region: string;
  readonly offset: bigint;
  readonly byteSize: bigint;
}

/** The registered regions, as far as decoding a request needs them. */
export interface SharedMemoryRegions {
  /** The memory at a placement. Throws NOT_FOUND or INVALID_ARG for one that is not valid. */
  view(placement: SharedMemoryPlacement): Uint8Array;
}

/** For a server without shared memory: every region is unknown. */
export const NO_SHARED_MEMORY: SharedMemoryRegions = {
  view({ region }) {
    throw new InferError('NOT_FOUND', `Unable to find shared memory region: '${region}'`);
  },
};

/**
 * A tensor's placement in shared memory; undefined without one. Throws INVALID_ARG as Triton does.
 */
export function readPlacement(
  tensorName: string,
  parameters: InferParameters,
): SharedMemoryPlacement | undefined {
  if (parameters.size === 0) return undefined;
  const region = readRegion(tensorName, parameters);
  const context = { tensorName, parameters, inRegion: region !== undefined };
  const offset = readSize('shared_memory_offset', context);
  const byteSize = readSize('shared_memory_byte_size', context);
  if (region === undefined) return undefined;
  if (byteSize === undefined) {
    throw invalid(
      `'shared_memory_byte_size' must be specified along with 'shared_memory_region' ` +
        `parameter for tensor '${tensorName}'`,
    );
  }
  return { region, offset: offset ?? 0n, byteSize };
}

function readRegion(tensorName: string, parameters: InferParameters): string | undefined {
  if (!parameters.has('shared_memory_region')) return undefined;
  const region = parameters.get('shared_memory_region');
  if (typeof region === 'string') return region;
  throw invalid(
    `invalid value type for 'shared_memory_region' parameter for tensor '${tensorName}', ` +
      'expected string_param.',
  );
}

interface PlacementContext {
  readonly tensorName: string;
  readonly parameters: InferParameters;
  readonly inRegion: boolean;
}

function readSize(key: string, context: PlacementContext): bigint | undefined {
  const { tensorName, parameters, inRegion } = context;
  if (!parameters.has(key)) return undefined;
  if (!inRegion) {
    throw invalid(
      `'${key}' can not be specified without 'shared_memory_region' parameter ` +
        `for tensor '${tensorName}'`,
    );
  }
  const size = parameters.get(key);
  if (typeof size === 'bigint') return size;
  throw invalid(
    `invalid value type for '${key}' parameter for tensor '${tensorName}', expected int64_param.`,
  );
}

function invalid(message: string): InferError {
  return new InferError('INVALID_ARG', message);
}
