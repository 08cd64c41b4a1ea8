import { InferError, type TraceLevel } from '@nereid/core';

/** How requests are traced from the start on: what `--trace-config` says. */
export interface TraceStartSettings {
  /** `triton` writes files; any other is the name of a trace exporter. */
  readonly mode: string;
  /** Empty: nothing is traced. */
  readonly levels: readonly TraceLevel[];
  /** Each so many requests, one is traced; 0: only those that come with a trace context. */
  readonly rate: number;
  /** How many traces there will be; -1 sets no limit. */
  readonly count: number;
  /** Where the mode `triton` writes. */
  readonly file: string;
  /** Traces a file holds; 0: all go to one file. */
  readonly logFrequency: number;
  /** Settings of an exporter in their order; a name may occur more than once. */
  readonly exporter: readonly (readonly [name: string, value: string])[];
}

export const DEFAULT_TRACE_SETTINGS: TraceStartSettings = {
  mode: 'triton',
  levels: [],
  rate: 1000,
  count: -1,
  file: '',
  logFrequency: 0,
  exporter: [],
};

const MAX_UINT32 = 0xffff_ffff;
const MAX_INT32 = 0x7fff_ffff;

/** The level words of the command line, in lower case; undefined turns tracing off. */
const LEVELS: ReadonlyMap<string, TraceLevel | undefined> = new Map([
  ['off', undefined],
  ['false', undefined],
  ['timestamps', 'TIMESTAMPS'],
  ['on', 'TIMESTAMPS'],
  ['true', 'TIMESTAMPS'],
  ['min', 'TIMESTAMPS'],
  ['max', 'TIMESTAMPS'],
  ['tensors', 'TENSORS'],
]);

/** One `[mode,]setting=value`. */
interface TraceOption {
  /** Empty for a setting of all modes. */
  readonly mode: string;
  readonly name: string;
  readonly value: string;
}

/**
 * Reads `--trace-config` options (spec §7). Throws an INVALID_ARG InferError, with Triton's text
 * where it has one.
 */
export function parseTraceOptions(
  options: readonly string[],
  defaults = DEFAULT_TRACE_SETTINGS,
): TraceStartSettings {
  const parsed = options.map(parseOption);
  const global = (name: string) => parsed.filter((at) => at.mode === '' && at.name === name);
  checkGlobalNames(parsed);
  const mode = global('mode').at(-1)?.value ?? defaults.mode;
  const levels = global('level').map(({ value }) => value);
  const own = parsed.filter((option) => option.mode === mode);
  return {
    mode,
    levels: levels.length === 0 ? defaults.levels : parseTraceLevels(levels),
    rate: integer(global('rate'), { minimum: 0, maximum: MAX_UINT32, default: defaults.rate }),
    count: integer(global('count'), { minimum: -1, maximum: MAX_INT32, default: defaults.count }),
    ...fileSettings(parsed, defaults),
    exporter: mode === 'triton' ? [] : own.map(({ name, value }) => [name, value]),
  };
}

/** Triton's words for levels, in any case; one that turns tracing off wins over all others. */
export function parseTraceLevels(words: readonly string[]): readonly TraceLevel[] {
  const levels = new Set<TraceLevel>();
  let off = false;
  for (const word of words) {
    if (!LEVELS.has(word.toLowerCase())) {
      throw invalid(`invalid value for trace level option: ${word}`, 'level');
    }
    const level = LEVELS.get(word.toLowerCase());
    if (level) levels.add(level);
    else off = true;
  }
  return off ? [] : [...levels].sort().reverse();
}

function parseOption(text: string): TraceOption {
  const equals = text.indexOf('=');
  if (equals < 0) {
    throw invalid(`--trace-config option format is '<trace mode>,<setting>=<value>'. Got ${text}`);
  }
  const comma = text.lastIndexOf(',', equals);
  const name = text.slice(comma + 1, equals);
  if (comma === 0 || name === '') {
    throw invalid(
      'No trace mode specified. --trace-config option format is <trace mode>,<setting>=<value> ' +
        `or <setting>=<value>. Got ${text}`,
    );
  }
  return { mode: comma < 0 ? '' : text.slice(0, comma), name, value: text.slice(equals + 1) };
}

/** What Triton ignores would be without effect here, too, and so is refused. */
function checkGlobalNames(options: readonly TraceOption[]): void {
  const known = ['rate', 'level', 'count', 'mode'];
  const stranger = options.find(({ mode, name }) => mode === '' && !known.includes(name));
  if (stranger) {
    throw invalid(`unknown setting '${stranger.name}'; expected one of ${known.join(', ')}`);
  }
}

function fileSettings(
  options: readonly TraceOption[],
  defaults: TraceStartSettings,
): Pick<TraceStartSettings, 'file' | 'logFrequency'> {
  const own = options.filter(({ mode }) => mode === 'triton');
  const known = ['file', 'log-frequency'];
  const stranger = own.find(({ name }) => !known.includes(name));
  if (stranger) {
    throw invalid(
      `unknown setting '${stranger.name}' of the mode triton; expected one of ${known.join(', ')}`,
    );
  }
  const frequencies = own.filter(({ name }) => name === 'log-frequency');
  const range = { minimum: 0, maximum: MAX_UINT32, default: defaults.logFrequency };
  return {
    file: own.filter(({ name }) => name === 'file').at(-1)?.value ?? defaults.file,
    logFrequency: integer(frequencies, range),
  };
}

function integer(
  options: readonly TraceOption[],
  range: { readonly minimum: number; readonly maximum: number; readonly default: number },
): number {
  const option = options.at(-1);
  if (option === undefined) return range.default;
  const { mode, name, value } = option;
  const number = Number(value);
  if (/^-?\d+$/.test(value) && number >= range.minimum && number <= range.maximum) return number;
  throw invalid(`Invalid option value. Got ${value}`, mode === '' ? name : `${mode},${name}`);
}

function invalid(reason: string, setting = ''): InferError {
  const flag = setting === '' ? '--trace-config' : `--trace-config ${setting}`;
  return new InferError('INVALID_ARG', `Bad option: "${flag}".\n${reason}`);
}
