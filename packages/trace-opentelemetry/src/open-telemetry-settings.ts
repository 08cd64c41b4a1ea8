import { InferError } from '@nereid/core';

type NamedValues = readonly (readonly [name: string, value: string])[];

/** The settings of the mode (spec §7); times are in milliseconds. */
export interface OpenTelemetrySettings {
  /** Of the collector: the whole URL, with its path. */
  readonly url: string;
  readonly resource: ReadonlyMap<string, string>;
  readonly maxQueueSize: number;
  readonly scheduleDelayMs: number;
  readonly maxExportBatchSize: number;
}

const KNOWN = [
  'url',
  'resource',
  'bsp_max_queue_size',
  'bsp_schedule_delay',
  'bsp_max_export_batch_size',
];

const DEFAULT_URL = 'http://localhost:4318/v1/traces';
const DEFAULT_SERVICE_NAME = 'triton-inference-server';
/** No setting may ask for more; a delay beyond would be cut off by the timer. */
const MAX_NUMBER = 0x7fff_ffff;

/** Throws an INVALID_ARG InferError that names the setting. */
export function parseOpenTelemetrySettings(settings: NamedValues): OpenTelemetrySettings {
  const stranger = settings.find(([name]) => !KNOWN.includes(name));
  if (stranger) throw invalid(stranger[0], `is unknown; expected one of ${KNOWN.join(', ')}`);
  const maxQueueSize = positive(settings, 'bsp_max_queue_size', 2048);
  const maxExportBatchSize = positive(settings, 'bsp_max_export_batch_size', 512);
  if (maxExportBatchSize > maxQueueSize) {
    throw invalid('bsp_max_export_batch_size', `must be at most bsp_max_queue_size`);
  }
  return {
    url: parseUrl(last(settings, 'url') ?? DEFAULT_URL),
    resource: new Map([['service.name', DEFAULT_SERVICE_NAME], ...attributes(settings)]),
    maxQueueSize,
    scheduleDelayMs: positive(settings, 'bsp_schedule_delay', 5000),
    maxExportBatchSize,
  };
}

/** The same as text, for those who ask the server for its settings. */
export function shownSettings(settings: OpenTelemetrySettings): NamedValues {
  return [
    ['url', settings.url],
    ...[...settings.resource].map(([key, value]) => ['resource', `${key}=${value}`] as const),
    ['bsp_max_queue_size', String(settings.maxQueueSize)],
    ['bsp_schedule_delay', String(settings.scheduleDelayMs)],
    ['bsp_max_export_batch_size', String(settings.maxExportBatchSize)],
  ];
}

function attributes(settings: NamedValues): readonly (readonly [string, string])[] {
  return settings
    .filter(([name]) => name === 'resource')
    .map(([name, value]) => {
      const equals = value.indexOf('=');
      if (equals < 1) throw invalid(name, `must be <key>=<value>, got '${value}'`);
      return [value.slice(0, equals), value.slice(equals + 1)];
    });
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw invalid('url', `must be an http or https URL, got '${text}'`);
}

function positive(settings: NamedValues, name: string, fallback: number): number {
  const text = last(settings, name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MAX_NUMBER) return value;
  throw invalid(name, `must be a whole number from 1 to ${MAX_NUMBER}, got '${text}'`);
}

function last(settings: NamedValues, wanted: string): string | undefined {
  return settings.findLast(([name]) => name === wanted)?.[1];
}

function invalid(name: string, problem: string): InferError {
  return new InferError('INVALID_ARG', `trace setting opentelemetry,${name} ${problem}`);
}
