import { InferError } from '@nereid/core';
import type { ModelReply } from './model-context.js';
import type { WireError } from './model-protocol.js';

interface Waiting {
  resolve(reply: ModelReply | undefined): void;
  reject(error: InferError): void;
}

interface CallEnd {
  readonly error: WireError | undefined;
  readonly ready: boolean;
}

/** A question of the model whose answer is on its way. One reader takes the replies in turn. */
export class OpenCall {
  readonly #taken: () => void;
  readonly #replies: ModelReply[] = [];
  #waiting: Waiting | undefined;
  #end: CallEnd | undefined;

  /** `taken` is called for each reply that the reader takes. */
  constructor(taken: () => void) {
    this.#taken = taken;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** What a question for readiness was answered with. */
  get ready(): boolean {
    return this.#end?.ready ?? false;
  }

  push(reply: ModelReply): void {
    this.#replies.push(reply);
    this.#settle();
  }

  end(end: CallEnd): void {
    this.#end = end;
    this.#settle();
  }

  /** Resolves with undefined after the last reply; rejects when the call has failed. */
  next(): Promise<ModelReply | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#settle();
    });
  }

  #settle(): void {
    const waiting = this.#waiting;
    const reply = this.#replies[0];
    if (!waiting || !(reply ?? this.#end)) return;
    this.#waiting = undefined;
    if (reply) {
      this.#replies.shift();
      this.#taken();
      waiting.resolve(reply);
    } else if (this.#end?.error) {
      const { code, message } = this.#end.error;
      waiting.reject(new InferError(code, message));
    } else {
      waiting.resolve(undefined);
    }
  }
}
