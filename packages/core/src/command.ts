/** The default export of a module that a manifest lists under `commands`, by its word. */
export interface CommandPlugin {
  /** The arguments, such as `SOURCE TARGET`, and what they do: a line of `nereid --help`. */
  readonly synopsis: string;
  readonly summary: string;
  /** Resolves with the exit code; an InferError's message is shown, and the exit code is 1 then. */
  runCommand(words: readonly string[]): Promise<number>;
}
