import type { ScalarType } from './message-schema.js';

export type IntegerType = Extract<ScalarType, 'int32' | 'uint32' | 'int64' | 'uint64'>;

interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

export const INTEGER_RANGES = {
  int32: { min: -(2n ** 31n), max: 2n ** 31n - 1n },
  uint32: { min: 0n, max: 2n ** 32n - 1n },
  int64: { min: -(2n ** 63n), max: 2n ** 63n - 1n },
  uint64: { min: 0n, max: 2n ** 64n - 1n },
} as const satisfies Record<IntegerType, IntegerRange>;

/** The integer for an enum name or number; undefined when the enum does not have it. */
export function enumName(values: readonly string[], written: string): string | undefined {
  if (values.includes(written)) return written;
  return /^[0-9]+$/.test(written) ? values[Number(written)] : undefined;
}
