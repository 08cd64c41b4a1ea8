import { InferError, type TraceSettings, type TraceSettingsChange } from '@nereid/core';

/** The trace mode that writes files by itself; all others are exporters' names. */
export const FILE_MODE = 'triton';

/** What is set at one place: for a model, or for all of them after start-up. */
export type OwnTraceSettings = Partial<
  Pick<TraceSettings, 'levels' | 'rate' | 'count' | 'logFrequency'>
>;

const CHANGEABLE = ['levels', 'rate', 'count', 'logFrequency'] as const;

/** Applies a change to what a place has set itself. */
export function changedSettings(
  own: OwnTraceSettings,
  change: TraceSettingsChange,
): OwnTraceSettings {
  return {
    ...settingAfter('levels', own.levels, change.levels),
    ...settingAfter('rate', own.rate, change.rate),
    ...settingAfter('count', own.count, change.count),
    ...settingAfter('logFrequency', own.logFrequency, change.logFrequency),
  };
}

/** Whether a place has set nothing itself, and so is no place of its own. */
export function isEmpty(own: OwnTraceSettings): boolean {
  return CHANGEABLE.every((name) => own[name] === undefined);
}

/** Whether a place has set everything itself, and so follows no change made elsewhere. */
export function isComplete(own: OwnTraceSettings): boolean {
  return CHANGEABLE.every((name) => own[name] !== undefined);
}

/** Throws an INVALID_ARG InferError, with Triton's text, for settings that could trace nothing. */
export function checkTraceSettings(settings: TraceSettings): void {
  if (settings.levels.length === 0) return;
  if (settings.rate === 0) throw invalid('sample rate must be non-zero');
  if (settings.mode === FILE_MODE && settings.file === '') {
    throw invalid('trace file name is not given');
  }
}

function settingAfter<Name extends keyof OwnTraceSettings>(
  name: Name,
  own: OwnTraceSettings[Name],
  change: OwnTraceSettings[Name] | 'default' | undefined,
): OwnTraceSettings {
  const value = change === undefined ? own : change;
  return value === undefined || value === 'default' ? {} : { [name]: value };
}

function invalid(reason: string): InferError {
  return new InferError('INVALID_ARG', `Attempting to set invalid trace setting :${reason}`);
}
