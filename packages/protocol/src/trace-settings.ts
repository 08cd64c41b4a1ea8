import {
  InferError,
  TRACE_LEVELS,
  type TraceSettings,
  type TraceSettingsChange,
} from '@nereid/core';

/**
 * The trace settings that a client may change, each as what it sent: its words, or undefined to
 * take it back to its default (spec §1.8).
 */
export type TraceSettingWords = ReadonlyMap<string, readonly string[] | undefined>;

type Change = { -readonly [Name in keyof TraceSettingsChange]: TraceSettingsChange[Name] };

/** What Triton reads numbers with stops at the first other character. */
const LEADING_INTEGER = /^\s*[+-]?\d+/;
const MAX_INT32 = 0x7fff_ffff;
const MIN_INT32 = -0x8000_0000;

/** Refuses a setting that is fixed, with UNSUPPORTED; unknown ones are ignored, as Triton does. */
export function readTraceSettings(words: TraceSettingWords): TraceSettingsChange {
  if (words.has('trace_file')) {
    throw new InferError(
      'UNSUPPORTED',
      'trace file location can not be updated through network protocol',
    );
  }
  const change: Change = {};
  if (words.has('trace_level')) setLevels(change, words.get('trace_level'));
  if (words.has('trace_rate')) change.rate = unsigned('trace_rate', words.get('trace_rate'));
  if (words.has('trace_count')) change.count = count(words.get('trace_count'));
  if (words.has('log_frequency')) {
    change.logFrequency = unsigned('log_frequency', words.get('log_frequency'));
  }
  return change;
}

/** The settings as clients see them, in Triton's order. A name may have several values. */
export function traceSettingValues(
  settings: TraceSettings,
): readonly (readonly [name: string, values: readonly string[]])[] {
  const levels = settings.levels.length === 0 ? ['OFF'] : settings.levels;
  const files: readonly (readonly [string, readonly string[]])[] =
    settings.mode === 'triton'
      ? [
          ['log_frequency', [String(settings.logFrequency)]],
          ['trace_file', [settings.file]],
        ]
      : [];
  const names = new Set(settings.exporterSettings.map(([name]) => name));
  const exporter = [...names].map((name) => {
    const values = settings.exporterSettings.filter(([other]) => other === name);
    return [name, values.map(([, value]) => value)] as const;
  });
  return [
    ['trace_level', levels],
    ['trace_rate', [String(settings.rate)]],
    ['trace_count', [String(settings.count)]],
    ...files,
    ['trace_mode', [settings.mode]],
    ...exporter,
  ];
}

/** Words that are no level change nothing; OFF goes with no other. */
function setLevels(change: Change, words: readonly string[] | undefined): void {
  if (words === undefined) {
    change.levels = 'default';
  } else if (words.includes('OFF')) {
    if (words.length > 1) {
      throw new InferError('INVALID_ARG', "Expect only one trace level 'OFF' is specified");
    }
    change.levels = [];
  } else {
    const levels = TRACE_LEVELS.filter((level) => words.includes(level));
    if (levels.length > 0) change.levels = levels;
  }
}

/** Negative numbers wrap around, as they do in Triton. */
function unsigned(name: string, words: readonly string[] | undefined): number | 'default' {
  if (words === undefined) return 'default';
  return integer(name, words, '[ 0, 4294967295 ]') >>> 0;
}

function count(words: readonly string[] | undefined): number | 'default' {
  if (words === undefined) return 'default';
  const value = integer('trace_count', words, '[ -1, 2147483647 ]');
  if (value >= -1) return value;
  throw new InferError(
    'INVALID_ARG',
    `Unable to parse 'trace_count'. Expecting value >= -1, got:${words[0]}`,
  );
}

function integer(name: string, words: readonly string[], range: string): number {
  const [word = ''] = words;
  if (words.length !== 1) {
    throw new InferError('INVALID_ARG', `expect only 1 value for '${name}'`);
  }
  const digits = LEADING_INTEGER.exec(word);
  if (digits === null) {
    throw new InferError('INVALID_ARG', `Unable to parse '${name}', got: ${word}`);
  }
  const value = Number(digits[0]);
  if (value >= MIN_INT32 && value <= MAX_INT32) return value;
  throw new InferError(
    'INVALID_ARG',
    `Unable to parse '${name}', value is out of range ${range}, got: ${word}`,
  );
}
