import { parseRestrictedApis, type RestrictedApis } from './restricted-apis.js';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  invalidSetting,
  type SettingValues,
} from './setting-values.js';
import { parseTlsSettings, type TlsSettings } from './tls-settings.js';

/** Where a front end listens. */
export interface ListenSettings {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Lets several processes listen on the same port. */
  readonly reusePort: boolean;
  /** Undefined when connections are not encrypted. */
  readonly tls: TlsSettings | undefined;
}

export interface HttpSettings extends ListenSettings {
  /** What speaks HTTP: `@nereid/http-transport`, or fastify on `node:http`. */
  readonly transport: (typeof TRANSPORTS)[number];
  /** The limit for JSON and for raw bodies; binary tensors have none. */
  readonly maxInputSizeBytes: number;
  /** The limit for all request bodies being served together; 0 for half of the memory. */
  readonly maxBodiesBytes: number;
  /** Header fields with a matching name become parameters of an infer request. */
  readonly headerForwardPattern: RegExp | undefined;
  readonly restrictedApis: RestrictedApis;
}

const DEFAULT_ADDRESS = '0.0.0.0';
const DEFAULT_MAX_INPUT_SIZE_BYTES = 64 * 1024 * 1024;
/** The default first. */
const TRANSPORTS = ['native', 'node'] as const;
const MAX_PORT = 65_535;

/** Throws an INVALID_ARG InferError that names the setting. */
export function parseHttpSettings(values: SettingValues, defaultPort = 8000): HttpSettings {
  return {
    ...parseListenSettings(values, defaultPort),
    transport: choiceSetting(values, 'transport', TRANSPORTS),
    maxInputSizeBytes: integerSetting(values, 'max-input-size', {
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      default: DEFAULT_MAX_INPUT_SIZE_BYTES,
    }),
    maxBodiesBytes: integerSetting(values, 'max-bodies-size', {
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      default: 0,
    }),
    headerForwardPattern: pattern(values.get('header-forward-pattern') ?? ''),
    restrictedApis: parseRestrictedApis(values.get('restricted-api') ?? ''),
  };
}

/** Throws an INVALID_ARG InferError that names the setting. */
export function parseListenSettings(values: SettingValues, defaultPort: number): ListenSettings {
  return {
    address: values.get('address') ?? DEFAULT_ADDRESS,
    port: integerSetting(values, 'port', { minimum: 0, maximum: MAX_PORT, default: defaultPort }),
    reusePort: booleanSetting(values, 'reuse-port'),
    tls: parseTlsSettings(values),
  };
}

/** Triton's patterns ignore case, whether they begin with `(?i)` or not. */
function pattern(text: string): RegExp | undefined {
  if (text === '') return undefined;
  try {
    return new RegExp(text.replace(/^\(\?i\)/, ''), 'i');
  } catch {
    throw invalidSetting('header-forward-pattern', text, 'a regular expression');
  }
}
