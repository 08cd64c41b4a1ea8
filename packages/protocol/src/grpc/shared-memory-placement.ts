import { InferError, type SharedMemoryPlacement } from '@nereid/core';
import type { InferParameters } from './infer-parameter.js';

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
  const sizeBytes = readSize('shared_memory_byte_size', context);
  if (region === undefined) return undefined;
  if (sizeBytes === undefined) {
    throw invalid(
      `'shared_memory_byte_size' must be specified along with 'shared_memory_region' ` +
        `parameter for tensor '${tensorName}'`,
    );
  }
  return { region, offset: offset ?? 0, sizeBytes };
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

/** No region is so large that a number would not hold its sizes; what is larger fits in none. */
function readSize(key: string, context: PlacementContext): number | undefined {
  const { tensorName, parameters, inRegion } = context;
  if (!parameters.has(key)) return undefined;
  if (!inRegion) {
    throw invalid(
      `'${key}' can not be specified without 'shared_memory_region' parameter ` +
        `for tensor '${tensorName}'`,
    );
  }
  const size = parameters.get(key);
  if (typeof size === 'bigint') return Number(size);
  throw invalid(
    `invalid value type for '${key}' parameter for tensor '${tensorName}', expected int64_param.`,
  );
}

function invalid(message: string): InferError {
  return new InferError('INVALID_ARG', message);
}
