import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AccessDecision, ApiCategory, Authorizer, Logger } from '@nereid/core';
import { UsageError } from '../flags/parse-flags.js';
import { parseTokenFile } from './token-file.js';
import { decideAccess, type TokenTable } from './token-table.js';

/** How often the file is looked at. A change takes effect after so long, and a little. */
const CHECK_INTERVAL_MS = 1000;

/** Decides by the tokens in a file, which is read again when it changes. */
export class TokenAuthorizer implements Authorizer {
  readonly #path: string;
  readonly #logger: Logger;
  #table: TokenTable;

  /** Reads the file and watches it. Rejects with a UsageError when there are no tokens in it. */
  static async open(path: string, logger: Logger): Promise<TokenAuthorizer> {
    try {
      return new TokenAuthorizer(path, logger, await readTable(path));
    } catch (cause) {
      throw new UsageError(`--auth-tokens-file cannot be used: ${reasonOf(cause)}`);
    }
  }

  private constructor(path: string, logger: Logger, table: TokenTable) {
    this.#path = path;
    this.#logger = logger;
    this.#table = table;
    // The watch survives that the file is replaced, and keeps no process alive.
    watchFile(path, { interval: CHECK_INTERVAL_MS, persistent: false }, this.#reload);
  }

  decide(token: string | undefined, category: ApiCategory): AccessDecision {
    return decideAccess(this.#table, token, category);
  }

  close(): void {
    unwatchFile(this.#path, this.#reload);
  }

  readonly #reload = (): void => {
    readTable(this.#path).then(
      (table) => {
        this.#table = table;
        this.#logger.info(`tokens were read again: ${table.tokens.size}`);
      },
      // Neither would it be right to lock everybody out, nor to let everybody in.
      (error) => {
        this.#logger.error(`the tokens stay as they were: ${reasonOf(error)}`);
      },
    );
  };
}

async function readTable(path: string): Promise<TokenTable> {
  return parseTokenFile(await readFile(path, 'utf8'));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
