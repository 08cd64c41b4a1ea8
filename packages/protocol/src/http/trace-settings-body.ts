/** The JSON bodies of the trace setting endpoints (spec §1.8, §1.16). */

import type { TraceSettings, TraceSettingsChange } from '@nereid/core';
import { readTraceSettings, traceSettingValues } from '../trace-settings.js';
import { accessError, expectString, type JsonValue, membersOf, parseJson } from './json-value.js';

/** Null takes a setting back. Members without a meaning are ignored, whatever they are. */
export function parseTraceSettingsRequest(body: Uint8Array): TraceSettingsChange {
  const words = new Map<string, readonly string[] | undefined>();
  for (const [name, value] of membersOf(parseJson(body))) {
    if (READERS.has(name)) words.set(name, READERS.get(name)?.(value));
  }
  return readTraceSettings(words);
}

/** A setting with several values occurs several times, but for the levels, which are a list. */
export function traceSettingsBody(settings: TraceSettings): string {
  const members = traceSettingValues(settings).flatMap(([name, values]) =>
    name === 'trace_level'
      ? [`"${name}":${JSON.stringify(values)}`]
      : values.map((value) => `${JSON.stringify(name)}:${JSON.stringify(value)}`),
  );
  return `{${members.join(',')}}`;
}

type ReadWords = (value: JsonValue) => readonly string[] | undefined;

const word: ReadWords = (value) => (value === null ? undefined : [expectString(value, '')]);

const list: ReadWords = (value) => {
  if (value === null) return undefined;
  if (!Array.isArray(value)) throw accessError('array', '');
  return value.map((element: JsonValue) => expectString(element, ''));
};

const READERS: ReadonlyMap<string, ReadWords> = new Map([
  ['trace_file', () => undefined],
  ['trace_level', list],
  ['trace_rate', word],
  ['trace_count', word],
  ['log_frequency', word],
]);
