import { FLAG_TABLE, type FlagName } from './flag-table.js';

const TRUE_WORDS: ReadonlySet<string> = new Set(['true', '1']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['false', '0']);

/** Reads a boolean as Triton does: true, false, 1 or 0, in any case. */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (TRUE_WORDS.has(word)) return true;
  return FALSE_WORDS.has(word) ? false : undefined;
}

/** Checked values of a command line, with the defaults of what it leaves out. */
export class FlagValues {
  readonly #given: ReadonlyMap<FlagName, readonly string[]>;

  /** The values given for each flag, checked against its type. */
  constructor(given: ReadonlyMap<FlagName, readonly string[]>) {
    this.#given = given;
  }

  isGiven(name: FlagName): boolean {
    return this.#given.has(name);
  }

  /** The given flags, in their order. */
  givenNames(): readonly FlagName[] {
    return [...this.#given.keys()];
  }

  /** All values of a repeatable flag; none when it was not given. */
  all(name: FlagName): readonly string[] {
    return this.#given.get(name) ?? [];
  }

  /** The last value given, or the default; empty where there is none. */
  text(name: FlagName): string {
    return this.#given.get(name)?.at(-1) ?? FLAG_TABLE.get(name)?.default ?? '';
  }

  integer(name: FlagName): number {
    return Number(this.text(name));
  }

  boolean(name: FlagName): boolean {
    return parseBoolean(this.text(name)) ?? false;
  }
}
