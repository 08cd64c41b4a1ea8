import type { Clock } from '@nereid/core';

interface Task {
  readonly atNs: number;
  readonly run: () => void;
}

/** A Clock whose hands a test turns. It starts at one second, so that 0 can mean never. */
export class FakeClock implements Clock {
  #nowNs = 1_000_000_000;
  readonly #tasks = new Set<Task>();

  nowNs(): number {
    return this.#nowNs;
  }

  wallTimeMs(): number {
    return this.#nowNs / 1_000_000;
  }

  schedule(delayUs: number, task: () => void): () => void {
    const entry = { atNs: this.#nowNs + delayUs * 1000, run: task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }

  /** Tasks that wait for their time. */
  get scheduledCount(): number {
    return this.#tasks.size;
  }

  /** Moves time forward, running what becomes due in the order of its time. */
  advanceUs(us: number): void {
    const endNs = this.#nowNs + us * 1000;
    for (let task = this.#next(endNs); task; task = this.#next(endNs)) {
      this.#tasks.delete(task);
      this.#nowNs = Math.max(this.#nowNs, task.atNs);
      task.run();
    }
    this.#nowNs = endNs;
  }

  #next(endNs: number): Task | undefined {
    const due = [...this.#tasks].filter((task) => task.atNs <= endNs);
    return due.sort((a, b) => a.atNs - b.atNs)[0];
  }
}
