import { InferError, type PendingRequest } from '@nereid/core';

/** A batch that waits for an instance; requests that are cancelled meanwhile leave it. */
export class WaitingBatch {
  /** Called when it has executed, or when nothing is left of it. */
  readonly free: () => void;
  /** When an instance was given it to prepare. */
  preparedNs = 0;
  /** Takes it back from the instance that prepares it; false when its model has begun. */
  takeBack: (() => boolean) | undefined;
  #batch: readonly PendingRequest[];
  #unwatch: readonly (() => void)[] = [];

  constructor(batch: readonly PendingRequest[], free: () => void) {
    this.#batch = batch;
    this.free = free;
  }

  get batch(): readonly PendingRequest[] {
    return this.#batch;
  }

  /** Answers requests that are cancelled from now on; `left` is called after each. */
  watch(left: () => void): void {
    this.#unwatch = this.#batch.map((pending) =>
      pending.request.signal.onCancel(() => {
        // An instance that has it may have begun without having said so yet.
        if (this.takeBack && !this.takeBack()) return;
        this.takeBack = undefined;
        this.#batch = this.#batch.filter((other) => other !== pending);
        pending.finish(new InferError('CANCELLED', ''));
        left();
      }),
    );
  }

  /** Its requests are those of the instance from now on. */
  begin(): void {
    for (const unwatch of this.#unwatch) unwatch();
    this.#unwatch = [];
  }
}
