import { InferError } from '@nereid/core';

/** Settings as the command line's flags have them, by their name without `--http-`. */
export type SettingValues = ReadonlyMap<string, string>;

/** A whole number within a range. Throws an INVALID_ARG InferError that names the setting. */
export function integerSetting(
  values: SettingValues,
  name: string,
  range: { readonly minimum: number; readonly maximum: number; readonly default: number },
): number {
  const text = values.get(name);
  if (text === undefined) return range.default;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= range.minimum && value <= range.maximum) return value;
  throw invalidSetting(name, text, `a whole number from ${range.minimum} to ${range.maximum}`);
}

/** A setting that is false when it is absent. Throws INVALID_ARG for any other text. */
export function booleanSetting(values: SettingValues, name: string): boolean {
  const text = values.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw invalidSetting(name, text, 'true or false');
}

/** One of a few words; the first one when it is absent. Throws INVALID_ARG for any other. */
export function choiceSetting<T extends string>(
  values: SettingValues,
  name: string,
  choices: readonly [T, ...T[]],
): T {
  const text = values.get(name) ?? choices[0];
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw invalidSetting(name, text, `one of ${choices.join(', ')}`);
}

/** The error for a setting whose text makes no sense. */
export function invalidSetting(name: string, text: string, expected: string): InferError {
  return new InferError('INVALID_ARG', `HTTP setting '${name}' must be ${expected}, got '${text}'`);
}
