/** A JSON object of a stub, which is trusted to be one; its members are not. */
export function parseJsonText(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new Error('a JSON text that is no object');
}
