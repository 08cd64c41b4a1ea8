/** Inputs are read, outputs are written. */
type TransferKind = 'read' | 'write';

/**
 * Lets a few large transfers go on at a time. More at once would not be faster, since they share
 * the memory's bandwidth, but would hold more memory and all threads of the pool. Writes go before
 * reads: they end requests, and with them what these hold, where reads begin more.
 */
export class TransferGate {
  readonly #limit: number;
  #runningCount = 0;
  /** As many as there are requests in flight, at most. */
  readonly #waiting: Readonly<Record<TransferKind, (() => void)[]>> = { read: [], write: [] };

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Starts `transfer` when its turn comes, and settles as it does. */
  async run<T>(kind: TransferKind, transfer: () => Promise<T>): Promise<T> {
    if (this.#runningCount < this.#limit) this.#runningCount += 1;
    else await new Promise<void>((resolve) => this.#waiting[kind].push(resolve));
    try {
      return await transfer();
    } finally {
      const next = this.#waiting.write.shift() ?? this.#waiting.read.shift();
      if (next === undefined) this.#runningCount -= 1;
      else next();
    }
  }
}
