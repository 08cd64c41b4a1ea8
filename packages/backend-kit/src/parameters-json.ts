import type { Parameters, ParameterValue } from '@nereid/core';

/** Parameters as the JSON text that a model reads; 64-bit integers keep all their digits. */
export function parametersJson(parameters: Parameters): string {
  const members = [...parameters].map(([name, value]) => `${JSON.stringify(name)}:${json(value)}`);
  return `{${members.join(',')}}`;
}

function json(value: ParameterValue): string {
  if (typeof value === 'bigint') return String(value);
  // JSON tells no integer from a double but by its point, which Python keeps apart.
  if (typeof value === 'number' && Number.isInteger(value)) return value.toFixed(1);
  return JSON.stringify(value);
}
