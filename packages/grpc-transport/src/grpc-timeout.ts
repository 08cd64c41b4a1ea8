/** Milliseconds of each unit of the `grpc-timeout` field. */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** A `grpc-timeout`, at most eight digits and a unit, in milliseconds; NaN for anything else. */
export function parseTimeoutMs(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return Number(digits) * (UNITS[unit] ?? Number.NaN);
}
