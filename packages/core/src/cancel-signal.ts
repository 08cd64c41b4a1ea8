/** Tells that nobody waits for an answer any more. Far cheaper than an AbortSignal per request. */
export interface CancelSignal {
  readonly cancelled: boolean;
  /** The client was answered all the same: the end of the request counts as a success. */
  readonly answered?: boolean;
  /**
   * Calls `listener` once when cancelled, at once if that has happened already.
   * Returns a function that takes the listener back; call it when the request has ended.
   */
  onCancel(listener: () => void): () => void;
}

/** The owner's side of a CancelSignal. */
export class CancelSource implements CancelSignal {
  #cancelled = false;
  #listeners: Set<() => void> | undefined;

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Cancels; a second call does nothing. */
  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners) for (const listener of listeners) listener();
  }

  onCancel(listener: () => void): () => void {
    if (this.#cancelled) {
      listener();
      return () => {};
    }
    this.#listeners ??= new Set();
    const listeners = this.#listeners.add(listener);
    return () => listeners.delete(listener);
  }
}

/** For requests that nobody can cancel. */
export const NEVER_CANCELLED: CancelSignal = { cancelled: false, onCancel: () => () => {} };
