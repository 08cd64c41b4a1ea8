import type { Flag } from './flag.js';
import { FLAG_TABLE, type FlagName } from './flag-table.js';
import { FlagValues, parseBoolean } from './flag-values.js';
import { nearestWord } from './nearest-word.js';

/** A command line that cannot be used; the message says what to change. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

type KnownFlag = Flag & { readonly name: FlagName };

/**
 * Reads a command line the way Triton does (`getopt_long`): `--flag=value` or `--flag value`, any
 * unique prefix of a flag's name. Throws a UsageError.
 */
export function parseFlags(words: readonly string[]): FlagValues {
  const given = new Map<FlagName, string[]>();
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (!word.startsWith('--') || word === '--') {
      throw new UsageError(`Unexpected argument: ${word === '--' ? words[index + 1] : word}`);
    }
    const [name = '', attached] = word.slice(2).split(/=(.*)/s);
    const flag = findFlag(name);
    const takesNext = attached === undefined && flag.type !== 'switch';
    if (takesNext) index += 1;
    const value = takesNext ? words[index] : (attached ?? 'true');
    if (value === undefined) throw new UsageError(`option '--${flag.name}' requires an argument`);
    given.set(flag.name, [...(given.get(flag.name) ?? []), checkedValue(flag, value)]);
  }
  return new FlagValues(given);
}

function findFlag(name: string): KnownFlag {
  const exact = FLAG_TABLE.get(name);
  if (exact) return exact;
  const matches = [...FLAG_TABLE.values()].filter((flag) => flag.name.startsWith(name));
  const [match] = matches;
  if (match && matches.length === 1 && name !== '') return match;
  if (match && name !== '') {
    const possibilities = matches.map((flag) => `--${flag.name}`).join(', ');
    throw new UsageError(`option '--${name}' is ambiguous; it could be ${possibilities}`);
  }
  const nearest = nearestWord(name, [...FLAG_TABLE.keys()]);
  throw new UsageError(
    `unrecognized option '--${name}'; the nearest one is --${nearest}, --help lists all`,
  );
}

function checkedValue(flag: KnownFlag, value: string): string {
  const problem = problemOf(flag, value);
  if (problem !== undefined) throw new UsageError(`Bad option: "--${flag.name}".\n${problem}`);
  // getopt users write booleans for the one number that is often meant as a switch.
  if (flag.type === 'verbosity') return String(Number(parseBoolean(value) ?? value));
  return value;
}

function problemOf(flag: Flag, value: string): string | undefined {
  switch (flag.type) {
    case 'string':
      return choiceProblem(flag, value);
    case 'boolean':
    case 'switch':
      if (parseBoolean(value) !== undefined) return undefined;
      return `invalid value for bool option: ${value}`;
    case 'verbosity':
      if (parseBoolean(value) !== undefined || /^\d+$/.test(value)) return undefined;
      return `Invalid option value. Got ${value}`;
    case 'integer':
    case 'number':
      return numberProblem(flag, value);
  }
}

function choiceProblem({ choices }: Flag, value: string): string | undefined {
  if (!choices || choices.includes(value)) return undefined;
  return `Invalid option value. Got ${value}; expected one of ${choices.join(', ')}`;
}

function numberProblem(flag: Flag, value: string): string | undefined {
  const pattern = flag.type === 'integer' ? /^[+-]?\d+$/ : /^[+-]?\d+(\.\d*)?$/;
  if (!pattern.test(value)) return `Invalid option value. Got ${value}`;
  const { minimum = -Infinity, maximum = Infinity } = flag;
  const number = Number(value);
  if (number < minimum) return `Invalid option value. Got ${value}; the least is ${minimum}`;
  if (number > maximum) return `Invalid option value. Got ${value}; the most is ${maximum}`;
  return undefined;
}
