import { UsageError } from './flags/parse-flags.js';

/** Copies of a resource that instances share; without a device, so many on each. */
export interface RateLimitResourceSettings {
  readonly name: string;
  readonly count: number;
  readonly deviceId: number | undefined;
}

/**
 * Reads the values of `--rate-limit-resource`; a later count of the same resource wins. Throws a
 * UsageError with Triton's text.
 */
export function parseRateLimitResources(
  options: readonly string[],
): readonly RateLimitResourceSettings[] {
  const resources = new Map<string, RateLimitResourceSettings>();
  for (const option of options) {
    const match = /^([^:]+):(\d+)(?::(\d+))?$/.exec(option);
    if (!match) {
      throw new UsageError(
        "--rate-limit-resource option format is '<resource_name>:<count>:<device>' or " +
          `'<resource_name>:<count>'. Got ${option}`,
      );
    }
    const [, name = '', count, device] = match;
    const deviceId = device === undefined ? undefined : Number(device);
    resources.set(`${deviceId}:${name}`, { name, count: Number(count), deviceId });
  }
  return [...resources.values()];
}
