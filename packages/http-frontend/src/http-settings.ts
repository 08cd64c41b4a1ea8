import { InferError } from '@nereid/core';
import { parseRestrictedApis, type RestrictedApis } from './restricted-apis.js';

type SettingValues = ReadonlyMap<string, string>;

/** Where a front end listens. */
export interface ListenSettings {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Lets several processes listen on the same port. */
  readonly reusePort: boolean;
}

export interface HttpSettings extends ListenSettings {
  /** The limit for JSON and for raw bodies; binary tensors have none. */
  readonly maxInputSizeBytes: number;
  /** Header fields with a matching name become parameters of an infer request. */
  readonly headerForwardPattern: RegExp | undefined;
  readonly restrictedApis: RestrictedApis;
}

const DEFAULT_ADDRESS = '0.0.0.0';
const DEFAULT_MAX_INPUT_SIZE_BYTES = 64 * 1024 * 1024;
const MAX_PORT = 65_535;

/** Throws an INVALID_ARG InferError that names the setting. */
export function parseHttpSettings(values: SettingValues): HttpSettings {
  return {
    ...parseListenSettings(values, 8000),
    maxInputSizeBytes: integer(values, 'max-input-size', {
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      default: DEFAULT_MAX_INPUT_SIZE_BYTES,
    }),
    headerForwardPattern: pattern(values.get('header-forward-pattern') ?? ''),
    restrictedApis: parseRestrictedApis(values.get('restricted-api') ?? ''),
  };
}

/** Throws an INVALID_ARG InferError that names the setting. */
export function parseListenSettings(values: SettingValues, defaultPort: number): ListenSettings {
  return {
    address: values.get('address') ?? DEFAULT_ADDRESS,
    port: integer(values, 'port', { minimum: 0, maximum: MAX_PORT, default: defaultPort }),
    reusePort: boolean(values, 'reuse-port'),
  };
}

function integer(
  values: SettingValues,
  name: string,
  range: { readonly minimum: number; readonly maximum: number; readonly default: number },
): number {
  const text = values.get(name);
  if (text === undefined) return range.default;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= range.minimum && value <= range.maximum) return value;
  throw invalid(name, text, `a whole number from ${range.minimum} to ${range.maximum}`);
}

function boolean(values: SettingValues, name: string): boolean {
  const text = values.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw invalid(name, text, 'true or false');
}

/** Triton's patterns ignore case, whether they begin with `(?i)` or not. */
function pattern(text: string): RegExp | undefined {
  if (text === '') return undefined;
  try {
    return new RegExp(text.replace(/^\(\?i\)/, ''), 'i');
  } catch {
    throw invalid('header-forward-pattern', text, 'a regular expression');
  }
}

function invalid(name: string, text: string, expected: string): InferError {
  return new InferError('INVALID_ARG', `HTTP setting '${name}' must be ${expected}, got '${text}'`);
}
