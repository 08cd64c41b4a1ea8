/** An execution this long is shorter than what it costs to hand it to a thread. */
const FAST_NS = 50_000;
/** What the contract of an instance allows on the calling thread. */
const SLOW_NS = 100_000;
/** Hardly ever the model's own time; but if it is, no more of them. */
const STALL_NS = 5_000_000;
const MAX_STALLS = 2;

/** Executions that decide, on the thread at first and on the calling thread always. */
const FIRST_PROBATION = 8;
const INLINE_WINDOW = 16;
const PROBATION_GROWTH = 8;
const MAX_PROBATION = 2 ** 20;
/** Windows that went well after which an old failure counts for less. */
const FORGIVEN_AFTER = 256;

/**
 * Where executions with the same shapes run: on the instance's thread until most of some were fast,
 * on the calling thread from then on, and back on the instance's when most are slow; each time that
 * happens the next probation is longer. Single ones mean little: a thread may have to wait for a
 * core at any time.
 */
export class ShapeSpeed {
  #inline = false;
  #probation = FIRST_PROBATION;
  /** Of those that decide next: all, those that speak for a move, and the worst. */
  #count = 0;
  #votes = 0;
  #stalls = 0;
  #goodWindows = 0;

  /** True when the next execution belongs on the calling thread. */
  get inline(): boolean {
    return this.#inline;
  }

  /** Returns true when the executions move to the calling thread with this one. */
  ranInThread(durationNs: number): boolean {
    if (this.#inline) return false;
    this.#count += 1;
    if (durationNs <= FAST_NS) this.#votes += 1;
    if (this.#count < this.#probation) return false;
    const move = this.#mostVoted();
    if (move) this.#inline = true;
    this.#beginWindow();
    return move;
  }

  /** Returns true when the executions move back to the instance's thread with this one. */
  ranInline(durationNs: number): boolean {
    if (!this.#inline) return false;
    this.#count += 1;
    if (durationNs > SLOW_NS) this.#votes += 1;
    if (durationNs > STALL_NS) this.#stalls += 1;
    if (this.#count < INLINE_WINDOW && this.#stalls <= MAX_STALLS) return false;
    const move = this.#mostVoted() || this.#stalls > MAX_STALLS;
    if (move) this.#moveBack();
    else this.#forgive();
    this.#beginWindow();
    return move;
  }

  #mostVoted(): boolean {
    return this.#votes * 2 >= this.#count;
  }

  #moveBack(): void {
    this.#inline = false;
    this.#goodWindows = 0;
    this.#probation = Math.min(this.#probation * PROBATION_GROWTH, MAX_PROBATION);
  }

  #forgive(): void {
    this.#goodWindows += 1;
    if (this.#goodWindows < FORGIVEN_AFTER) return;
    this.#goodWindows = 0;
    this.#probation = Math.max(this.#probation / PROBATION_GROWTH, FIRST_PROBATION);
  }

  #beginWindow(): void {
    this.#count = 0;
    this.#votes = 0;
    this.#stalls = 0;
  }
}
