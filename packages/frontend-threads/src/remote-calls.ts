import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type Settled, settledValue } from './plain-error.js';
import { TO_SERVER } from './record-kinds.js';
import type { ImmediateCalls, LaterCalls, Notices } from './server-calls.js';
import type { ThreadLink } from './thread-link.js';

export interface ReplyPlace {
  /** Where the results of immediate calls come; nobody listens on it. */
  readonly replies: MessagePort;
  /** One word that counts them. */
  readonly replyCount: SharedArrayBuffer;
}

/** How long the thread sleeps before it looks again, although it should have been woken. */
const LOOK_AGAIN_MS = 1_000;

interface OpenCall {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Calls the main thread from a front-end thread. */
export class RemoteCalls {
  readonly #link: ThreadLink;
  readonly #replies: MessagePort;
  readonly #replyCount: Int32Array;
  readonly #open = new Map<number, OpenCall>();
  #nextNumber = 0;

  constructor(link: ThreadLink, { replies, replyCount }: ReplyPlace) {
    this.#link = link;
    this.#replies = replies;
    this.#replyCount = new Int32Array(replyCount);
  }

  /**
   * Calls and waits; the thread does nothing else meanwhile, which is what makes of an asynchronous
   * exchange a call like any other. The main thread never waits for a front-end thread.
   */
  now<N extends keyof ImmediateCalls>(
    name: N,
    ...args: Parameters<ImmediateCalls[N]>
  ): ReturnType<ImmediateCalls[N]> {
    const before = Atomics.load(this.#replyCount, 0);
    this.#link.post(TO_SERVER.callNow, { name, args });
    for (;;) {
      // Again each time, for what did not fit in the ring.
      this.#link.ring();
      const reply = receiveMessageOnPort(this.#replies);
      if (reply) return settledValue(reply.message as Settled) as ReturnType<ImmediateCalls[N]>;
      Atomics.wait(this.#replyCount, 0, before, this.#link.settled ? LOOK_AGAIN_MS : 1);
    }
  }

  later<N extends keyof LaterCalls>(
    name: N,
    ...args: Parameters<LaterCalls[N]>
  ): ReturnType<LaterCalls[N]> {
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const result = new Promise((resolve, reject) => {
      this.#open.set(number, { resolve, reject });
    });
    this.#link.post(TO_SERVER.call, { number, name, args });
    return result as ReturnType<LaterCalls[N]>;
  }

  notice<N extends keyof Notices>(name: N, ...args: Parameters<Notices[N]>): void {
    this.#link.post(TO_SERVER.notice, { name, args });
  }

  /** Takes the result of a call from the record that is being received. */
  settle(): void {
    const { number, result } = this.#link.take() as { number: number; result: Settled };
    const call = this.#open.get(number);
    this.#open.delete(number);
    try {
      call?.resolve(settledValue(result));
    } catch (error) {
      call?.reject(error);
    }
  }
}
